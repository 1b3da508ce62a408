import { expect, test } from "vitest"
import { formats, fuzz } from "./formats.ts"
import { mutated } from "./mutations.ts"

test.for(await formats())(
  "$name: damaged files are read or refused with a code",
  { timeout: 60_000 },
  async (format) => {
    expect(await format.read(format.good)).toBeGreaterThan(0)
    const { refused } = await fuzz(format, 2000, 1)
    expect(refused).toBeGreaterThan(200)
  },
)

test("a round is the same each time, and rounds differ", () => {
  const good = Uint8Array.from({ length: 100 }, (_, i) => i)
  expect(mutated(good, 1, 7)).toEqual(mutated(good, 1, 7))
  const files = Array.from({ length: 100 }, (_, round) => mutated(good, 1, round).join())
  expect(new Set(files).size).toBeGreaterThan(95)
})

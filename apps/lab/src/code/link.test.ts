import { expect, test } from "vitest"
import { pack, unpack } from "./link.ts"

test("a script comes out of its link as it went in", async () => {
  const source = 'record("η", 0.1) // ∇\n'.repeat(200)
  const packed = await pack(source)
  expect(packed).toMatch(/^[\w-]+$/)
  expect(packed.length).toBeLessThan(source.length / 10)
  expect(await unpack(packed)).toBe(source)
})

test("a damaged link, and one that holds too much, are errors", async () => {
  await expect(unpack("%%%")).rejects.toThrow()
  await expect(unpack((await pack("some script or other")).slice(0, -6))).rejects.toThrow()
  await expect(unpack(await pack("x".repeat(1_000_000)))).rejects.toThrow("more than a script")
})

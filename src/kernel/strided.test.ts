import { describe, expect, it } from "vitest"
import type { Expr } from "./index.ts"
import * as k from "./index.ts"
import { loadStride } from "./strided.ts"

const at = (name: number): Expr => k.use({ id: name, type: "i32", lanes: 1 })
const text = (e: Expr): string => (e.kind === "variable" ? `v${e.variable.id}` : JSON.stringify(e))
const int = (value: number): Expr => k.constant("i32", value)
const load = (index: Expr, buffer = 0): Expr => k.load(buffer, "f32", index)

describe("the stride of loads", () => {
  it("is found behind sums and products", () => {
    const index = (lane: number): Expr => k.add(k.mul(at(1), int(56)), k.mul(k.add(at(2), int(lane)), int(2)))
    expect(
      loadStride(
        [0, 1, 2, 3].map((lane) => load(index(lane))),
        text,
      ),
    ).toBe(2)
  })

  it("is none where the distances differ or are unknown", () => {
    expect(loadStride([load(int(0)), load(int(2)), load(int(5))], text)).toBeNull()
    expect(loadStride([load(at(1)), load(at(2))], text)).toBeNull()
    expect(loadStride([load(k.mul(at(1), at(2))), load(k.mul(at(1), at(3)))], text)).toBeNull()
    expect(loadStride([load(int(0)), load(int(2), 1)], text)).toBeNull()
    expect(loadStride([load(int(0)), int(2)], text)).toBeNull()
  })
})

import { describe, expect, it } from "vitest"
import { philox4x32, Random } from "./philox.ts"

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, "0")).join(" ")

describe("philox4x32", () => {
  it("gives the known answers of Random123 1.14 (kat_vectors, philox4x32 10)", () => {
    expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toBe("6627e8d5 e169c58d bc57ac4c 9b00dbd8")
    const ones = 0xffffffff
    expect(hex(philox4x32([ones, ones, ones, ones], [ones, ones]))).toBe(
      "408f276d 41c83b0e a20bc7c6 6d5451fd",
    )
    const counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
    expect(hex(philox4x32(counter, [0xa4093822, 0x299f31d0]))).toBe("d16cfe09 94fdcceb 5001e420 24126ea1")
  })
})

describe("Random", () => {
  it("draws the words of philox4x32 in order, under key = seed and counter = (block, stream)", () => {
    const random = new Random(2 ** 32 * 5 + 7, 2 ** 32 * 3 + 2)
    const drawn = Array.from({ length: 8 }, () => random.uint32())
    expect(drawn).toEqual([...philox4x32([0, 0, 2, 3], [7, 5]), ...philox4x32([1, 0, 2, 3], [7, 5])])
  })

  it("is reproducible by seed and stream, and differs between them", () => {
    const draw = (seed: number, stream?: number) => {
      const random = new Random(seed, stream)
      return Array.from({ length: 16 }, () => random.uint32()).join()
    }
    expect(draw(42)).toBe(draw(42))
    expect(new Set([draw(42), draw(43), draw(-42), draw(2 ** 32 + 42), draw(42, 1)]).size).toBe(5)
  })

  it("continues from a state that went through JSON, in the middle of a block", () => {
    const random = new Random(1)
    for (let i = 0; i < 6; i++) random.uint32()
    const saved = JSON.stringify(random.state)
    const expected = [random.uint32(), random.normal(), random.integer(10)]
    const other = new Random(99)
    other.uint32()
    other.state = JSON.parse(saved)
    expect([other.uint32(), other.normal(), other.integer(10)]).toEqual(expected)
  })

  it("crosses 2³² blocks into the second counter word", () => {
    const random = new Random(3)
    random.state = { ...random.state, position: 4 * 2 ** 32 }
    expect(random.uint32()).toBe(philox4x32([0, 1, 0, 0], [3, 0])[0])
  })

  it("forks by number, whatever was drawn before, and forks of forks differ", () => {
    const random = new Random(5)
    const early = random.fork(3).uint32()
    random.uint32()
    expect(random.fork(3).uint32()).toBe(early)
    const firsts = new Set([
      random.fork(4).uint32(),
      random.fork(3).fork(0).uint32(),
      random.fork(0).fork(3).uint32(),
    ])
    firsts.add(early)
    firsts.add(new Random(5, 3).uint32())
    expect(firsts.size).toBe(5)
  })

  it("uniform has mean ½ and variance 1/12, normal 0 and 1", () => {
    const random = new Random(11)
    const n = 200_000
    const uniform = moments(Array.from({ length: n }, () => random.uniform()))
    expect(uniform.mean).toBeCloseTo(0.5, 2)
    expect(uniform.variance).toBeCloseTo(1 / 12, 2)
    expect(uniform.low).toBeGreaterThanOrEqual(0)
    expect(uniform.high).toBeLessThan(1)
    const normal = moments(Array.from({ length: n }, () => random.normal()))
    expect(Math.abs(normal.mean)).toBeLessThan(0.01)
    expect(Math.abs(normal.variance - 1)).toBeLessThan(0.02)
    // the fourth moment tells the normal law from others of the same variance
    expect(Math.abs(normal.fourth - 3)).toBeLessThan(0.15)
  })

  it("integer is uniform: chi-square of 7 cells stays below the 99.9 % point", () => {
    const random = new Random(12)
    const counts = new Array<number>(7).fill(0)
    const n = 70_000
    for (let i = 0; i < n; i++) counts[random.integer(7)]! += 1
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0)
    expect(chiSquare).toBeLessThan(22.5)
    expect(random.integer(1)).toBe(0)
  })

  it("shuffle keeps every element and reaches every order", () => {
    const random = new Random(13)
    const seen = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle([0, 1, 2]).join("")
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
    expect([...random.shuffle(Int32Array.of(1, 2, 3))].sort()).toEqual([1, 2, 3])
  })

  it("refuses seeds, streams and ranges that are no whole numbers", () => {
    const refused = expect.objectContaining({ code: "NABLA_INVALID_ARGUMENT" })
    expect(() => new Random(0.5)).toThrow(refused)
    expect(() => new Random(Number.NaN)).toThrow(refused)
    expect(() => new Random(1, -1)).toThrow(refused)
    expect(() => new Random(1).fork(-1)).toThrow(refused)
    expect(() => new Random(1).integer(0)).toThrow(refused)
    expect(() => new Random(1).integer(2 ** 32 + 1)).toThrow(refused)
  })
})

function moments(values: number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const central = (power: number) =>
    values.reduce((sum, value) => sum + (value - mean) ** power, 0) / values.length
  const low = values.reduce((a, b) => Math.min(a, b))
  const high = values.reduce((a, b) => Math.max(a, b))
  return { mean, variance: central(2), fourth: central(4), low, high }
}

import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { eye, Generator, setDefaultDevice, zeros } from "../../tensor/index.ts"
import * as init from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const generator = (): Generator => new Generator(11)

describe("exact initialisers", () => {
  test("eye_ is a diagonal of ones", () => {
    expect(values(init.eye_(zeros([2, 3])))).toEqual([1, 0, 0, 0, 1, 0])
    expect(() => init.eye_(zeros([2, 2, 2]))).toThrow(/eye_[\s\S]*a matrix/)
  })

  test("dirac_ makes a convolution that passes on its channels, in each group", () => {
    const filter = init.dirac_(zeros([4, 2, 3]), { groups: 2 })
    const ones = values(filter).flatMap((v, i) => (v === 1 ? [i] : []))
    // [o, i, centre] with o = i in each group of two.
    expect(ones).toEqual([1, 10, 13, 22])
    const even = init.dirac_(zeros([1, 1, 2, 4]))
    expect(values(even).indexOf(1)).toBe(6)
    expect(() => init.dirac_(zeros([4, 2]))).toThrow(/3, 4 or 5/)
    expect(() => init.dirac_(zeros([4, 2, 3]), { groups: 3 })).toThrow(/evenly/)
  })
})

describe("orthogonal_", () => {
  test.each([
    [[6, 6], 6],
    [[3, 8], 3],
    [[9, 4], 4],
    [[4, 2, 3, 3], 4],
  ])("%j has %d orthonormal rows or columns", (shape, rank) => {
    const w = init.orthogonal_(zeros(shape, { dtype: "float64" }), { gain: 2, generator: generator() })
    const flat = w.reshape([shape[0]!, -1])
    const gram = flat.shape[0] === rank ? flat.matmul(flat.t()) : flat.t().matmul(flat)
    const error = gram
      .div(4)
      .sub(eye(rank, rank, { dtype: "float64" }))
      .abs()
      .max()
    expect(error.itemSync()).toBeLessThan(1e-12)
  })

  test("keeps lengths over hundreds of layers", () => {
    let x = init.normal_(zeros([16, 4]), { generator: generator() })
    const before = x.square().sum().itemSync()
    for (let i = 0; i < 200; i++)
      x = init.orthogonal_(zeros([16, 16]), { generator: new Generator(i) }).matmul(x)
    expect(x.square().sum().itemSync() / before).toBeCloseTo(1, 4)
  })

  test("is uniform: determinants of both signs, entries of mean 0", () => {
    const draws = Array.from({ length: 60 }, (_, seed) =>
      values(init.orthogonal_(zeros([2, 2]), { generator: new Generator(seed) })),
    )
    const determinants = draws.map(([a, b, c, d]) => a! * d! - b! * c!)
    const positive = determinants.filter((d) => d > 0).length
    expect(positive).toBeGreaterThan(15)
    expect(positive).toBeLessThan(45)
    const mean = draws.reduce((sum, [a]) => sum + a!, 0) / draws.length
    // Entries have variance ½: five standard errors.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(0.5 / draws.length))
  })
})

describe("sparse_", () => {
  test("has the same number of zeros in each column", () => {
    const w = init.sparse_(zeros([10, 50]), 0.25, { std: 3, generator: generator() })
    expect(values(w.eq(0).to("int32").sum(0))).toEqual(new Array(50).fill(3))
    const left = values(w).filter((v) => v !== 0)
    const std = Math.sqrt(left.reduce((sum, v) => sum + v * v, 0) / left.length)
    expect(Math.abs(std - 3)).toBeLessThan((5 * 3) / Math.sqrt(2 * left.length))
    // The zeros are not always the same rows.
    expect(new Set(values(w.eq(0).to("int32").sum(1))).size).toBeGreaterThan(1)
  })

  test("names what does not fit", () => {
    expect(() => init.sparse_(zeros([3]), 0.5)).toThrow(/a matrix/)
    expect(() => init.sparse_(zeros([3, 3]), 2)).toThrow(/0 … 1/)
  })
})

describe("truncNormal_", () => {
  test("has no value outside of its bounds, and the moments of its law", () => {
    const w = values(init.truncNormal_(zeros([200, 50]), { mean: 0.5, a: 0, b: 2, generator: generator() }))
    expect(Math.min(...w)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...w)).toBeLessThanOrEqual(2)
    const mean = w.reduce((sum, v) => sum + v, 0) / w.length
    // Of the normal law with mean 0.5 and deviation 1, cut to [0, 2]: mean 0.8563, deviation 0.5294.
    expect(Math.abs(mean - 0.85627)).toBeLessThan((5 * 0.5294) / 100)
    const std = Math.sqrt(w.reduce((sum, v) => sum + (v - mean) ** 2, 0) / w.length)
    expect(Math.abs(std - 0.52938)).toBeLessThan((5 * 0.5294) / 100)
  })

  test("says when nothing is left", () => {
    expect(() => init.truncNormal_(zeros([2]), { a: 2, b: 1 })).toThrow(/nothing of the distribution/)
    expect(() => init.truncNormal_(zeros([2]), { a: 50, b: 60 })).toThrow(/far from the mean/)
  })
})

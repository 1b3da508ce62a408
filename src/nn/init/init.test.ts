import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { Generator, ones, setDefaultDevice, zeros } from "../../tensor/index.ts"
import { Parameter } from "../parameter.ts"
import * as init from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())

function moments(t: Tensor): { mean: number; std: number; largest: number } {
  const data = values(t)
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length
  return { mean, std: Math.sqrt(variance), largest: Math.max(...data.map(Math.abs)) }
}

/** A sample of n values is within 5 standard errors of its law. */
function expectLaw(t: Tensor, law: { std: number; bound?: number; mean?: number }): void {
  const { mean, std, largest } = moments(t)
  const error = (5 * law.std) / Math.sqrt(t.numel())
  expect(Math.abs(mean - (law.mean ?? 0))).toBeLessThan(error)
  expect(Math.abs(std - law.std)).toBeLessThan(error)
  if (law.bound !== undefined) {
    expect(largest).toBeLessThanOrEqual(law.bound * (1 + 1e-6))
    expect(largest).toBeGreaterThan(0.98 * law.bound)
  }
}

const weight = (): Tensor => zeros([60, 20, 3])

describe("fans and gains", () => {
  test("fans count the field of a filter", () => {
    expect(init.calculateFanInAndFanOut(zeros([6, 2, 3, 5]))).toEqual([30, 90])
    expect(() => init.calculateFanInAndFanOut(zeros([6]))).toThrow(/at least 2 dimensions/)
  })

  test("gains are PyTorch's", () => {
    expect(init.calculateGain("linear")).toBe(1)
    expect(init.calculateGain("conv2d")).toBe(1)
    expect(init.calculateGain("sigmoid")).toBe(1)
    expect(init.calculateGain("tanh")).toBe(5 / 3)
    expect(init.calculateGain("relu")).toBe(Math.SQRT2)
    expect(init.calculateGain("leaky_relu")).toBeCloseTo(Math.sqrt(2 / 1.0001), 12)
    expect(init.calculateGain("leaky_relu", 1)).toBe(1)
    expect(init.calculateGain("selu")).toBe(0.75)
    expect(() => init.calculateGain("gelu" as "relu")).toThrow(/NABLA_INVALID_ARGUMENT/)
  })
})

describe("laws", () => {
  test("constants", () => {
    expect(values(init.constant_(zeros([2]), 3.5))).toEqual([3.5, 3.5])
    expect(values(init.zeros_(ones([2])))).toEqual([0, 0])
    expect(values(init.ones_(zeros([2])))).toEqual([1, 1])
  })

  test("uniform and normal", () => {
    const { std } = { std: 4 / Math.sqrt(12) }
    expectLaw(init.uniform_(weight(), { a: 1, b: 5 }), { mean: 3, std })
    expectLaw(init.normal_(weight(), { mean: 2, std: 0.5 }), { mean: 2, std: 0.5 })
    expectLaw(init.normal_(weight()), { std: 1 })
  })

  test("Xavier", () => {
    const std = 2 * Math.sqrt(2 / (60 + 180))
    expectLaw(init.xavierUniform_(weight(), { gain: 2 }), { std, bound: std * Math.sqrt(3) })
    expectLaw(init.xavierNormal_(weight(), { gain: 2 }), { std })
  })

  test("Kaiming, by fan and non-linearity", () => {
    const std = Math.sqrt(2 / 60)
    expectLaw(init.kaimingUniform_(weight()), { std, bound: std * Math.sqrt(3) })
    expectLaw(init.heNormal_(weight(), { nonlinearity: "relu" }), { std })
    expectLaw(init.kaimingNormal_(weight(), { mode: "fan_out", nonlinearity: "linear" }), {
      std: 1 / Math.sqrt(180),
    })
    expectLaw(init.kaimingUniform_(weight(), { a: Math.sqrt(5) }), {
      std: 1 / Math.sqrt(180),
      bound: 1 / Math.sqrt(60),
    })
    expect(() => init.kaimingUniform_(weight(), { mode: "fan" as "fan_in" })).toThrow(/fan_in \| fan_out/)
  })
})

describe("initialisers", () => {
  test("draw the same from equal seeds, on every device", () => {
    const draw = (seed: number): number[] =>
      values(init.normal_(zeros([3, 4]), { generator: new Generator(seed) }))
    const first = draw(1)
    expect(draw(1)).toEqual(first)
    expect(draw(2)).not.toEqual(first)
    setDefaultDevice("reference")
    expect(draw(1)).toEqual(first)
  })

  test("keep the type, and keep a parameter a leaf", () => {
    const parameter = new Parameter(zeros([4, 4], { dtype: "float64" }))
    expect(init.xavierNormal_(parameter)).toBe(parameter)
    expect(parameter.dtype).toBe("float64")
    parameter.mul(2).sum().backward()
    expect(values(parameter.grad!)).toEqual(new Array(16).fill(2))
  })
})

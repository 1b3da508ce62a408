import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { manualSeed, randn, setDefaultDevice, setKernelChecks, tensor, zeros } from "../../tensor/index.ts"
import { learnedPositions, rotaryPositions, sinusoidalPositions } from "./index.ts"
import { sinusoidalPositions as table } from "./positions.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(3)
})

const values = (t: Tensor): number[] => Array.from(t.dataSync())

describe("sinusoidal positions", () => {
  test("are waves of growing length", () => {
    const p = values(table(50, 6, { dtype: "float64" }))
    for (const [t, i] of [
      [0, 0],
      [7, 1],
      [49, 2],
    ] as const) {
      const angle = t / 10000 ** ((2 * i) / 6)
      expect(p[t * 6 + 2 * i]).toBeCloseTo(Math.sin(angle), 14)
      expect(p[t * 6 + 2 * i + 1]).toBeCloseTo(Math.cos(angle), 14)
    }
    expect(table(4, 5).shape).toEqual([4, 5])
  })

  test("are added along the time, wherever it is, and are no state", () => {
    const [x, waves] = [zeros([3, 2, 4]), values(table(3, 4))]
    const second = sinusoidalPositions(10, 4)
    expect(values(second.forward(x).select(1, 1))).toEqual(waves)
    expect(
      values(sinusoidalPositions(10, 4, { batchFirst: true }).forward(x.transpose(0, 1)).select(0, 1)),
    ).toEqual(waves)
    expect(values(second.forward(zeros([3, 4])))).toEqual(waves)
    expect(second.stateDict()).toEqual({})
    expect(() => second.forward(zeros([11, 2, 4]))).toThrow(/longer than there are positions[\s\S]*T ≤ 10/)
  })
})

describe("learned positions", () => {
  test("are a parameter, of which the rows in use get a gradient", () => {
    const layer = learnedPositions(6, 4, { batchFirst: true })
    layer
      .forward(zeros([3, 2, 4]))
      .sum()
      .backward()
    expect(values(layer.weight.grad!)).toEqual([...new Array(8).fill(3), ...new Array(16).fill(0)])
    const std = Math.sqrt(learnedPositions(100, 100).weight.square().mean().itemSync())
    expect(std / 0.02).toBeCloseTo(1, 1)
    expect(() => layer.forward(zeros([3, 2, 5]))).toThrow(/\[N, T, 4\]/)
  })
})

describe("rotary positions", () => {
  test.each([true, false])("make products depend on the distance alone (interleaved: %s)", (interleaved) => {
    const rotary = rotaryPositions(8, { interleaved, dtype: "float64" })
    const [q, k] = [randn([8], { dtype: "float64" }), randn([8], { dtype: "float64" })]
    const at = (x: Tensor, position: number): Tensor =>
      rotary.forward(x.unsqueeze(0), tensor([position], { dtype: "int32" })).squeeze(0)
    const product = (i: number, j: number): number => at(q, i).dot(at(k, j)).itemSync()
    expect(product(7, 3)).toBeCloseTo(product(104, 100), 12)
    expect(product(3, 7)).not.toBeCloseTo(product(7, 3), 3)
    expect(at(q, 5).square().sum().itemSync()).toBeCloseTo(q.square().sum().itemSync(), 12)
  })

  test("turn neighbours, or halves, by the angle of their position", () => {
    const x = tensor([
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ])
    const [c, s] = [Math.cos(1), Math.sin(1)]
    const close = (got: Tensor, expected: number[]): void =>
      values(got).forEach((v, i) => void expect(v).toBeCloseTo(expected[i]!, 6))
    close(rotaryPositions(4).forward(x), [1, 0, 0, 0, c, s, 0, 0])
    close(rotaryPositions(4, { interleaved: false }).forward(x), [1, 0, 0, 0, c, 0, s, 0])
  })

  test("name what does not fit", () => {
    expect(() => rotaryPositions(5)).toThrow(/even number/)
    expect(() => rotaryPositions(4, { maxLength: 3 }).forward(zeros([4, 4]))).toThrow(/T ≤ 3/)
    expect(() => rotaryPositions(4).forward(zeros([2, 6]))).toThrow(/\[\.\.\., T, 4\]/)
    expect(rotaryPositions(4).stateDict()).toEqual({})
  })
})

import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../../tensor/index.ts"
import {
  full,
  linspace,
  manualSeed,
  ones,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
} from "../../../tensor/index.ts"
import * as nn from "../../index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())

/** Each layer, the range that its values lie in, and where its derivative is below 0.01 according to its documentation. */
const table: readonly (readonly [layer: nn.Module, low: number, high: number, flat: readonly number[]])[] = [
  [nn.relu(), 0, Infinity, [-1]],
  [nn.relu6(), 0, 6, [-1, 7]],
  [nn.leakyRelu(), -Infinity, Infinity, []],
  [nn.prelu(), -Infinity, Infinity, []],
  [nn.rrelu(), -Infinity, Infinity, []],
  [nn.threshold(1, -3), -3, Infinity, [0.5]],
  [nn.elu(), -1, Infinity, [-4.7]],
  [nn.selu(), -1.7581, Infinity, [-5.3]],
  [nn.celu(), -1, Infinity, [-4.7]],
  [nn.softplus(), 0, Infinity, [-4.7]],
  [nn.sigmoid(), 0, 1, [-4.7, 4.7]],
  [nn.tanh(), -1, 1, [-3, 3]],
  [nn.logSigmoid(), -Infinity, 0, [4.7]],
  [nn.hardsigmoid(), 0, 1, [-3.1, 3.1]],
  [nn.hardtanh(), -1, 1, [-1.1, 1.1]],
  [nn.softsign(), -1, 1, [-9.1, 9.1]],
  [nn.silu(), -0.2785, Infinity, [-6.5]],
  [nn.mish(), -0.3089, Infinity, [-6.6]],
  [nn.gelu(), -0.17, Infinity, [-3.1]],
  [nn.gelu({ approximate: "tanh" }), -0.1701, Infinity, [-3.1]],
  [nn.hardswish(), -0.375, Infinity, [-3.1]],
  [nn.tanhshrink(), -Infinity, Infinity, [0.09]],
  [nn.softshrink(), -Infinity, Infinity, [0.4]],
  [nn.hardshrink(), -Infinity, Infinity, [0.4]],
]

describe.each(table.map((row) => [row[0].constructor.name, row] as const))(
  "%s",
  (_, [layer, low, high, flat]) => {
    test("has the range and the saturation that its documentation names", () => {
      const x = linspace(-12, 12, 481).requiresGrad_()
      const y = layer.forward(x)
      y.sum().backward()
      for (const value of values(y)) {
        expect(value).toBeGreaterThanOrEqual(low - 1e-4)
        expect(value).toBeLessThanOrEqual(high + 1e-4)
      }
      const slopes = values(x.grad!)
      for (const at of flat) expect(Math.abs(slopes[Math.round((at + 12) * 20)]!)).toBeLessThan(0.0105)
    })
  },
)

describe("options", () => {
  test("unknown names, and options that are no object, are errors", () => {
    expect(() => nn.elu({ alfa: 2 } as object)).toThrow(/no such option.*\n.*alpha.*\n.*alfa/)
    expect(() => nn.leakyRelu(0.2 as unknown as object)).toThrow(
      /options are given by name.*\n.*negativeSlope.*\n.*0\.2/,
    )
    expect(() => nn.rrelu({ lower: 1, upper: 0 })).toThrow(/no range/)
    expect(() => nn.maxout(0)).toThrow(/pieces/)
  })
})

describe("prelu", () => {
  test("learns its slopes, one or one for each channel", () => {
    const layer = nn.prelu({ numParameters: 2, init: 0.5 })
    layer
      .forward(tensor([[-2, -3]]))
      .sum()
      .backward()
    expect(values(layer.weight.grad!)).toEqual([-2, -3])
    expect(Object.keys(layer.stateDict())).toEqual(["weight"])
    expect(() => layer.forward(ones([1, 3]))).toThrow(/slopes do not fit/)
  })
})

describe("rrelu", () => {
  test("draws a slope for each element in training", () => {
    manualSeed(1)
    const layer = nn.rrelu({ lower: 0.2, upper: 0.6 })
    const slopes = values(layer.forward(full([500], -1))).map((y) => -y)
    expect(Math.min(...slopes)).toBeGreaterThanOrEqual(0.2)
    expect(Math.max(...slopes)).toBeLessThanOrEqual(0.6)
    expect(new Set(slopes).size).toBeGreaterThan(400)
    expect(values(layer.eval().forward(tensor([-1])))[0]).toBeCloseTo(-0.4, 6)
  })
})

describe("along a dimension", () => {
  test("softmax takes PyTorch's dimension when none is given", () => {
    for (const [shape, dim] of [
      [[3], 0],
      [[2, 3], 1],
      [[2, 3, 4], 0],
      [[2, 3, 4, 5], 1],
    ] as const) {
      const sums = nn.softmax().forward(randn(shape)).sum(dim)
      for (const sum of values(sums)) expect(sum).toBeCloseTo(1, 5)
    }
    expect(() => nn.softmax2d().forward(ones([2, 2]))).toThrow(/softmax2d is for images/)
  })

  test("glu and maxout split a dimension", () => {
    expect(nn.glu({ dim: 1 }).forward(ones([2, 4, 3])).shape).toEqual([2, 2, 3])
    expect(() => nn.glu().forward(ones([3]))).toThrow(/even size/)
    expect(values(nn.maxout(3).forward(tensor([[1, 2, 0, -1, -2, -3]])))).toEqual([2, -1])
    expect(() => nn.maxout(4).forward(ones([1, 6]))).toThrow(/cannot be split evenly/)
  })
})

import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  gradcheck,
  ones,
  rand,
  randn,
  setDefaultDevice,
  setKernelChecks,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import { functionalCall } from "../functional-call.ts"
import type { Module } from "../module.ts"
import {
  Conv2d,
  conv2d,
  flatten,
  identity,
  Linear,
  linear,
  MaxPool2d,
  maxPool2d,
  relu,
  sequential,
  sigmoid,
  tanh,
} from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const f64 = { dtype: "float64" } as const

/** A layer as a function of its parameters and its input, against central differences in double precision. */
function checkGradients(layer: Module, input: Tensor): void {
  setDefaultDevice("reference")
  layer.to("float64")
  const names = layer.namedParameters().map(([name]) => name)
  const parameters = layer.parameters().map((parameter) => parameter.detach())
  const f = (...args: Tensor[]): Tensor => {
    const given = Object.fromEntries(names.map((name, i) => [name, args[i]!]))
    return functionalCall(layer, given, args.at(-1)!)
  }
  expect(gradcheck(f as (...args: unknown[]) => unknown, [...parameters, input])).toBe(true)
}

/** Whether all parameters lie within ±bound, and fill it. */
function expectUniform(parameter: Tensor, bound: number): void {
  const largest = Math.max(...values(parameter).map(Math.abs))
  expect(largest).toBeLessThanOrEqual(bound)
  expect(largest).toBeGreaterThan(0.8 * bound)
}

describe("Linear", () => {
  test("is x·Wᵀ + b over the last dimension", () => {
    const layer = linear(2, 3)
    layer.loadStateDict({
      weight: tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      bias: tensor([10, 20, 30]),
    })
    expect(values(layer.forward(tensor([[1, 1]])))).toEqual([13, 27, 41])
    expect(values(layer.forward(tensor([1, 1])))).toEqual([13, 27, 41])
    expect(layer.forward(zeros([4, 5, 2])).shape).toEqual([4, 5, 3])
  })

  test("starts from U(±1/√inFeatures)", () => {
    const layer = new Linear(25, 40)
    expect(layer.weight.shape).toEqual([40, 25])
    expectUniform(layer.weight, 0.2)
    expectUniform(layer.bias!, 0.2)
    expect(new Linear(2, 2, { bias: false }).bias).toBeNull()
  })

  test("has the right gradients", () => {
    checkGradients(linear(3, 2), randn([4, 3], f64))
    checkGradients(linear(3, 2, { bias: false }), randn([2, 2, 3], f64))
  })

  test("says what does not fit", () => {
    expect(() => linear(3, 2).forward(ones([2, 4]))).toThrow(/expected last dimension 3, got 4/)
    expect(() => linear(3, 2).forward(ones([]))).toThrow(/expected last dimension 3, got none/)
    expect(() => linear(0, 2)).toThrow(/inFeatures.*\n.*whole number ≥ 1/)
    expect(() => linear(2, 1.5)).toThrow(/outFeatures/)
    expect(() => linear(2, 2, { biass: false } as object)).toThrow(/no such option.*\n.*bias.*\n.*biass/)
  })
})

describe("Conv2d", () => {
  test("sums windows times filters", () => {
    const layer = conv2d(1, 1, 2)
    layer.loadStateDict({
      weight: tensor([
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ]),
      bias: tensor([100]),
    })
    const image = tensor([
      [
        [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      ],
    ])
    expect(values(layer.forward(image))).toEqual([137, 147, 167, 177])
  })

  test("starts from U(±1/√fanIn) and has PyTorch's shapes", () => {
    const layer = new Conv2d(4, 6, [3, 5], { groups: 2 })
    expect(layer.weight.shape).toEqual([6, 2, 3, 5])
    expectUniform(layer.weight, 1 / Math.sqrt(30))
    expect(layer.bias!.shape).toEqual([6])
    expect(conv2d(1, 1, 3, { bias: false }).bias).toBeNull()
  })

  test("gives the sizes of the formula", () => {
    const x = zeros([2, 3, 9, 8])
    expect(conv2d(3, 4, 3, { stride: 2, padding: 1 }).forward(x).shape).toEqual([2, 4, 5, 4])
    expect(conv2d(3, 4, [3, 2], { dilation: [2, 1] }).forward(x).shape).toEqual([2, 4, 5, 7])
    expect(conv2d(3, 4, 4, { padding: "same" }).forward(x).shape).toEqual([2, 4, 9, 8])
    expect(conv2d(3, 4, 3).forward(zeros([3, 9, 8])).shape).toEqual([4, 7, 6])
  })

  test("pads with the picture when asked to", () => {
    const sum = (mode: "zeros" | "reflect" | "replicate" | "circular"): number[] => {
      const layer = conv2d(1, 1, [1, 3], { padding: [0, 1], paddingMode: mode, bias: false })
      layer.loadStateDict({ weight: ones([1, 1, 1, 3]) })
      return values(layer.forward(tensor([[[[1, 2, 4]]]])))
    }
    expect(sum("zeros")).toEqual([3, 7, 6])
    expect(sum("reflect")).toEqual([5, 7, 8])
    expect(sum("replicate")).toEqual([4, 7, 10])
    expect(sum("circular")).toEqual([7, 7, 7])
  })

  test("has the right gradients", () => {
    checkGradients(conv2d(2, 2, 3, { stride: 2, padding: 1 }), randn([2, 2, 4, 5], f64))
    checkGradients(conv2d(2, 4, 2, { groups: 2, dilation: 2, bias: false }), randn([1, 2, 4, 4], f64))
    checkGradients(conv2d(1, 1, 2, { padding: "same", paddingMode: "reflect" }), randn([1, 1, 3, 3], f64))
  })

  test("says what does not fit", () => {
    expect(() => conv2d(3, 4, 3).forward(zeros([2, 1, 9, 9]))).toThrow(/NABLA_SHAPE_MISMATCH/)
    expect(() => conv2d(3, 4, 5).forward(zeros([2, 3, 4, 4]))).toThrow(/larger than the padded image/)
    expect(() => conv2d(3, 4, 3, { groups: 2 })).toThrow(/split evenly/)
    expect(() => conv2d(3, 4, 0)).toThrow(/kernelSize/)
  })
})

describe("layers without parameters", () => {
  test("MaxPool2d takes the largest of each window", () => {
    const image = tensor([
      [
        [
          [1, 2, 5, 3],
          [4, 0, 1, 1],
        ],
      ],
    ])
    expect(values(maxPool2d(2).forward(image))).toEqual([4, 5])
    expect(values(new MaxPool2d([1, 2], { stride: 1 }).forward(image))).toEqual([2, 5, 5, 4, 1, 1])
    expect(maxPool2d(3, { stride: 2, padding: 1 }).forward(zeros([1, 1, 7, 7])).shape).toEqual([1, 1, 4, 4])
    expect(() => maxPool2d(3).forward(zeros([1, 1, 2, 2]))).toThrow(/larger than the padded image/)
    checkGradients(maxPool2d(2), rand([1, 2, 4, 4], f64))
  })

  test("activations are their functions", () => {
    const x = tensor([-1, 0, 2])
    expect(values(relu().forward(x))).toEqual([0, 0, 2])
    expect(values(identity().forward(x))).toEqual([-1, 0, 2])
    const [t, s] = [values(tanh().forward(x)), values(sigmoid().forward(x))]
    for (const [i, at] of values(x).entries()) {
      expect(t[i]).toBeCloseTo(Math.tanh(at), 6)
      expect(s[i]).toBeCloseTo(1 / (1 + Math.exp(-at)), 6)
    }
  })

  test("flatten keeps the batch, or what it is told to keep", () => {
    expect(flatten().forward(zeros([5, 2, 3, 4])).shape).toEqual([5, 24])
    expect(flatten({ startDim: 0, endDim: 1 }).forward(zeros([5, 2, 3, 4])).shape).toEqual([10, 3, 4])
  })
})

describe("Sequential", () => {
  test("calls its layers in order and names them by number", () => {
    const model = sequential(linear(2, 3), relu(), linear(3, 1, { bias: false }))
    expect(Object.keys(model.stateDict())).toEqual(["0.weight", "0.bias", "2.weight"])
    expect([model.length, model.at(-1), [...model].length]).toEqual([3, model.layers[2], 3])
    const x = randn([4, 2])
    const [a, b, c] = [...model]
    expect(values(model.forward(x))).toEqual(values(c!.forward(b!.forward(a!.forward(x)))))
    expect(sequential().forward(x)).toBe(x)
  })

  test("a stack has the right gradients", () => {
    const model = sequential(conv2d(1, 2, 2), tanh(), maxPool2d(2), flatten(), linear(2, 2), sigmoid())
    checkGradients(model, randn([2, 1, 3, 3], f64))
  })
})

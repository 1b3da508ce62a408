import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import {
  grad,
  gradcheck,
  randn,
  setDefaultDevice,
  setKernelChecks,
  softmax,
  tensor,
  zeros,
} from "../../tensor/index.ts"
import type { CrossEntropyOptions } from "./index.ts"
import { crossEntropy, mse, mseLoss } from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const labels = (list: readonly number[], shape = [list.length]): Tensor =>
  tensor(Int32Array.from(list), { shape, dtype: "int32" })
const f64 = { dtype: "float64" } as const

/** −ln softmax(row)[label] in doubles. */
function nll(row: readonly number[], label: number): number {
  const top = Math.max(...row)
  return Math.log(row.reduce((sum, x) => sum + Math.exp(x - top), 0)) + top - row[label]!
}

const rows = [
  [0.5, -1, 2],
  [3, 0.25, -0.5],
  [-2, 1, 1],
  [0, 0, 0.125],
]
const y = [2, 1, 0, 1]
const each = rows.map((row, i) => nll(row, y[i]!))
const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length

describe("crossEntropy against class indices", () => {
  const loss = (options?: CrossEntropyOptions, target = y): Tensor =>
    crossEntropy(tensor(rows, f64), labels(target), options)

  test("is −ln softmax at the label", () => {
    expect(loss().itemSync()).toBeCloseTo(mean(each), 12)
    expect(loss({ reduction: "sum" }).itemSync()).toBeCloseTo(4 * mean(each), 12)
    for (const [i, x] of values(loss({ reduction: "none" })).entries()) expect(x).toBeCloseTo(each[i]!, 12)
    expect(crossEntropy(tensor(rows[0]!, f64), labels([2], [])).itemSync()).toBeCloseTo(each[0]!, 12)
  })

  test("weighs classes, and divides by the weights", () => {
    const w = [1, 2, 4]
    const total = each.reduce((sum, x, i) => sum + w[y[i]!]! * x, 0)
    expect(loss({ weight: tensor(w, f64) }).itemSync()).toBeCloseTo(total / (4 + 2 + 1 + 2), 12)
  })

  test("leaves ignored samples out", () => {
    expect(loss({}, [2, -100, 0, -100]).itemSync()).toBeCloseTo((each[0]! + each[2]!) / 2, 12)
    expect(loss({ ignoreIndex: 1 }).itemSync()).toBeCloseTo((each[0]! + each[2]!) / 2, 12)
    expect(values(loss({ ignoreIndex: 1, reduction: "none" }))[1]).toBe(0)
    const slope = grad((x: Tensor) => crossEntropy(x, labels([2, -100, 0, -100])))(
      tensor(rows, f64),
    ) as Tensor
    expect(values(slope).slice(3, 6)).toEqual([0, 0, 0])
  })

  test("smooths labels", () => {
    const smooth = rows.map(
      (row, i) => 0.9 * each[i]! + (0.1 / 3) * (nll(row, 0) + nll(row, 1) + nll(row, 2)),
    )
    expect(loss({ labelSmoothing: 0.1 }).itemSync()).toBeCloseTo(mean(smooth), 12)
  })

  test("takes images: [N, C, H, W] with [N, H, W]", () => {
    const x = randn([2, 3, 2, 2], f64)
    const target = labels([0, 1, 2, 0, 2, 2, 1, 0], [2, 2, 2])
    const flat = x.permute([0, 2, 3, 1]).reshape([8, 3])
    const want = crossEntropy(flat, target.reshape([8])).itemSync()
    expect(crossEntropy(x, target).itemSync()).toBeCloseTo(want, 12)
  })

  test("has the gradient softmax − one-hot, over N", () => {
    const x = tensor(rows, f64)
    const slope = grad((input: Tensor) => crossEntropy(input, labels(y)))(x) as Tensor
    const p = values(softmax(x, 1))
    values(slope).forEach((g, i) => {
      const hot = y[Math.floor(i / 3)] === i % 3 ? 1 : 0
      expect(g).toBeCloseTo((p[i]! - hot) / 4, 12)
    })
  })

  test("overflows nowhere", () => {
    const x = tensor([
      [1000, 0],
      [-1000, 1000],
      [Number.NEGATIVE_INFINITY, 0],
    ]).requiresGrad_()
    const loss = crossEntropy(x, labels([0, 0, 1]), { reduction: "none" })
    expect(values(loss)).toEqual([0, 2000, 0])
    loss.sum().backward()
    expect(values(x.grad!)).toEqual([0, 0, -1, 1, 0, 0])
  })

  test("gives the same on both devices", () => {
    const on = (device: "wasm" | "reference"): number => {
      setDefaultDevice(device)
      return crossEntropy(tensor(rows), labels(y)).itemSync()
    }
    expect(on("wasm")).toBeCloseTo(on("reference"), 6)
  })
})

describe("crossEntropy against probabilities", () => {
  const target = [
    [0.2, 0.3, 0.5],
    [1, 0, 0],
    [0, 0.5, 0.5],
    [0.1, 0.1, 0.8],
  ]
  const want = rows.map((row, i) => target[i]!.reduce((sum, p, c) => sum + p * nll(row, c), 0))

  test("is −Σ p·ln softmax", () => {
    const loss = crossEntropy(tensor(rows, f64), tensor(target, f64))
    expect(loss.itemSync()).toBeCloseTo(mean(want), 12)
  })

  test("has the right gradients, of any order", () => {
    setDefaultDevice("reference")
    const options = { weight: tensor([1, 2, 0.5], f64), labelSmoothing: 0.2 }
    const f = (x: Tensor, p: Tensor): Tensor => crossEntropy(x, p, options)
    const args = [tensor(rows, f64), tensor(target, f64)]
    expect(gradcheck(f as (...args: unknown[]) => unknown, args)).toBe(true)
    const slope = (x: Tensor): Tensor => grad((z: Tensor) => crossEntropy(z, labels(y), options))(x) as Tensor
    expect(gradcheck(slope as (...args: unknown[]) => unknown, [tensor(rows, f64)])).toBe(true)
  })
})

describe("crossEntropy with arguments that do not fit", () => {
  test("names a label that is out of range, and where", () => {
    expect(() => crossEntropy(zeros([4, 3]), labels([0, 2, 3, -1]))).toThrow(
      /NABLA_LABEL_RANGE[\s\S]*0 … 2 for an input of shape \[4, 3\][\s\S]*3 at index 2/,
    )
    expect(() => crossEntropy(zeros([1, 3]), labels([-1]))).toThrow(/-1 at index 0/)
  })

  test("gives NaN, not a number, for a computed label out of range", () => {
    const computed = labels([0, 1]).mul(3)
    expect(crossEntropy(zeros([2, 3]), computed).itemSync()).toBeNaN()
  })

  test("names shapes and types", () => {
    expect(() => crossEntropy(zeros([4, 3]), labels([0, 1]))).toThrow(/class indices of shape \[4\]/)
    expect(() => crossEntropy(zeros([4, 3]), zeros([4]))).toThrow(/NABLA_INVALID_DTYPE/)
    expect(() => crossEntropy(zeros([4, 3]), labels([0, 0, 0, 0]), { weight: zeros([2]) })).toThrow(
      /one factor/,
    )
    expect(() => crossEntropy(zeros([]), labels([0]))).toThrow(/no dimension of classes/)
    expect(() => crossEntropy(zeros([1, 3]), labels([0]), { labelSmoothing: 2 })).toThrow(/0 … 1/)
    expect(() => crossEntropy(zeros([1, 3]), labels([0]), { reduction: "avg" as "mean" })).toThrow(
      /no such reduction/,
    )
  })
})

describe("mse", () => {
  const [input, target] = [
    tensor([
      [1, 2],
      [3, 5],
    ]),
    tensor([
      [0, 2],
      [5, 5],
    ]),
  ]

  test("is the mean, the sum, or each squared difference", () => {
    expect(mse(input, target).itemSync()).toBe(1.25)
    expect(mse(input, target, { reduction: "sum" }).itemSync()).toBe(5)
    expect(values(mseLoss(input, target, { reduction: "none" }))).toEqual([1, 0, 4, 0])
  })

  test("has the gradient 2·(input − target)/n", () => {
    const slope = grad((x: Tensor) => mse(x, target))(input) as Tensor
    expect(values(slope)).toEqual([0.5, 0, -1, 0])
  })

  test("does not broadcast", () => {
    expect(() => mse(zeros([4]), zeros([4, 1]))).toThrow(/NABLA_SHAPE_MISMATCH[\s\S]*\[4\][\s\S]*\[4, 1\]/)
  })
})

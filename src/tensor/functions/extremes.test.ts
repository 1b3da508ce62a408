import "../methods.ts"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as nb from "../index.ts"

/** Values and gradients where formulas overflow, cancel or have a kink: finite where mathematics is. */

type F = (x: nb.Tensor) => nb.Tensor
const e = Math.exp

/** Function, argument, value, gradient (of the sum of the values). */
const table: readonly (readonly [string, F, readonly number[], readonly number[], readonly number[]])[] = [
  ["sigmoid", nb.sigmoid, [-800, -30, 0, 800], [0, e(-30), 0.5, 1], [0, e(-30), 0.25, 0]],
  ["logsigmoid", nb.logsigmoid, [-800, 0, 800], [-800, -Math.LN2, 0], [1, 0.5, 0]],
  ["softplus", (x) => nb.softplus(x), [-800, 0, 800], [0, Math.LN2, 800], [0, 0.5, 1]],
  ["tanh", nb.tanh, [-800, 0, 800], [-1, 0, 1], [0, 1, 0]],
  ["silu", nb.silu, [-800, 0, 800], [0, 0, 800], [0, 0.5, 1]],
  ["mish", nb.mish, [-800, 0, 800], [0, 0, 800], [0, 0.6, 1]],
  ["gelu", (x) => nb.gelu(x), [-800, 0, 800], [0, 0, 800], [0, 0.5, 1]],
  ["elu", (x) => nb.elu(x, { alpha: 0.5 }), [-800, 0, 800], [-0.5, 0, 800], [0, 0.5, 1]],
  ["logsumexp", (x) => x.logsumexp(0), [1000, 1000, -1000], [1000 + Math.LN2], [0.5, 0.5, 0]],
  [
    "softmax",
    (x) => x.softmax(0).mul(nb.tensor([1, 0, 0])),
    [1000, 1000, -Infinity],
    [0.5, 0, 0],
    [0.25, -0.25, 0],
  ],
  ["logSoftmax", (x) => nb.logSoftmax(x, 0), [1000, 0], [0, -1000], [-1, 1]],
  ["logaddexp", (x) => nb.logaddexp(x, 1000), [1000, -1000], [1000 + Math.LN2, 1000], [0.5, 0]],
  ["sqrt", nb.sqrt, [0, 4], [0, 2], [Infinity, 0.25]],
  ["abs", nb.abs, [0, -2], [0, 2], [0, -1]],
  ["norm", (x) => x.norm(), [0, 0], [0], [0, 0]],
  ["norm of order 1.5", (x) => x.norm({ p: 1.5 }), [0, 1], [1], [0, 1]],
  ["norm of order ∞", (x) => x.norm({ p: Infinity }), [2, -2, 1], [2], [0.5, -0.5, 0]],
  ["std", (x) => x.std(), [3, 3, 3], [0], [0, 0, 0]],
  ["amax", (x) => x.amax(0), [1, 3, 3], [3], [0, 0.5, 0.5]],
  ["max", (x) => x.max(), [1, 3, 3], [3], [0, 0.5, 0.5]],
  ["max along a dimension", (x) => x.max(0)[0], [1, 3, 3], [3], [0, 1, 0]],
  ["median", (x) => x.median(), [3, 1, 3, 9, 3], [3], [1 / 3, 0, 1 / 3, 0, 1 / 3]],
  ["maximum", (x) => nb.maximum(x, 1), [0, 1, 2], [1, 1, 2], [0, 0.5, 1]],
  ["fmax", (x) => nb.fmax(x, 1), [0, 1, NaN], [1, 1, 1], [0, 1, 0]],
  ["clamp", (x) => x.clamp({ min: -1, max: 1 }), [-2, -1, 1, 2], [-1, -1, 1, 1], [0, 1, 1, 0]],
  ["pow 2", (x) => x.pow(2), [0, -3], [0, 9], [0, -6]],
  ["pow 0", (x) => x.pow(0), [0, -3], [1, 1], [0, 0]],
  ["pow of tensors", (x) => nb.pow(x, nb.tensor([2, 1, 0, 3])), [0, 0, 0, -2], [0, 0, 1, -8], [0, 1, 0, 12]],
  ["0 to a power", (x) => nb.pow(nb.tensor([0, 0]), x), [2, 0], [0, 1], [0, 0]],
  ["xlogy", (x) => nb.xlogy(x, nb.tensor([0, 2, 2])), [0, 0, 1], [0, 0, Math.LN2], [0, Math.LN2, Math.LN2]],
  ["sinc", nb.sinc, [0, 0.5], [1, 2 / Math.PI], [0, -4 / Math.PI]],
  ["logit", (x) => nb.logit(x, { eps: 0.1 }), [0, 0.5, 1], [-Math.log(9), 0, Math.log(9)], [0, 4, 0]],
  [
    "nanToNum",
    (x) => nb.nanToNum(x, { posinf: 1, neginf: 2 }),
    [NaN, Infinity, -Infinity, 5],
    [0, 1, 2, 5],
    [0, 0, 0, 1],
  ],
  ["hypot", (x) => nb.hypot(x, 0), [1e30, -3], [1e30, 3], [1, -1]],
]

/** Kinks of activations: argument, gradient. */
const kinks: readonly (readonly [string, F, readonly number[], readonly number[]])[] = [
  ["relu", nb.relu, [-0, 0, 1], [0, 0, 1]],
  ["relu6", nb.relu6, [0, 3, 6], [0, 1, 0]],
  ["leakyRelu", (x) => nb.leakyRelu(x, { negativeSlope: 0.2 }), [-1, 0, 1], [0.2, 0.2, 1]],
  ["prelu", (x) => nb.prelu(x, nb.tensor([0.25])), [-1, 0, 1], [0.25, 0.25, 1]],
  ["rrelu", (x) => nb.rrelu(x, { lower: 0.2, upper: 0.4 }), [-1, 0, 1], [0.3, 0.3, 1]],
  ["celu", (x) => nb.celu(x, { alpha: 2 }), [0, 1], [1, 1]],
  ["selu", nb.selu, [0, 1], [1.7580993408473766, 1.0507009873554805]],
  ["hardtanh", (x) => nb.hardtanh(x), [-1, 0, 1], [0, 1, 0]],
  ["hardsigmoid", nb.hardsigmoid, [-3, 0, 3], [0, 1 / 6, 0]],
  ["hardswish", nb.hardswish, [-4, 0, 4], [0, 0.5, 1]],
  ["softshrink", (x) => nb.softshrink(x), [-0.5, 0.5, 1], [0, 0, 1]],
  ["hardshrink", (x) => nb.hardshrink(x), [-0.5, 0.5, 1], [0, 0, 1]],
  ["threshold", (x) => nb.threshold(x, 1, 5), [0, 1, 2], [0, 0, 1]],
]

function expectNear(got: nb.Tensor, want: readonly number[]): void {
  const values = got.dataSync()
  expect(values.length).toBe(want.length)
  want.forEach((value, i) => {
    if (Number.isFinite(value))
      expect(Math.abs(values[i]! - value)).toBeLessThanOrEqual(3e-6 * Math.abs(value))
    else expect(values[i]).toBe(value)
  })
}

const slope = (f: F, x: nb.Tensor): nb.Tensor => nb.grad((t: nb.Tensor) => f(t).sum())(x) as nb.Tensor

describe.each(["reference", "wasm"] as const)("on %s", (device) => {
  beforeAll(() => nb.setDefaultDevice(device))
  afterAll(() => nb.setDefaultDevice("wasm"))

  test.each(table)("%s", (_, f, x, value, gradient) => {
    expectNear(f(nb.tensor(x)), value)
    expectNear(slope(f, nb.tensor(x)), gradient)
  })

  test.each(kinks)("%s at its kinks", (_, f, x, gradient) => expectNear(slope(f, nb.tensor(x)), gradient))
})

test("second derivatives at 0 of functions that are computed piece by piece", () => {
  const second = (f: F): number =>
    (nb.hessian((t: nb.Tensor) => f(t))(nb.tensor(0, { dtype: "float64" })) as nb.Tensor).itemSync()
  expect(second(nb.logsigmoid)).toBeCloseTo(-0.25, 12)
  expect(second((x) => nb.softplus(x))).toBeCloseTo(0.25, 12)
  expect(second((x) => nb.logaddexp(x, 0))).toBeCloseTo(0.25, 12)
  expect(second(nb.sinc)).toBeCloseTo(-(Math.PI ** 2) / 3, 12)
  expect(second(nb.mish)).toBeCloseTo(0.64, 12)
})

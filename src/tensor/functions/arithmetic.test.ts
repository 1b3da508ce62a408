import "../methods.ts"
import { describe, expect, test } from "vitest"
import * as nb from "../index.ts"

const { tensor } = nb
const list = (t: nb.Tensor): number[] => Array.from(t.dataSync())
const int = (values: number[]): nb.Tensor => tensor(values, { dtype: "int32" })
const bool = (values: number[]): nb.Tensor => tensor(values, { dtype: "bool" })

describe("division and remainders", () => {
  const [a, b] = [
    tensor([1, -1, 7, -7, 6], { dtype: "float64" }),
    tensor([0.1, 0.1, -2, 2, 3], { dtype: "float64" }),
  ]

  test("the quotient rounded down belongs to the remainder, not to the rounded quotient", () => {
    expect(list(nb.div(a, b, { roundingMode: "floor" }))).toEqual([9, -10, -4, -4, 2])
    const whole = nb.add(nb.mul(nb.floorDivide(a, b), b), nb.remainder(a, b))
    expect(nb.allclose(whole, a, { rtol: 1e-14 })).toBe(true)
  })

  test("integers", () => {
    const [x, y] = [int([7, -7, 7, -7, 2147483647]), int([2, 2, -2, -2, -1])]
    expect(list(nb.div(x, y, { roundingMode: "floor" }))).toEqual([3, -4, -4, 3, -2147483647])
    expect(list(nb.div(x, y, { roundingMode: "trunc" }))).toEqual([3, -3, -3, 3, -2147483647])
    expect(list(nb.remainder(x, y))).toEqual([1, 1, -1, -1, 0])
    expect(list(nb.fmod(x, y))).toEqual([1, -1, 1, -1, 0])
    expect(nb.div(x, y).dtype).toBe("float32")
  })

  test("derivatives with respect to the divisor", () => {
    const slope = (f: (x: nb.Tensor, y: nb.Tensor) => nb.Tensor): number[] =>
      list(nb.grad((x: nb.Tensor, y: nb.Tensor) => f(x, y).sum(), { argnums: 1 })(a, b) as nb.Tensor)
    expect(slope(nb.remainder)).toEqual([-9, 10, 4, 4, -2])
    expect(slope((x, y) => nb.div(x, y, { roundingMode: "floor" }))).toEqual([0, 0, 0, 0, 0])
  })

  test("x / 0", () => {
    const zero = nb.zeros([3])
    expect(list(nb.floorDivide(tensor([1, -1, 0]), zero))).toEqual([Infinity, -Infinity, NaN])
    expect(list(nb.remainder(tensor([1, -1, 0]), zero))).toEqual([NaN, NaN, NaN])
  })
})

describe("types", () => {
  test.each([
    ["bool + bool", nb.add(bool([0, 1, 1]), bool([0, 0, 1])), "bool", [0, 1, 1]],
    ["bool · bool", nb.mul(bool([0, 1, 1]), bool([0, 0, 1])), "bool", [0, 0, 1]],
    ["bool + int", nb.add(bool([0, 1]), int([2, 2])), "int32", [2, 3]],
    ["int + number", nb.add(int([1, 2]), 0.5), "float32", [1.5, 2.5]],
    ["int ** int", nb.pow(int([-2, 3]), 3), "int32", [-8, 27]],
    ["number ** int", nb.pow(2, int([3, 0])), "int32", [8, 1]],
    ["max of bools", nb.maximum(bool([0, 1]), bool([0, 0])), "bool", [0, 1]],
    ["clamp int by float", nb.clamp(int([0, 5]), { max: 1.5 }), "float32", [0, 1.5]],
    ["round int", nb.round(int([5])), "int32", [5]],
    ["sum of bools", bool([1, 1, 0]).sum(), "int32", [2]],
    ["mean of ints", int([1, 2]).mean(), "float32", [1.5]],
    ["cumsum of bools", nb.cumsum(bool([1, 1, 0]), 0), "int32", [1, 2, 2]],
    ["prod of bools", bool([1, 1]).prod(), "int32", [1]],
    ["exp of ints", nb.exp(int([0])), "float32", [1]],
    ["isnan of ints", nb.isnan(int([0])), "bool", [0]],
    ["bitwise", nb.bitwiseXor(int([6, -1]), int([3, 0])), "int32", [5, -1]],
    ["not", nb.bitwiseNot(int([0, 5])), "int32", [-1, -6]],
    ["alpha", nb.add(tensor([1], { dtype: "float64" }), 3, { alpha: 0.1 }), "float64", [1 + 3 * 0.1]],
  ] as const)("%s", (_, got, dtype, values) => {
    expect([got.dtype, list(got)]).toEqual([dtype, values])
  })
})

test("special values", () => {
  expect(list(nb.sign(tensor([NaN, -0, -3])))).toEqual([0, 0, -1])
  expect(list(nb.signbit(tensor([-0, 0, -1])))).toEqual([1, 0, 1])
  expect(list(nb.round(tensor([0.5, 1.5, 2.5, -0.5])))).toEqual([0, 2, 2, -0])
  expect(list(nb.round(tensor([123.456], { dtype: "float64" }), { decimals: 1 }))).toEqual([123.5])
  expect(list(nb.round(tensor([1250]), { decimals: -2 }))).toEqual([1200])
  expect(list(nb.relu(tensor([NaN, -1])))).toEqual([NaN, 0])
  expect(list(nb.heaviside(tensor([-1, 0, 1]), 0.5))).toEqual([0, 0.5, 1])
  expect(
    list(nb.isclose(tensor([Infinity, NaN, 1]), tensor([Infinity, NaN, 1.000005]), { equalNan: true })),
  ).toEqual([1, 1, 1])
})

test.each([
  ["sub of bools", () => nb.sub(bool([1]), bool([1])), "NABLA_INVALID_DTYPE"],
  ["neg of a bool", () => nb.neg(bool([1])), "NABLA_INVALID_DTYPE"],
  ["bits of floats", () => nb.bitwiseAnd(tensor([1]), tensor([1])), "NABLA_INVALID_DTYPE"],
  ["negative integer power", () => nb.pow(int([2]), -1), "NABLA_INVALID_ARGUMENT"],
  ["shapes", () => nb.add(nb.zeros([2, 3]), nb.zeros([2])), "NABLA_SHAPE_MISMATCH"],
  ["no tensor", () => nb.exp(2 as never), "NABLA_INVALID_ARGUMENT"],
  ["nothing", () => nb.add(nb.zeros([2]), undefined as never), "NABLA_INVALID_ARGUMENT"],
  ["clamp without bounds", () => nb.clamp(nb.zeros([2]), {}), "NABLA_INVALID_ARGUMENT"],
  ["odd glu", () => nb.glu(nb.zeros([3])), "NABLA_SHAPE_MISMATCH"],
  ["prelu channels", () => nb.prelu(nb.zeros([2, 3]), nb.zeros([2])), "NABLA_SHAPE_MISMATCH"],
])("%s is refused", (_, f, code) => {
  expect(f).toThrow(expect.objectContaining({ code }))
})

test("functions are methods, with their overloads", () => {
  const x = tensor([
    [1, 5],
    [4, 2],
  ])
  expect(x.max().itemSync()).toBe(5)
  expect(list(x.max(1)[1])).toEqual([1, 0])
  expect(list(x.max(nb.full([2, 2], 3)))).toEqual([3, 5, 4, 3])
  expect(list(x.median(0, { keepdim: true })[0])).toEqual([1, 2])
  expect(list(x.where(x.gt(3), 0))).toEqual([0, 5, 4, 0])
  expect(list(x.polygamma(1))[0]).toBeCloseTo(Math.PI ** 2 / 6, 5)
})

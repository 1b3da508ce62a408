import { describe, expect, test } from "vitest"
import { Tuple, type Value } from "../python/values.ts"
import { bindArguments } from "./bind.ts"
import { camelCase } from "./names.ts"
import { parseSignature } from "./signature.ts"

const bind = (line: string, args: Value[], keywords: Record<string, Value> = {}) =>
  bindArguments(parseSignature(line), args, new Map(Object.entries(keywords)), "float64")

const x: Value = { a: "tensor" }
const y: Value = { another: "tensor" }

describe("arguments", () => {
  test("optional positional arguments are left out at the end", () => {
    expect(bind("input dim? | keepdim", [x])).toEqual([x])
    expect(bind("input dim? | keepdim", [x, 1n])).toEqual([x, 1])
    expect(bind("input dim? | keepdim", [x], { dim: new Tuple([0n, 1n]) })).toEqual([x, [0, 1]])
  })

  test("options go into one object, behind a place for what is absent", () => {
    expect(bind("input dim? | keepdim", [x], { keepdim: true })).toEqual([x, undefined, { keepdim: true }])
    expect(bind("input dim? | keepdim", [x, 1n, true])).toEqual([x, 1, { keepdim: true }])
    expect(bind("input kernel_size | ceil_mode", [x, 2n], { ceil_mode: true })).toEqual([
      x,
      2,
      { ceilMode: true },
    ])
  })

  test("None is absent as an option and as a dim, and null as a tensor", () => {
    expect(bind("input | p dim", [x], { p: null })).toEqual([x])
    expect(bind("input dim? | keepdim", [x, null])).toEqual([x])
    expect(bind("input weight bias? | stride", [x, y, null], { stride: 2n })).toEqual([
      x,
      y,
      null,
      { stride: 2 },
    ])
  })

  test("sizes may be one list or many arguments", () => {
    expect(bind("input shape*", [x, 2n, -1n])).toEqual([x, [2, -1]])
    expect(bind("input shape*", [x, new Tuple([2n, -1n])])).toEqual([x, [2, -1]])
    expect(bind("size* | dtype", [], { dtype: "float32" })).toEqual([[], { dtype: "float32" }])
  })

  test("spread arguments", () => {
    expect(bind("equation ...operands", ["ij->ji", x])).toEqual(["ij->ji", x])
    expect(bind("equation ...operands", ["i,i", [x, y]])).toEqual(["i,i", x, y])
  })

  test("other spellings and dropped arguments", () => {
    expect(bind("input mat2/other", [x], { other: y })).toEqual([x, y])
    expect(bind("input dim? | keepdim", [x], { axis: 0n, keepdims: true })).toEqual([x, 0, { keepdim: true }])
    expect(bind("input target | ~size_average reduction", [x, y, null, "sum"])).toEqual([
      x,
      y,
      { reduction: "sum" },
    ])
    expect(bind("input dim? | unbiased>correction keepdim", [x], { unbiased: false })).toEqual([
      x,
      undefined,
      { correction: 0 },
    ])
  })

  test("a dtype that is not given follows Python's values", () => {
    expect(bind("size fill_value | dtype=data", [[2n], 1n])).toEqual([[2], 1, { dtype: "int32" }])
    expect(bind("size fill_value | dtype=data", [[2n], 1])).toEqual([[2], 1, { dtype: "float64" }])
    expect(bind("size* | dtype=float", [2n, 3n])).toEqual([[2, 3], { dtype: "float64" }])
    expect(bind("start end? step? | dtype=data", [0n, 1, 0.5])).toEqual([0, 1, 0.5, { dtype: "float64" }])
  })

  test("what is missing, too much or unknown", () => {
    expect(() => bind("input other", [x])).toThrow("other is missing")
    expect(() => bind("input", [x, y])).toThrow("too many")
    expect(bind("input", [x], { new_option: 1n })).toEqual([x, { newOption: 1 }])
    expect(bindArguments(undefined, [x, 1n], new Map([["some_dim", 2n]]), "float32")).toEqual([
      x,
      1,
      { someDim: 2 },
    ])
  })
})

test.each([
  ["log_softmax", "logSoftmax"],
  ["conv_transpose2d", "convTranspose2d"],
  ["atleast_1d", "atleast1d"],
  ["max_pool2d", "maxPool2d"],
  ["add_", "add_"],
  ["logsumexp", "logsumexp"],
  ["T", "T"],
])("camelCase %s", (name, expected) => {
  expect(camelCase(name)).toBe(expected)
})

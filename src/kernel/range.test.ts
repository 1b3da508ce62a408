import { expect, it } from "vitest"
import * as k from "./expr.ts"
import type { Expr, Kernel, Stmt, Variable } from "./ir.ts"
import { rangeOf, variableRanges } from "./range.ts"

const int = (value: number): Expr => k.constant("i32", value)
const variable = (id: number): Variable => ({ id, type: "i32", lanes: 1 })
const [i, j, fixed, moving, data] = [0, 1, 2, 3, 4].map(variable) as [
  Variable,
  Variable,
  Variable,
  Variable,
  Variable,
]
const loop = (v: Variable, from: Expr, to: Expr, body: Stmt[]): Stmt => ({
  kind: "for",
  variable: v,
  from,
  to,
  step: 2,
  body,
})

const kernel: Kernel = {
  name: "ranges",
  buffers: [{ type: "i32", length: 100, access: "read" }],
  body: [
    loop(i, int(0), int(10), [
      { kind: "let", variable: fixed, value: k.add(k.mul(k.use(i), int(4)), int(-3)) },
      { kind: "let", variable: moving, value: int(0) },
      { kind: "let", variable: data, value: k.load(0, "i32", int(0)) },
      loop(j, k.use(i), k.binary("min", k.add(k.use(i), int(8)), int(12)), [
        { kind: "assign", variable: moving, value: k.add(k.use(moving), int(1)) },
      ]),
    ]),
  ],
}
const ranges = variableRanges(kernel)
const range = (e: Expr): [number, number] | undefined => {
  const found = rangeOf(e, ranges)
  return found && [found.low, found.high]
}

it("knows loop variables and variables that never change", () => {
  expect(range(k.use(i))).toEqual([0, 9])
  expect(range(k.use(j))).toEqual([0, 11])
  expect(range(k.use(fixed))).toEqual([-3, 33])
})

it("knows nothing of variables that change or come from memory", () => {
  expect(range(k.use(moving))).toBeUndefined()
  expect(range(k.use(data))).toBeUndefined()
  expect(range(k.add(k.use(data), int(1)))).toBeUndefined()
})

it("follows arithmetic", () => {
  const x = k.use(i)
  expect(range(k.sub(x, k.use(j)))).toEqual([-11, 9])
  expect(range(k.mul(x, int(-2)))).toEqual([-18, 0])
  expect(range(k.binary("div", x, int(2)))).toEqual([0, 9])
  expect(range(k.binary("rem", k.use(data), int(5)))).toEqual([-4, 4])
  expect(range(k.binary("rem", x, int(5)))).toEqual([0, 4])
  expect(range(k.binary("and", k.use(data), int(7)))).toEqual([0, 7])
  expect(range(k.binary("shr", k.use(data), int(30)))).toEqual([0, 3])
  expect(range(k.select(k.compare("lt", x, int(3)), x, int(50)))).toEqual([0, 50])
})

it("gives up where 32 bits may wrap", () => {
  expect(range(k.mul(k.use(i), int(0x7fffffff)))).toBeUndefined()
  expect(range(k.add(k.use(j), int(0x7fffffff)))).toBeUndefined()
})

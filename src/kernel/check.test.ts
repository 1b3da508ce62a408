import { describe, expect, it } from "vitest"
import { checkKernel } from "./check.ts"
import * as k from "./expr.ts"
import type { Expr, Kernel, Lanes, Scalar, Stmt, Variable } from "./ir.ts"

let ids = 0
const variable = (type: Scalar, lanes: Lanes = 1): Variable => ({ id: ids++, type, lanes })
const int = (value: number): Expr => k.constant("i32", value)
const yes = k.compare("lt", k.load(0, "f32", int(0)), k.constant("f32", 1))

function branch(condition: Expr, then: Stmt[], otherwise: Stmt[] = []): Stmt {
  return { kind: "if", condition, then, else: otherwise }
}

const store = (value: Expr, index: Expr = int(0), buffer = 1): Stmt => ({
  kind: "store",
  buffer,
  index,
  value,
})

/** A kernel with f32 buffers 0 (read) and 1 (write), i32 buffer 2 (read) and f64 buffer 3 (scratch), 8 elements each. */
function kernel(...body: Stmt[]): Kernel {
  return {
    name: "example",
    buffers: [
      { type: "f32", length: 8, access: "read" },
      { type: "f32", length: 8, access: "write" },
      { type: "i32", length: 8, access: "read" },
      { type: "f64", length: 8, access: "scratch" },
    ],
    body,
  }
}

const check = (...body: Stmt[]): void => checkKernel(kernel(...body), "tiling")

describe("what is right passes", () => {
  it("loops, vectors, conditions and assignments", () => {
    const i = variable("i32")
    const sum = variable("f32", 4)
    const sign = variable("f32")
    const x = k.load(0, "f32", k.use(i), 4)
    check(
      { kind: "let", variable: sum, value: k.constant("f32", 0, 4) },
      {
        kind: "for",
        variable: i,
        from: int(0),
        to: int(8),
        step: 4,
        body: [{ kind: "assign", variable: sum, value: k.multiplyAdd(x, x, k.use(sum)) }],
      },
      store(k.use(sum)),
      branch(
        yes,
        [{ kind: "let", variable: sign, value: k.constant("f32", 1) }],
        [{ kind: "assign", variable: sign, value: k.constant("f32", -1) }],
      ),
      store(k.use(sign)),
    )
  })
})

describe("what is wrong is named", () => {
  const f = k.load(0, "f32", int(0))
  const other = variable("f32")
  const wrong: [string, RegExp, Stmt[]][] = [
    ["use before assignment", /used before it has a value/, [store(k.use(other))]],
    [
      "a value from one branch only",
      /used before it has a value/,
      [branch(yes, [{ kind: "let", variable: other, value: f }]), store(k.use(other))],
    ],
    [
      "a value from a loop that may not run",
      /used before it has a value/,
      [
        {
          kind: "for",
          variable: variable("i32"),
          from: int(0),
          to: int(0),
          step: 1,
          body: [{ kind: "let", variable: other, value: f }],
        },
        store(k.use(other)),
      ],
    ],
    [
      "a second declaration",
      /declared twice/,
      [
        { kind: "let", variable: other, value: f },
        { kind: "let", variable: other, value: f },
      ],
    ],
    [
      "two variables with one id",
      /share the id/,
      [
        { kind: "let", variable: other, value: f },
        { kind: "let", variable: { ...other }, value: f },
      ],
    ],
    ["assignment without declaration", /not declared/, [{ kind: "assign", variable: other, value: f }]],
    [
      "a value of another type",
      /is i32 where f32 is needed/,
      [{ kind: "let", variable: other, value: int(1) }],
    ],
    ["a store to an input", /buffer 0 may only be read/, [store(f, int(0), 0)]],
    ["a buffer that is not there", /no buffer 7/, [store(f, int(0), 7)]],
    ["a load of the wrong type", /holds i32, not f32/, [store(k.load(2, "f32", int(0)))]],
    ["a constant index outside", /index 8 lies outside buffer 0 of 8/, [store(k.load(0, "f32", int(8)))]],
    ["a vector that ends outside", /index 6 lies outside/, [store(k.load(0, "f32", int(6), 4))]],
    ["a negative index", /index -1 lies outside/, [store(f, int(-1))]],
    ["a float as index", /no scalar i32/, [store(k.load(0, "f32", f))]],
    ["operands of different types", /operand is i32/, [store(k.add(f, int(1)))]],
    ["operands of different lanes", /operand is f32 where f32x4/, [store(k.add(k.splat(f, 4), f))]],
    ["an operation that a type has not", /no and of f32/, [store(k.binary("and", f, f))]],
    [
      "an integer logarithm",
      /no log of i32/,
      [store(k.convert("f32", k.unary("log", k.load(2, "i32", int(0)))))],
    ],
    ["lanes that fill no register", /no type f32x2/, [store(k.splat(f, 2))]],
    ["a lane that is not there", /no lane 4 of 4/, [store(k.extract(k.splat(f, 4), 4))]],
    ["a condition that is no bool", /no scalar bool/, [branch(f, [])]],
    [
      "select with a condition of fewer lanes",
      /condition is bool/,
      [store(k.select(yes, k.splat(f, 4), k.splat(f, 4)))],
    ],
    ["too few values", /there is no type f32x3|3 values/, [store(k.assemble([f, f, f]))]],
    [
      "a constant that the type has not",
      /is no f32/,
      [store({ kind: "constant", type: "f32", lanes: 1, value: 0.1 })],
    ],
    [
      "a step of zero",
      /the step is 0/,
      [{ kind: "for", variable: variable("i32"), from: int(0), to: int(8), step: 0, body: [] }],
    ],
  ]
  it.each(wrong)("%s", (_, message, body) => {
    expect(() => check(...body)).toThrow(message)
    expect(() => check(...body)).toThrow("NABLA_INTERNAL")
  })

  it("an assigned loop variable", () => {
    const i = variable("i32")
    const body: Stmt[] = [{ kind: "assign", variable: i, value: int(3) }]
    expect(() => check({ kind: "for", variable: i, from: int(0), to: int(8), step: 1, body })).toThrow(
      /loop variable/,
    )
  })

  it("with the pass, the kernel and the way to the node", () => {
    const i = { id: 900, type: "i32", lanes: 1 } as const
    const body = [store(k.binary("pow", k.use(i), int(2)), k.use(i))]
    const loop: Stmt = { kind: "for", variable: i, from: int(0), to: int(8), step: 1, body }
    let message = ""
    try {
      check(loop)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message.split("\n").slice(0, 4)).toEqual([
      "tiling: kernel example: there is no pow of i32",
      "    in for v900 in 0 .. 8",
      "    in b1[v900] = pow(v900, 2)",
      "    in pow(v900, 2) [NABLA_INTERNAL]",
    ])
  })
})

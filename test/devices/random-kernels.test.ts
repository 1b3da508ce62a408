import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ArithmeticOp, CompareOp, Expr, Kernel, Lanes, UnaryOp } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { cases, elementwise, integers, lanesOf, numbers, run, runAll } from "./cases.ts"

/**
 * Random expressions of operations that are exact or correctly rounded: the devices have to agree to the last bit,
 * in scalars and in vectors.
 */

interface Vocabulary {
  readonly type: "f64" | "i32"
  readonly unary: readonly UnaryOp[]
  readonly binary: readonly ArithmeticOp[]
  readonly constants: readonly number[]
}

const floats: Vocabulary = {
  type: "f64",
  unary: ["neg", "abs", "sign", "sqrt", "floor", "ceil", "trunc", "round"],
  binary: ["add", "sub", "mul", "div", "min", "max", "rem"],
  constants: numbers,
}

const ints: Vocabulary = {
  type: "i32",
  unary: ["neg", "abs", "sign", "not", "clz"],
  binary: ["add", "sub", "mul", "div", "rem", "min", "max", "and", "or", "xor", "shl", "shr", "mulhu"],
  constants: integers,
}

const comparisons: readonly CompareOp[] = ["eq", "ne", "lt", "le", "gt", "ge"]

type Shape =
  | { readonly kind: "input"; readonly which: 0 | 1 }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Shape }
  | { readonly kind: "binary"; readonly op: ArithmeticOp; readonly a: Shape; readonly b: Shape }
  | {
      readonly kind: "select"
      readonly op: CompareOp
      readonly negate: boolean
      readonly parts: readonly Shape[]
    }

function shapes({ unary, binary, constants }: Vocabulary): fc.Arbitrary<Shape> {
  const { tree } = fc.letrec<{ tree: Shape; leaf: Shape }>((tie) => ({
    leaf: fc.oneof(
      fc.record({ kind: fc.constant("input" as const), which: fc.constantFrom(0 as const, 1 as const) }),
      fc.record({ kind: fc.constant("constant" as const), value: fc.constantFrom(...constants) }),
    ),
    tree: fc.oneof(
      { maxDepth: 5, depthSize: "large" },
      tie("leaf"),
      fc.record({ kind: fc.constant("unary" as const), op: fc.constantFrom(...unary), a: tie("tree") }),
      fc.record({
        kind: fc.constant("binary" as const),
        op: fc.constantFrom(...binary),
        a: tie("tree"),
        b: tie("tree"),
      }),
      fc.record({
        kind: fc.constant("select" as const),
        op: fc.constantFrom(...comparisons),
        negate: fc.boolean(),
        parts: fc.array(tie("tree"), { minLength: 4, maxLength: 4 }),
      }),
    ),
  }))
  return tree
}

function build(shape: Shape, type: "f64" | "i32", inputs: readonly Expr[]): Expr {
  const part = (s: Shape): Expr => build(s, type, inputs)
  switch (shape.kind) {
    case "input":
      return inputs[shape.which]!
    case "constant":
      return k.constant(type, shape.value, inputs[0]!.lanes)
    case "unary":
      return k.unary(shape.op, part(shape.a))
    case "binary":
      return k.binary(shape.op, part(shape.a), part(shape.b))
    case "select": {
      const [a, b, c, d] = shape.parts.map(part)
      const condition = k.compare(shape.op, a!, b!)
      return k.select(shape.negate ? k.unary("not", condition) : condition, c!, d!)
    }
  }
}

describe.each([floats, ints])("random kernels of $type", (vocabulary) => {
  const { type, constants } = vocabulary
  const array = type === "f64" ? Float64Array : Int32Array
  const inputs = [array.from(constants), array.from(constants).reverse()]
  const [reference, wasm] = cases

  it("give the same bits on every device", () => {
    fc.assert(
      fc.property(shapes(vocabulary), (shape) => {
        const results = ([1, 1, type === "f64" ? 2 : 4] as const).map((lanes, i) => {
          const make = (x: Expr, y: Expr): Expr => build(shape, type, [x, y])
          const kernel = elementwise([type, type], type, constants.length, lanes, (x, y) => make(x!, y!))
          return Array.from(run(i === 0 ? reference! : wasm!, kernel, inputs)[0]!)
        })
        expect(results[1]).toEqual(results[0])
        expect(results[2]).toEqual(results[0])
      }),
      { numRuns: 400, seed: 1 },
    )
  })
})

const native = cases.find(({ name }) => name === "native")

/** Compiling takes a while, so that all kernels are compiled as one program. */
describe.skipIf(native === undefined).each([floats, ints])(
  "random kernels of $type on native",
  (vocabulary) => {
    const { type, constants } = vocabulary
    const array = type === "f64" ? Float64Array : Int32Array
    const inputs = [array.from(constants), array.from(constants).reverse()]

    it("give the bits of the reference", () => {
      const sample = fc.sample(shapes(vocabulary), { numRuns: 60, seed: 2 })
      const widths = lanesOf(native!, type)
      const kernel = (shape: Shape, lanes: Lanes): Kernel =>
        elementwise([type, type], type, constants.length, lanes, (x, y) => build(shape, type, [x!, y!]))
      const kernels = sample.flatMap((shape) => widths.map((lanes) => kernel(shape, lanes)))
      const want = sample.map((shape) => Array.from(run(cases[0]!, kernel(shape, 1), inputs)[0]!))
      runAll(native!, kernels, inputs).forEach(([got], i) => {
        expect(Array.from(got!)).toEqual(want[Math.floor(i / widths.length)])
      })
    })
  },
)

import { describe, expect, it } from "vitest"
import type { TypedArray } from "../../src/base/index.ts"
import { unaryFunctions } from "../../src/base/index.ts"
import type { ArithmeticOp, Expr, Scalar, UnaryOp } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import {
  cases,
  compareOps,
  elementwise,
  expectClose,
  floatOps,
  integerOps,
  integers,
  lanesOf,
  numbers,
  pairs,
  run,
  unaryOps,
} from "./cases.ts"

for (const c of cases) {
  describe(c.name, () => {
    for (const type of ["f32", "f64"] as const) {
      const inputs = type === "f32" ? Float32Array.from(numbers) : Float64Array.from(numbers)
      it.each(unaryOps)(`%s of ${type}`, (op) => {
        const want = Array.from(inputs, (x) => unaryFunctions[op](x))
        for (const lanes of lanesOf(c, type)) {
          const [got] = run(
            c,
            elementwise([type], type, inputs.length, lanes, (x) => k.unary(op, x)),
            [inputs],
          )
          // Near its zeros lgamma is a small difference of large numbers, which no library gives to the last digits.
          expectClose(got!, want, op === "lgamma" ? 16 : 3, type, `${op} lanes ${lanes}`)
        }
      })

      it(`neg of ${type}`, () => {
        for (const lanes of lanesOf(c, type)) {
          const [got] = run(
            c,
            elementwise([type], type, inputs.length, lanes, (x) => k.unary("neg", x)),
            [inputs],
          )
          expect(Array.from(got!)).toEqual(Array.from(inputs, (x) => -x))
        }
      })

      it.each(Object.keys(floatOps) as ArithmeticOp[])(`%s of two ${type}`, (op) => {
        const both = pairs(Array.from(inputs))
        const a =
          inputs.constructor === Float32Array ? new Float32Array(both.length) : new Float64Array(both.length)
        const b = a.slice()
        both.forEach(([x, y], i) => {
          a[i] = x
          b[i] = y
        })
        const want = both.map(([x, y]) => floatOps[op]!(x, y))
        for (const lanes of lanesOf(c, type)) {
          const kernel = elementwise([type, type], type, both.length, lanes, (x, y) => k.binary(op, x!, y!))
          expectClose(run(c, kernel, [a, b])[0]!, want, 1, type, `${op} lanes ${lanes}`)
        }
      })

      it(`min and max of ${type} with constants`, () => {
        for (const op of ["min", "max"] as const) {
          for (const bound of [0, -0, 1, -2.5, Infinity, -Infinity, NaN]) {
            const want = Array.from(inputs, (x) => Math[op](x, bound))
            for (const lanes of lanesOf(c, type)) {
              const right = elementwise([type], type, inputs.length, lanes, (x) =>
                k.binary(op, x!, k.constant(type, bound, x!.lanes)),
              )
              const left = elementwise([type], type, inputs.length, lanes, (x) =>
                k.binary(op, k.constant(type, bound, x!.lanes), x!),
              )
              for (const kernel of [right, left]) {
                expect(Array.from(run(c, kernel, [inputs])[0]!)).toEqual(
                  Array.from(want, type === "f32" ? Math.fround : Number),
                )
              }
            }
          }
        }
      })

      it.each(Object.keys(compareOps) as (keyof typeof compareOps)[])(
        `%s of two ${type} as stored bools`,
        (op) => {
          const both = pairs(Array.from(inputs))
          const a = type === "f32" ? Float32Array.from(both, ([x]) => x) : Float64Array.from(both, ([x]) => x)
          const b =
            type === "f32" ? Float32Array.from(both, ([, y]) => y) : Float64Array.from(both, ([, y]) => y)
          for (const lanes of lanesOf(c, type)) {
            const kernel = elementwise([type, type], "bool", both.length, lanes, (x, y) =>
              k.compare(op, x!, y!),
            )
            const want = both.map(([x, y]) => Number(compareOps[op](x, y)))
            expect(Array.from(run(c, kernel, [a, b])[0]!)).toEqual(want)
          }
        },
      )
    }

    it.each(Object.keys(integerOps) as ArithmeticOp[])("%s of two i32", (op) => {
      const both = pairs(integers)
      const a = Int32Array.from(both, ([x]) => x)
      const b = Int32Array.from(both, ([, y]) => y)
      for (const lanes of lanesOf(c, "i32")) {
        const kernel = elementwise(["i32", "i32"], "i32", both.length, lanes, (x, y) => k.binary(op, x!, y!))
        expect(Array.from(run(c, kernel, [a, b])[0]!)).toEqual(both.map(([x, y]) => integerOps[op]!(x, y)))
        for (const constant of integers) {
          const fixed = elementwise(["i32"], "i32", both.length, lanes, (x) =>
            k.binary(op, x!, k.constant("i32", constant, x!.lanes)),
          )
          expect(Array.from(run(c, fixed, [a])[0]!)).toEqual(both.map(([x]) => integerOps[op]!(x, constant)))
        }
      }
    })

    it("unary operations and comparisons of i32", () => {
      const values = Int32Array.from(integers)
      const wanted: [UnaryOp, (x: number) => number][] = [
        ["neg", (x) => -x | 0],
        ["abs", (x) => Math.abs(x) | 0],
        ["sign", (x) => Math.sign(x) | 0],
        ["not", (x) => ~x],
        ["clz", (x) => Math.clz32(x)],
      ]
      for (const lanes of lanesOf(c, "i32")) {
        for (const [op, f] of wanted) {
          const kernel = elementwise(["i32"], "i32", values.length, lanes, (x) => k.unary(op, x!))
          expect(Array.from(run(c, kernel, [values])[0]!), op).toEqual(integers.map(f))
        }
        for (const [op, f] of Object.entries(compareOps)) {
          const kernel = elementwise(["i32"], "bool", values.length, lanes, (x) =>
            k.compare(op as "eq", x!, k.constant("i32", 7, x!.lanes)),
          )
          expect(Array.from(run(c, kernel, [values])[0]!), op).toEqual(integers.map((x) => Number(f(x, 7))))
        }
      }
    })

    it("logic and comparisons of bools, in memory and in registers", () => {
      const a = Uint8Array.from([0, 0, 1, 1, 255])
      const b = Uint8Array.from([0, 1, 0, 1, 1])
      const truth = Array.from(a, (x, i) => [Number(x !== 0), Number(b[i] !== 0)] as const)
      const wanted: [(x: Expr, y: Expr) => Expr, (x: number, y: number) => number][] = [
        [(x, y) => k.binary("and", x, y), (x, y) => x & y],
        [(x, y) => k.binary("or", x, y), (x, y) => x | y],
        [(x, y) => k.binary("xor", x, y), (x, y) => x ^ y],
        [(x) => k.unary("not", x), (x) => 1 - x],
        [(x, y) => k.select(x, y, k.constant("bool", 1, x.lanes)), (x, y) => (x === 1 ? y : 1)],
        ...Object.entries(compareOps).map(
          ([op, f]): [(x: Expr, y: Expr) => Expr, (x: number, y: number) => number] => [
            (x, y) => k.compare(op as "eq", x, y),
            (x, y) => Number(f(x, y)),
          ],
        ),
      ]
      for (const lanes of new Set([...lanesOf(c, "f64"), ...lanesOf(c, "f32")])) {
        for (const [make, f] of wanted) {
          const kernel = elementwise(["bool", "bool"], "bool", a.length, lanes, (x, y) => make(x!, y!))
          expect(Array.from(run(c, kernel, [a, b])[0]!), k.printKernel(kernel)).toEqual(
            truth.map(([x, y]) => f(x, y)),
          )
        }
      }
    })

    it("conversions", () => {
      const f = Float32Array.from([0, -0, 0.6, -0.6, 1.5, -7.9, 3e9, -3e9, NaN, Infinity, 1e-45])
      const i = Int32Array.from([0, 1, -1, 7, 16777217, -16777217, 0x7fffffff, -0x80000000])
      const b = Uint8Array.from([0, 1, 1, 0, 1])
      const truncated = [0, 0, 0, 0, 1, -7, 0x7fffffff, -0x80000000, 0, 0x7fffffff, 0]
      const wanted: [Scalar, Scalar, TypedArray, number[], boolean][] = [
        ["f32", "i32", f, truncated, true],
        ["f64", "i32", Float64Array.from(f), truncated, false],
        ["f32", "f64", f, Array.from(f), false],
        ["f64", "f32", Float64Array.from([0.1, 1e300, 1e-300]), [Math.fround(0.1), Infinity, 0], false],
        ["i32", "f32", i, Array.from(i, Math.fround), true],
        ["i32", "f64", i, Array.from(i), false],
        ["bool", "f32", b, Array.from(b), true],
        ["bool", "f64", b, Array.from(b), true],
        ["bool", "i32", b, Array.from(b), true],
        ["f32", "bool", f, Array.from(f, (x) => Number(x !== 0)), true],
        ["f64", "bool", Float64Array.from(f), Array.from(f, (x) => Number(x !== 0)), true],
        ["i32", "bool", i, Array.from(i, (x) => Number(x !== 0)), true],
      ]
      for (const [from, to, data, want, vector] of wanted) {
        const mixed = from === "f64" || to === "f64"
        // Lanes of a pair of doubles cannot be converted on every device, four beside each other can.
        const widths = lanesOf(c, mixed ? "f64" : "f32").filter((lanes) => vector || lanes !== 2)
        for (const lanes of widths) {
          const kernel = elementwise([from], to, data.length, lanes, (x) => k.convert(to, x!))
          expect(Array.from(run(c, kernel, [data])[0]!), `${from} to ${to}, ${lanes}`).toEqual(want)
        }
      }
    })

    it("select and multiplyAdd", () => {
      for (const type of ["f32", "f64"] as const) {
        const a = type === "f32" ? Float32Array.from([1, 2, NaN, 4, 5]) : Float64Array.from([1, 2, NaN, 4, 5])
        const b = type === "f32" ? Float32Array.from([5, 1, 3, 4, 8]) : Float64Array.from([5, 1, 3, 4, 8])
        for (const lanes of lanesOf(c, type)) {
          const kernel = elementwise([type, type], type, 5, lanes, (x, y) =>
            k.select(k.compare("lt", x!, y!), x!, k.multiplyAdd(x!, y!, k.constant(type, 10, x!.lanes))),
          )
          expect(Array.from(run(c, kernel, [a, b])[0]!)).toEqual([1, 12, NaN, 26, 5])
        }
      }
    })
  })
}

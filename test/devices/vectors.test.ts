import { describe, expect, it } from "vitest"
import type { Kernel } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { cases, elementwise, int, lanesOf, loop, run, set, store, unaryOps, variable } from "./cases.ts"

/** Splats, lanes and gathers, against what scalar code would give. */
for (const c of cases.filter(({ vectorBytes }) => vectorBytes.length > 0)) {
  describe(c.name, () => {
    it.each(["f32", "f64", "i32", "bool"] as const)("lanes of %s: splat, assemble, extract", (type) => {
      const array = { f32: Float32Array, f64: Float64Array, i32: Int32Array, bool: Uint8Array }[type]
      const data = array.from([1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0])
      const lanes = type === "bool" ? new Set([...lanesOf(c, "f64"), ...lanesOf(c, "f32")]) : lanesOf(c, type)
      for (const width of [...lanes].filter((n) => n > 1)) {
        const order = [3, 1, 2, 0, 4, 7, 6, 5].slice(0, width)
        const vector = variable(type, width)
        const kernel: Kernel = {
          name: "lanes",
          buffers: [
            { type, length: 16, access: "read" },
            { type, length: 6 * width, access: "write" },
          ],
          body: [
            loop(0, 1, 1, (i) => [
              // A gather, and the same from values that are no plain loads.
              store(1, i, k.assemble(order.map((o) => k.load(0, type, k.add(i, int(o)))))),
              store(
                1,
                int(width),
                k.assemble(order.map((o) => k.extract(k.load(0, type, i, width), o % width))),
              ),
              store(1, int(2 * width), k.splat(k.load(0, type, k.add(i, int(2))), width)),
              set(vector, k.assemble(order.map((_, j) => k.constant(type, j % 2)))),
              store(1, int(3 * width), k.use(vector)),
              store(1, int(4 * width), k.splat(k.extract(k.use(vector), 1), width)),
              store(1, int(5 * width), k.splat(k.constant(type, 1), width)),
            ]),
          ],
        }
        const [got] = run(c, kernel, [data])
        const want = [
          ...order.map((o) => data[o]!),
          ...order.map((o) => data[o % width]!),
          ...order.map(() => data[2]!),
          ...order.map((_, j) => j % 2),
          ...order.map(() => 1),
          ...order.map(() => 1),
        ]
        expect(Array.from(got!).slice(0, 6 * width)).toEqual(want)
      }
    })

    it("scalar and vector forms of every function agree bit for bit", () => {
      const x = Float32Array.from({ length: 4000 }, (_, i) => (i - 2000) * Math.exp((i % 41) - 24))
      for (const op of unaryOps) {
        const results = lanesOf(c, "f32").map((lanes) => {
          const kernel = elementwise(["f32"], "f32", x.length, lanes, (e) => k.unary(op, e!))
          return new Int32Array((run(c, kernel, [x])[0] as Float32Array).buffer)
        })
        const differing = results[0]!.findIndex((bits, i) => {
          // The bits of a NaN are the engine's own affair.
          const notANumber = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000
          return results.some((other) => bits !== other[i]! && !(notANumber(bits) && notANumber(other[i]!)))
        })
        expect({ op, x: x[differing] }).toEqual({ op, x: undefined })
      }
    })

    it("vector shifts by one count and by a count for each lane", () => {
      const a = Int32Array.from([1, -1, 1024, 77])
      const n = Int32Array.from([3, 1, 5, 31])
      for (const op of ["shl", "shr"] as const) {
        const same = elementwise(["i32", "i32"], "i32", 4, 4, (x) =>
          k.binary(op, x!, k.splat(k.load(1, "i32", int(0)), x!.lanes)),
        )
        const f = (x: number, count: number): number => (op === "shl" ? x << count : (x >>> count) | 0)
        expect(Array.from(run(c, same, [a, n])[0]!)).toEqual(Array.from(a, (x) => f(x, 3)))
        const each = elementwise(["i32", "i32"], "i32", 4, 4, (x, y) => k.binary(op, x!, y!))
        expect(Array.from(run(c, each, [a, n])[0]!)).toEqual(Array.from(a, (x, i) => f(x, n[i]!)))
      }
    })
  })
}

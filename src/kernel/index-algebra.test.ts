import fc from "fast-check"
import { expect, test } from "vitest"
import type { IndexSymbol } from "./index-algebra.ts"
import { flattenIndex, Index, unflattenIndex } from "./index-algebra.ts"

let symbols = 1_000_000
const symbol = (extent: number): IndexSymbol => ({ id: symbols++, min: 0, max: extent - 1 })

/** The number that an index stands for. */
function value(index: Index, at: ReadonlyMap<IndexSymbol, number>): number {
  let sum = index.constant
  for (const { coefficient, atom } of index.terms) {
    if (atom.kind === "symbol") sum += coefficient * at.get(atom.symbol)!
    else {
      const of = value(atom.of, at)
      const quotient = Math.floor(of / atom.by)
      sum += coefficient * (atom.kind === "div" ? quotient : of - quotient * atom.by)
    }
  }
  return sum
}

test("a reshape of a reshape is one address", () => {
  const i = Index.symbol(symbol(64))
  const j = Index.symbol(symbol(784))
  const flat = flattenIndex([i, j], [64, 784])
  const image = unflattenIndex(flat, [64, 1, 28, 28])
  expect(image[0]!.key).toBe(i.key)
  expect(flattenIndex(image, [64, 1, 28, 28]).key).toBe(flat.key)
})

test("three dimensions through one and back leave no division", () => {
  const flat = Index.symbol(symbol(2 * 3 * 5))
  const index = unflattenIndex(flat, [2, 3, 5])
  expect(flattenIndex(index, [2, 3, 5]).key).toBe(flat.key)
  expect(flattenIndex(index, [2, 3, 5]).divisions).toBe(0)
})

test("ranges take divisions away", () => {
  const i = Index.symbol(symbol(10))
  const j = Index.symbol(symbol(4))
  const sum = i.mul(4).add(j)
  expect(sum.div(4).key).toBe(i.key)
  expect(sum.mod(4).key).toBe(j.key)
})

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("mul" as const), by: fc.integer({ min: -4, max: 6 }) }),
    fc.record({ kind: fc.constant("add" as const), by: fc.integer({ min: -7, max: 9 }) }),
    fc.record({ kind: fc.constant("symbol" as const), by: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ kind: fc.constant("div" as const), by: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ kind: fc.constant("mod" as const), by: fc.integer({ min: 1, max: 12 }) }),
  ),
  { maxLength: 8 },
)

test("simplification never changes a value, and ranges are never too small", () => {
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 3, maxLength: 3 }),
      (list, extents) => {
        const vars = extents.map(symbol)
        let index = Index.symbol(vars[0]!)
        const plain: ((x: number, at: number[]) => number)[] = []
        for (const { kind, by } of list) {
          if (kind === "mul") index = index.mul(by)
          else if (kind === "add") index = index.add(by)
          else if (kind === "symbol") index = index.add(Index.symbol(vars[by]!))
          else index = kind === "div" ? index.div(by) : index.mod(by)
          plain.push((x, at) => {
            if (kind === "mul") return x * by
            if (kind === "add") return x + by
            if (kind === "symbol") return x + at[by]!
            return kind === "div" ? Math.floor(x / by) : x - by * Math.floor(x / by)
          })
        }
        for (let n = 0; n < extents[0]! * extents[1]! * extents[2]!; n++) {
          const at = [
            n % extents[0]!,
            Math.floor(n / extents[0]!) % extents[1]!,
            Math.floor(n / extents[0]! / extents[1]!),
          ]
          const want = plain.reduce((x, f) => f(x, at), at[0]!)
          const got = value(index, new Map(vars.map((v, i) => [v, at[i]!])))
          expect(got + 0).toBe(want + 0)
          expect(index.min).toBeLessThanOrEqual(got)
          expect(index.max).toBeGreaterThanOrEqual(got)
        }
      },
    ),
    { numRuns: 300 },
  )
})

import type { Expr } from "./ir.ts"

/** What tells whether two expressions that are neither sums nor products are the same. */
type Key = (e: Expr) => unknown

/** Knows only variables by heart: other expressions are the same when they are one object. */
const byIdentity: Key = (e) => (e.kind === "variable" ? e.variable : e)

/** An index as a sum of products of integers and other expressions, which are known by their keys. */
interface Linear {
  constant: number
  readonly terms: Map<unknown, number>
}

function linear(e: Expr, keyOf: Key): Linear {
  const sum: Linear = { constant: 0, terms: new Map() }
  const add = (part: Expr, factor: number): void => {
    if (part.kind === "constant") sum.constant += factor * part.value
    else if (part.kind === "binary" && (part.op === "add" || part.op === "sub")) {
      add(part.a, factor)
      add(part.b, part.op === "add" ? factor : -factor)
    } else if (part.kind === "binary" && part.op === "mul" && part.b.kind === "constant") {
      add(part.a, factor * part.b.value)
    } else if (part.kind === "binary" && part.op === "mul" && part.a.kind === "constant") {
      add(part.b, factor * part.a.value)
    } else {
      const key = keyOf(part)
      const count = (sum.terms.get(key) ?? 0) + factor
      if (count === 0) sum.terms.delete(key)
      else sum.terms.set(key, count)
    }
  }
  add(e, 1)
  return sum
}

/** b − a where that is the same number whatever their variables are, otherwise null. */
function distance(a: Linear, b: Linear): number | null {
  if (a.terms.size !== b.terms.size) return null
  for (const [key, count] of a.terms) if (b.terms.get(key) !== count) return null
  return b.constant - a.constant
}

/** How far apart the elements are that loads of one buffer read, if the same from each to the next; otherwise null. */
export function loadStride(values: readonly Expr[], keyOf: Key = byIdentity): number | null {
  const [first] = values
  if (first?.kind !== "load") return null
  const places: Linear[] = []
  for (const value of values) {
    if (value.kind !== "load" || value.lanes !== 1 || value.buffer !== first.buffer) return null
    places.push(linear(value.index, keyOf))
  }
  const steps = places.slice(1).map((place, i) => distance(places[i]!, place))
  return steps.every((step) => step === steps[0]) ? (steps[0] ?? null) : null
}

import type { Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Code, Expr, Scalar } from "../kernel/index.ts"
import { binary, compare, constant, convert, int, add as plus, mul as times, use } from "../kernel/index.ts"
import { add, eq, mul, where } from "./arithmetic.ts"
import { constantLike, withBatch } from "./broadcast.ts"
import type { Primitive } from "./record.ts"
import { WORK } from "./routine.ts"
import { iota } from "./sources.ts"
import { pad, sliceDim } from "./views.ts"

/** A walk along one dimension, from its start or from its end. */
export interface ScanAttrs {
  readonly dim: number
  readonly reverse: boolean
}

const scanKey = ({ dim, reverse }: ScanAttrs): string => `${dim}${reverse ? "r" : ""}`

/**
 * Writes a loop over the lines of a tensor along a dimension. `line` gets the length and the address of the i-th
 * element of the walk.
 */
export function eachLine(
  code: Code,
  shape: Shape,
  { dim, reverse }: ScanAttrs,
  line: (length: number, at: (i: Expr) => Expr) => void,
): void {
  const length = shape[dim]!
  const outer = shape.slice(0, dim).reduce((a, b) => a * b, 1)
  const inner = shape.slice(dim + 1).reduce((a, b) => a * b, 1)
  if (length === 0) return
  code.for(int(0), int(outer), 1, (o) => {
    code.for(int(0), int(inner), 1, (i) => {
      const first = code.bind(plus(times(o, int(length * inner)), i))
      line(length, (at) => {
        const place = reverse ? binary("sub", int(length - 1), at) : at
        return plus(first, times(place, int(inner)))
      })
    })
  })
}

/** The type that a running value is kept in: rounding errors pile up along a walk. */
const runningType = (type: Scalar): Scalar => (type === "i32" ? type : WORK)

/** yᵢ = x₀ + … + xᵢ along a dimension, each element and all before it; added up in double precision. */
export const cumsumOp: Primitive<ScanAttrs> = {
  name: "cumsum",
  key: scanKey,
  shape: ([x]) => x!,
  jvp: ([t], _, attrs) => makeNode(cumsumOp, [t!], attrs),
  vjp: (ct, _, { dim, reverse }) => [cumsum(ct, dim, !reverse)],
  vmap: ([x], _, __, { dim, reverse }) => cumsum(x!, dim + 1, reverse),
  lower: {
    kind: "routine",
    emit: ({ code, attrs, inputs: [x], arguments: [from], result }) => {
      const type = code.typeOf(result)
      const wide = runningType(type)
      eachLine(code, x!.shape, attrs, (length, at) => {
        const sum = code.variable(constant(wide, 0))
        code.for(int(0), int(length), 1, (i) => {
          const place = code.bind(at(i))
          code.assign(sum, plus(use(sum), convert(wide, code.load(from!, place))))
          code.store(result, place, convert(type, use(sum)))
        })
      })
    },
  },
}

export function cumsum(x: Node, dim: number, reverse = false): Node {
  return x.shape.length === 0 ? x : makeNode(cumsumOp, [x], { dim, reverse })
}

/**
 * yᵢ = aᵢ·yᵢ₋₁ + bᵢ along a dimension, y₀ = b₀: running products, decaying averages and log-sums are of this form.
 * d: dyᵢ = aᵢ·dyᵢ₋₁ + (daᵢ·yᵢ₋₁ + dbᵢ), the same recurrence again; its adjoint λᵢ = cᵢ + aᵢ₊₁·λᵢ₊₁ runs backwards.
 */
export const recurrenceOp: Primitive<ScanAttrs> = {
  name: "recurrence",
  key: scanKey,
  shape: ([a]) => a!,
  jvp: ([ta, tb], node, attrs) => {
    const [a] = node.inputs
    const through = ta === null ? null : mul(ta!, shifted(node, attrs))
    const change = through === null ? tb! : tb === null ? through : add(through, tb!)
    return makeNode(recurrenceOp, [a!, change], attrs)
  },
  vjp: (ct, node, attrs) => {
    const back = { dim: attrs.dim, reverse: !attrs.reverse }
    const adjoint = makeNode(recurrenceOp, [shifted(node.inputs[0]!, back), ct], back)
    return [mul(adjoint, shifted(node, attrs)), adjoint]
  },
  vmap: ([a, b], [left, right], size, { dim, reverse }) =>
    recurrence(withBatch(a!, left!, size), withBatch(b!, right!, size), dim + 1, reverse),
  lower: {
    kind: "routine",
    emit: ({ code, attrs, inputs: [a], arguments: [factors, terms], result }) => {
      const type = code.typeOf(result)
      const read = (buffer: number, place: Expr): Expr => convert(runningType(type), code.load(buffer, place))
      eachLine(code, a!.shape, attrs, (length, at) => {
        const first = code.bind(at(int(0)))
        const y = code.variable(read(terms!, first))
        code.store(result, first, convert(type, use(y)))
        code.for(int(1), int(length), 1, (i) => {
          const place = code.bind(at(i))
          code.assign(y, plus(times(read(factors!, place), use(y)), read(terms!, place)))
          code.store(result, place, convert(type, use(y)))
        })
      })
    },
  },
}

export function recurrence(a: Node, b: Node, dim: number, reverse = false): Node {
  return a.shape.length === 0 ? b : makeNode(recurrenceOp, [a, b], { dim, reverse })
}

/** Each element's predecessor in the walk; `first` stands before the first one. */
function shifted(x: Node, { dim, reverse }: ScanAttrs, first = 0): Node {
  const length = x.shape[dim]!
  if (length <= 1) return constantLike(x, first)
  return pad(sliceDim(x, dim, reverse ? 1 : 0, length - 1), {
    shape: x.shape,
    low: x.shape.map((_, i) => (i === dim && !reverse ? 1 : 0)),
    interior: x.shape.map(() => 0),
    value: first,
  })
}

/** yᵢ = x₀ · … · xᵢ along a dimension. Zeros among the factors are no problem for the derivatives. */
export function cumprod(x: Node, dim: number, reverse = false): Node {
  if (x.shape.length === 0) return x
  const place = iota(x.shape, [dim])
  const start = constantLike(place, reverse ? x.shape[dim]! - 1 : 0)
  return recurrence(x, where(eq(place, start), x, constantLike(x, 0)), dim, reverse)
}

/** For each element the product of all others along a dimension, without a division. */
export function productOfOthers(x: Node, dim: number): Node {
  const forwards = { dim, reverse: false }
  const backwards = { dim, reverse: true }
  return mul(shifted(cumprod(x, dim), forwards, 1), shifted(cumprod(x, dim, true), backwards, 1))
}

export interface RunningIndexAttrs extends ScanAttrs {
  readonly of: "max" | "min"
}

/** Index of the largest (smallest) element so far; of equal ones the last, and the last NaN if there was one. */
export const runningIndexOp: Primitive<RunningIndexAttrs> = {
  name: "runningIndex",
  key: (attrs) => `${scanKey(attrs)}${attrs.of}`,
  shape: ([x]) => aval(x!.shape, "int32"),
  jvp: () => null,
  vjp: () => [null],
  vmap: ([x], _, __, attrs) => makeNode(runningIndexOp, [x!], { ...attrs, dim: attrs.dim + 1 }),
  lower: {
    kind: "routine",
    emit: ({ code, attrs, inputs: [x], arguments: [from], result }) => {
      const read = (place: Expr): Expr => sortKey(code.load(from!, place))
      eachLine(code, x!.shape, attrs, (length, at) => {
        const best = code.variable(read(at(int(0))))
        const index = code.variable(int(0))
        code.store(result, at(int(0)), int(0))
        code.for(int(1), int(length), 1, (i) => {
          const value = code.bind(read(at(i)))
          const reached = compare(attrs.of === "max" ? "ge" : "le", value, use(best))
          code.if(value.type === "i32" ? reached : binary("or", reached, compare("ne", value, value)), () => {
            code.assign(best, value)
            code.assign(index, i)
          })
          code.store(result, at(i), use(index))
        })
      })
    },
  },
}

/** A value as something with an order: bools count as 0 and 1. */
export function sortKey(value: Expr): Expr {
  return value.type === "bool" ? convert("i32", value) : value
}

export function runningIndex(x: Node, dim: number, of: "max" | "min"): Node {
  if (x.shape.length === 0) return iota([], [])
  return makeNode(runningIndexOp, [x], { dim, reverse: false, of })
}

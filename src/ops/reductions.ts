import { isFloating, numel } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Reducer, Scalar } from "../kernel/index.ts"
import { cast, div, eq, mul, ne, where } from "./arithmetic.ts"
import type { DimsAttrs } from "./broadcast.ts"
import { constantLike, joinIndex, reshape, shiftDims, spread, sum, withoutDims } from "./broadcast.ts"
import type { Primitive } from "./record.ts"
import { productOfOthers } from "./scans.ts"
import { iota } from "./sources.ts"
import { invertPermutation, permute } from "./views.ts"

/**
 * Where the derivative of a maximum goes when several elements attain it: shared evenly (amax), or to the first one
 * (the element whose index is returned).
 */
export interface ExtremumAttrs extends DimsAttrs {
  readonly ties: "even" | "first"
}

function lowest(type: Scalar): number {
  return type === "i32" ? -2147483648 : type === "bool" ? 0 : -Infinity
}

function highest(type: Scalar): number {
  return type === "i32" ? 2147483647 : type === "bool" ? 1 : Infinity
}

/* @__NO_SIDE_EFFECTS__ */
function extremum(name: string, reducer: (type: Scalar) => Reducer): Primitive<ExtremumAttrs> {
  const record: Primitive<ExtremumAttrs> = {
    name,
    key: ({ dims, ties }) => `${dims.join(",")}|${ties}`,
    shape: ([x], { dims }) => aval(withoutDims(x!.shape, dims), x!.dtype),
    jvp: ([t], node, attrs) => sum(mul(t!, share(node, attrs)), attrs.dims),
    vjp: (ct, node, attrs) => [mul(spread(ct, node.inputs[0]!.shape, attrs.dims), share(node, attrs))],
    vmap: ([x], _, __, attrs) => makeNode(record, [x!], { ...attrs, dims: shiftDims(attrs.dims) }),
    lower: {
      kind: "reduction",
      reducer: (_, type) => reducer(type),
      extents: ([x], { dims }) => dims.map((dim) => x!.shape[dim]!),
      read: (index, reduced, { dims }) => joinIndex(index, reduced, dims),
      value: (pull, index, reduced) => pull.input(0, joinIndex(index, reduced, pull.attrs.dims)),
    },
  }
  return record
}

/** ∂extremum/∂x: 1 at the first, or 1/n at each of the n elements that attain it. */
function share(node: Node, { dims, ties }: ExtremumAttrs): Node {
  const x = node.inputs[0]!
  const attained = eq(x, spread(node, x.shape, dims))
  if (ties === "first") {
    const position = iota(x.shape, dims)
    const first = minReduce(where(attained, position, constantLike(position, x.aval.size)), dims, "first")
    return cast(eq(position, spread(first, x.shape, dims)), x.aval.dtype)
  }
  const hits = cast(attained, x.aval.dtype)
  return div(hits, spread(sum(hits, dims), x.shape, dims))
}

export const maxOp = extremum("max", (type) => ({
  op: type === "bool" ? "or" : "max",
  identity: lowest(type),
}))
export const minOp = extremum("min", (type) => ({
  op: type === "bool" ? "and" : "min",
  identity: highest(type),
}))

export function maxReduce(x: Node, dims: readonly number[], ties: "even" | "first"): Node {
  return dims.length === 0 ? x : makeNode(maxOp, [x], { dims, ties })
}

export function minReduce(x: Node, dims: readonly number[], ties: "even" | "first"): Node {
  return dims.length === 0 ? x : makeNode(minOp, [x], { dims, ties })
}

/** Index (among the reduced dimensions) of the first maximum; NaN counts as the largest. */
export function argmax(x: Node, dims: readonly number[]): Node {
  const best = spread(maxReduce(x, dims, "first"), x.shape, dims)
  return firstWhere(attains(x, best), x, dims)
}

export function argmin(x: Node, dims: readonly number[]): Node {
  const best = spread(minReduce(x, dims, "first"), x.shape, dims)
  return firstWhere(attains(x, best), x, dims)
}

/** x = best, or both are NaN. */
function attains(x: Node, best: Node): Node {
  return isFloating(x.aval.dtype) ? where(eq(best, best), eq(x, best), ne(x, x)) : eq(x, best)
}

function firstWhere(condition: Node, x: Node, dims: readonly number[]): Node {
  const position = iota(x.shape, dims)
  return minReduce(where(condition, position, constantLike(position, x.aval.size)), dims, "first")
}

/** Π over dimensions. The derivative leaves each factor out in turn: zeros among the factors are no problem. */
export const prodOp: Primitive<DimsAttrs> = {
  name: "prod",
  key: ({ dims }) => dims.join(","),
  shape: ([x], { dims }) => aval(withoutDims(x!.shape, dims), x!.dtype),
  jvp: ([t], node, { dims }) => sum(mul(t!, others(node.inputs[0]!, dims)), dims),
  vjp: (ct, node, { dims }) => {
    const x = node.inputs[0]!
    return [mul(spread(ct, x.shape, dims), others(x, dims))]
  },
  vmap: ([x], _, __, { dims }) => prod(x!, shiftDims(dims)),
  lower: {
    kind: "reduction",
    reducer: () => ({ op: "mul", identity: 1 }),
    extents: ([x], { dims }) => dims.map((dim) => x!.shape[dim]!),
    read: (index, reduced, { dims }) => joinIndex(index, reduced, dims),
    value: (pull, index, reduced) => pull.input(0, joinIndex(index, reduced, pull.attrs.dims)),
  },
}

export function prod(x: Node, dims: readonly number[]): Node {
  return dims.length === 0 ? x : makeNode(prodOp, [x], { dims })
}

/** For each element the product of the others along the reduced dimensions, which become one for that. */
function others(x: Node, dims: readonly number[]): Node {
  const kept = x.shape.map((_, i) => i).filter((i) => !dims.includes(i))
  const order = [...kept, ...dims]
  const grouped = permute(x, order)
  const rows = reshape(grouped, [
    ...kept.map((dim) => x.shape[dim]!),
    numel(dims.map((dim) => x.shape[dim]!)),
  ])
  const products = productOfOthers(rows, kept.length)
  return permute(reshape(products, grouped.shape), invertPermutation(order))
}

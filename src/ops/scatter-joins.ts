import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import { add, cast, div, eq, mul, where } from "./arithmetic.ts"
import { constantLike, withBatch } from "./broadcast.ts"
import type { IndexMap } from "./index-map.ts"
import { batchMap, mapKey } from "./index-map.ts"
import { gather, onto, scatterSum } from "./indexing.ts"
import type { Primitive } from "./record.ts"

const inOrder = (_: unknown, rank: number): number[] => Array.from({ length: rank }, (__, i) => i)

export interface ExtremeMap extends IndexMap {
  readonly extreme: "max" | "min"
  /** What loses against every element. */
  readonly identity: number
}

/** A table (input 0) with the largest or smallest of its own element and the values (input 1) that go there. */
export const scatterExtremeOp: Primitive<ExtremeMap> = {
  name: "scatterExtreme",
  key: (map) => `${map.extreme}|${mapKey(map)}`,
  shape: ([x]) => x!,
  jvp: ([t, v], node, map) => {
    const { own, picked, share, indices } = attained(node, map)
    const parts: Node[] = []
    if (t) parts.push(mul(t, own))
    if (v) parts.push(scatterSum(mul(v, picked), indices, map))
    return parts.length === 0 ? null : mul(parts.reduce(add), share)
  },
  vjp: (ct, node, map) => {
    const { own, picked, share, indices } = attained(node, map)
    const part = mul(ct, share)
    return [mul(part, own), mul(gather(part, indices, map), picked), ...indices.map(() => null)]
  },
  vmap: ([x, values, ...indices], [left, right, ...batched], size, map) =>
    scatterExtreme(withBatch(x!, left!, size), withBatch(values!, right!, size), indices, {
      ...map,
      ...batchMap(map, size, true, batched),
    }),
  lower: {
    kind: "push",
    accumulate: true,
    combine: ({ extreme }) => extreme,
    fill: ({ identity }) => identity,
    parts: onto,
    order: inOrder,
  },
}

export function scatterExtreme(x: Node, values: Node, indices: readonly Node[], map: ExtremeMap): Node {
  return makeNode(scatterExtremeOp, [x, values, ...indices], map)
}

/** Where the result stands (1) and does not (0), in the table and among the values, and 1 / (how often it stands). */
function attained(node: Node, map: IndexMap): { own: Node; picked: Node; share: Node; indices: Node[] } {
  const [x, values, ...indices] = node.inputs
  const { dtype } = node.aval
  const own = cast(eq(x!, node), dtype)
  const picked = cast(eq(values!, gather(node, indices, map)), dtype)
  const count = add(own, scatterSum(picked, indices, map))
  return { own, picked, share: div(constantLike(count, 1), count), indices }
}

/** A table (input 0) with each element multiplied by all values (input 1) that go there. */
export const scatterProductOp: Primitive<IndexMap> = {
  name: "scatterProduct",
  key: mapKey,
  shape: ([x]) => x!,
  jvp: ([t, v], node, map) => {
    const { own, picked, indices } = others(node, map)
    const parts: Node[] = []
    if (t) parts.push(mul(t, own))
    if (v) parts.push(scatterSum(mul(v, picked), indices, map))
    return parts.length === 0 ? null : parts.reduce(add)
  },
  vjp: (ct, node, map) => {
    const { own, picked, indices } = others(node, map)
    return [mul(ct, own), mul(gather(ct, indices, map), picked), ...indices.map(() => null)]
  },
  vmap: ([x, values, ...indices], [left, right, ...batched], size, map) =>
    scatterProduct(
      withBatch(x!, left!, size),
      withBatch(values!, right!, size),
      indices,
      batchMap(map, size, true, batched),
    ),
  lower: {
    kind: "push",
    accumulate: true,
    combine: () => "mul",
    fill: () => 1,
    parts: onto,
    order: inOrder,
  },
}

export function scatterProduct(x: Node, values: Node, indices: readonly Node[], map: IndexMap): Node {
  return makeNode(scatterProductOp, [x, values, ...indices], map)
}

/**
 * The product of all other factors, for each factor in the table and among the values. Zeros are counted apart, so that
 * a single zero among the factors does not hide its own derivative.
 */
function others(node: Node, map: IndexMap): { own: Node; picked: Node; indices: Node[] } {
  const [x, values, ...indices] = node.inputs
  const isZero = (n: Node): Node => eq(n, constantLike(n, 0))
  const filled = (n: Node): Node => where(isZero(n), constantLike(n, 1), n)
  const rest = scatterProduct(filled(x!), filled(values!), indices, map)
  const zeros = add(cast(isZero(x!), "int32"), scatterSum(cast(isZero(values!), "int32"), indices, map))
  const without = (factor: Node, all: Node, count: Node): Node => {
    const none = constantLike(factor, 0)
    const atZero = where(eq(count, constantLike(count, 1)), all, none)
    return where(isZero(factor), atZero, where(isZero(count), div(all, filled(factor)), none))
  }
  const picked = without(values!, gather(rest, indices, map), gather(zeros, indices, map))
  return { own: without(x!, rest, zeros), picked, indices }
}

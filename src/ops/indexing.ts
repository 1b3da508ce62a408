import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { add, eq, where } from "./arithmetic.ts"
import { constant, constantLike, expand, withBatch } from "./broadcast.ts"
import type { IndexMap } from "./index-map.ts"
import { batchMap, mapKey, tableIndex } from "./index-map.ts"
import type { Primitive, PushPart } from "./record.ts"
import { iota } from "./sources.ts"

const inOrder = (_: unknown, rank: number): number[] => Array.from({ length: rank }, (__, i) => i)

/** Picked elements of a table (input 0), at int32 index tensors (the other inputs). */
export const gatherOp: Primitive<IndexMap> = {
  name: "gather",
  key: mapKey,
  shape: ([x], { picked }) => aval(picked, x!.dtype),
  jvp: ([t], { inputs: [, ...indices] }, map) => (t === null ? null : gather(t!, indices, map)),
  vjp: (ct, { inputs: [, ...indices] }, map) => [scatterSum(ct, indices, map), ...indices.map(() => null)],
  vmap: ([x, ...indices], [table, ...batched], size, map) =>
    gather(x!, indices, batchMap(map, size, table!, batched)),
  lower: {
    kind: "pointwise",
    cost: 4,
    elementwise: false,
    value: (pull, index) => pull.input(0, tableIndex(pull, index, 1)),
  },
}

export function gather(x: Node, indices: readonly Node[], map: IndexMap): Node {
  return makeNode(gatherOp, [x, ...indices], map)
}

/** Adjoint of a gather: values (input 0) added up where they were picked from, zero elsewhere. Not for bool. */
export const scatterSumOp: Primitive<IndexMap> = {
  name: "scatterSum",
  key: mapKey,
  shape: ([values], { table }) => aval(table, values!.dtype),
  jvp: ([t], { inputs: [, ...indices] }, map) => scatterSum(t!, indices, map),
  vjp: (ct, { inputs: [, ...indices] }, map) => [gather(ct, indices, map), ...indices.map(() => null)],
  vmap: ([values, ...indices], [own, ...batched], size, map) =>
    scatterSum(withBatch(values!, own!, size), indices, batchMap(map, size, true, batched)),
  lower: {
    kind: "push",
    accumulate: true,
    fill: () => 0,
    parts: () => [{ input: 0, target: (index, pull) => tableIndex(pull, index, 1) }],
    order: inOrder,
  },
}

export function scatterSum(values: Node, indices: readonly Node[], map: IndexMap): Node {
  return makeNode(scatterSumOp, [values, ...indices], map)
}

/** The table where it is, then the values where they go. */
export const onto = (): PushPart<IndexMap>[] => [
  { input: 0, target: (index) => [...index] },
  { input: 1, target: (index, pull) => tableIndex(pull, index, 2) },
]

/** A table (input 0) with values (input 1) in place of the picked elements; of several for one place the last stays. */
export const scatterSetOp: Primitive<IndexMap> = {
  name: "scatterSet",
  key: mapKey,
  shape: ([x]) => x!,
  jvp: ([t, v], { inputs: [x, values, ...indices] }, map) =>
    t === null && v === null
      ? null
      : scatterSet(t ?? constantLike(x!, 0), v ?? constantLike(values!, 0), indices, map),
  vjp: (ct, { inputs: [, values, ...indices] }, map, needed) => [
    needed[0] ? scatterSet(ct, constant(0, map.picked, ct.aval.dtype), indices, map) : null,
    needed[1] ? stayed(gather(ct, indices, map), values!, indices, map) : null,
    ...indices.map(() => null),
  ],
  vmap: ([x, values, ...indices], [left, right, ...batched], size, map) =>
    scatterSet(
      withBatch(x!, left!, size),
      withBatch(values!, right!, size),
      indices,
      batchMap(map, size, true, batched),
    ),
  lower: {
    kind: "push",
    accumulate: false,
    fill: () => null,
    parts: onto,
    order: inOrder,
  },
}

export function scatterSet(x: Node, values: Node, indices: readonly Node[], map: IndexMap): Node {
  return makeNode(scatterSetOp, [x, values, ...indices], map)
}

/** `ct` for the values that stayed in the table, 0 for those that a later one has replaced. */
function stayed(ct: Node, values: Node, indices: readonly Node[], map: IndexMap): Node {
  if (map.sources.every(({ kind }) => kind !== "tensor")) return ct
  const number = iota(
    values.shape,
    values.shape.map((_, i) => i),
  )
  const last = scatterSet(constant(-1, map.table, "int32"), number, indices, map)
  return where(eq(gather(last, indices, map), number), ct, constantLike(ct, 0))
}

/** out[…] = x[index[…]] for a vector x and int32 indices of any shape. */
export function take(x: Node, index: Node): Node {
  return gather(x, [index], vectorMap(x, index))
}

/** x, plus values[…] added at index[…]; equal indices add up, in order. x is a vector. */
export function scatterAdd(x: Node, index: Node, values: Node): Node {
  return add(x, scatterSum(expand(values, index.shape), [index], vectorMap(x, index)))
}

function vectorMap(x: Node, index: Node): IndexMap {
  const at = index.shape.map((_, i) => i)
  return { table: x.shape, picked: index.shape, sources: [{ kind: "tensor", tensor: 0, at }] }
}

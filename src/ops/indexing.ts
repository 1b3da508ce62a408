import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Index, KernelBuilder, Value } from "../kernel/index.ts"
import { add, scale } from "./arithmetic.ts"
import { constantLike, expand, reshape, withBatch } from "./broadcast.ts"
import type { NoAttrs, Primitive, Pull } from "./record.ts"
import { noAttrs } from "./record.ts"
import { iota } from "./sources.ts"

/** An element number read from memory, kept inside 0 … length-1 so that no address is ever wrong. */
function boundedIndex(b: KernelBuilder, value: Value, length: number): Index {
  const low = b.binary("max", value, b.constant("i32", 0))
  return b.symbolOf(b.binary("min", low, b.constant("i32", length - 1)), 0, length - 1)
}

/** out[…] = x[index[…]] for a vector x and int32 indices of any shape. Indices are checked before they get here. */
export const takeOp: Primitive<NoAttrs> = {
  name: "take",
  key: () => "",
  shape: ([x, index]) => aval(index!.shape, x!.dtype),
  jvp: ([t], { inputs: [, index] }) => (t === null ? null : take(t!, index!)),
  vjp: (ct, { inputs: [x, index] }) => [scatterAdd(constantLike(x!, 0), index!, ct), null],
  vmap: ([x, index], [left, right], size) => {
    if (!left) return take(x!, index!)
    const n = x!.shape[1]!
    return take(reshape(x!, [size * n]), offsetByExample(withBatch(index!, right!, size), n))
  },
  lower: {
    kind: "pointwise",
    cost: 4,
    elementwise: false,
    value: (pull, index) => {
      const [x] = pull.inputs
      return pull.input(0, [boundedIndex(pull.b, pull.input(1, index), x!.size)])
    },
  },
}

export function take(x: Node, index: Node): Node {
  return makeNode(takeOp, [x, index], noAttrs)
}

/** Indices into the rows of a flattened batch. */
function offsetByExample(index: Node, n: number): Node {
  return add(index, scale(iota(index.shape, [0]), n))
}

/** out = x, plus values[…] added at index[…]; equal indices add up, in order. x is a vector. */
export const scatterAddOp: Primitive<NoAttrs> = {
  name: "scatterAdd",
  key: () => "",
  shape: ([x]) => x!,
  jvp: ([t, , v], { inputs: [x, index, values] }) =>
    t === null && v === null
      ? null
      : scatterAdd(t ?? constantLike(x!, 0), index!, v ?? constantLike(values!, 0)),
  vjp: (ct, { inputs: [, index] }) => [ct, null, take(ct, index!)],
  vmap: ([x, index, values], [left, middle, right], size) => {
    const base = withBatch(x!, left!, size)
    const n = base.shape[1]!
    const where = offsetByExample(withBatch(index!, middle!, size), n)
    return reshape(scatterAdd(reshape(base, [size * n]), where, withBatch(values!, right!, size)), [size, n])
  },
  lower: {
    kind: "push",
    accumulate: true,
    fill: () => 0,
    parts: () => [
      { input: 0, target: (index) => [...index] },
      {
        input: 2,
        target: (index, pull: Pull<NoAttrs>) => [
          boundedIndex(pull.b, pull.input(1, index), pull.output.size),
        ],
      },
    ],
    order: (_, rank) => Array.from({ length: rank }, (__, i) => i),
  },
}

export function scatterAdd(x: Node, index: Node, values: Node): Node {
  return makeNode(scatterAddOp, [x, index, expand(values, index.shape)], noAttrs)
}

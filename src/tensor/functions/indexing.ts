import type { Shape } from "../../base/index.ts"
import { broadcastShapes, formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { IndexMap } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { valueNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { IndexItem } from "../index-items.ts"
import { planIndex } from "../index-items.ts"
import type { TensorLike } from "../tensor.ts"
import { nodeOf, Tensor, wrap } from "../tensor.ts"

/**
 * Part of a tensor, as x[…] in NumPy and PyTorch. Items: a number, a slice `{ start, stop, step }` (steps may be
 * negative), null for a new dimension, "..." for all dimensions between, int32 tensors and bool masks.
 *
 *     x.index(0, { start: 1, stop: -1 })   // x[0, 1:-1]
 *     x.index("...", null)                 // x[..., None]
 *     x.index(x.gt(0))                     // x[x > 0]
 *
 * Index tensors broadcast with each other; their shape stands where they stand when they are side by side, and at the
 * front otherwise. Masks are read, since the size of the result depends on them.
 *
 * @throws NABLA_INDEX_OUT_OF_RANGE for an index that the dimension does not have
 */
export const index = composed("index", (input: Tensor, ...items: readonly IndexItem[]): Tensor => {
  const { map, indices } = planIndex(input.shape, items, "index")
  const isView = indices.length === 0 && map.sources.every(({ kind }) => kind !== "tensor")
  if (!isView || repeats(map)) return wrap(ops.gather(nodeOf(input), indices, map))
  return wrap(ops.reshape(ops.slice(nodeOf(input), sliceOf(map)), map.picked))
})

/** Whether a dimension of the result comes from nowhere in the table, and is not of size 1. */
function repeats({ picked, sources }: IndexMap): boolean {
  const used = new Set(sources.flatMap((source) => (source.kind === "slice" ? [source.dim] : [])))
  return picked.some((size, dim) => size !== 1 && !used.has(dim))
}

function sliceOf({ picked, sources }: IndexMap): ops.SliceAttrs {
  const start: number[] = []
  const size: number[] = []
  const step: number[] = []
  for (const source of sources) {
    start.push(source.kind === "slice" ? source.start : source.kind === "fixed" ? source.at : 0)
    size.push(source.kind === "slice" ? picked[source.dim]! : 1)
    step.push(source.kind === "slice" ? source.step : 1)
  }
  return { start, size, step }
}

/**
 * The tensor with values in place of a part of it, as x[…] = values; with `accumulate`, added to it. Of several values
 * for one place the last one stays, and it alone gets the derivative.
 *
 * `items` as in `index`; values broadcast to the shape of the part.
 */
export const indexPut = composed(
  "indexPut",
  (
    input: Tensor,
    items: readonly IndexItem[],
    values: TensorLike,
    { accumulate = false }: { readonly accumulate?: boolean } = {},
  ): Tensor => {
    const x = nodeOf(input)
    const value = valueNode(values, input.dtype, "indexPut")
    const join = (a: Node, b: Node): Node => (accumulate ? ops.add(a, b) : b)
    const mask = soleMask(items)
    if (mask !== null && value.shape.length === 0 && sameShape(mask.shape, input.shape)) {
      return wrap(ops.where(nodeOf(mask), join(x, ops.expand(value, x.shape)), x))
    }
    const { map, indices } = planIndex(input.shape, items, "indexPut")
    const spread = fitValues(value, map.picked)
    if (!accumulate) return wrap(ops.scatterSet(x, spread, indices, map))
    return wrap(ops.add(x, ops.scatterSum(spread, indices, map)))
  },
)

function soleMask(items: readonly IndexItem[]): Tensor | null {
  const [item] = items
  return items.length === 1 && item instanceof Tensor && item.dtype === "bool" ? item : null
}

/** Values under the shape of a part; leading dimensions of size 1 too many are dropped. */
function fitValues(values: Node, shape: Shape): Node {
  let own = values.shape
  while (own.length > shape.length && own[0] === 1) own = own.slice(1)
  const fits = own.length <= shape.length && sameShape(broadcastShapes(own, shape, "indexPut"), shape)
  if (fits) return ops.expand(ops.reshape(values, own), shape)
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the values do not fit the part that they replace",
    where: "indexPut",
    expected: `a shape that broadcasts to ${formatShape(shape)}`,
    got: formatShape(values.shape),
  })
}

import type { Shape } from "../../base/index.ts"
import { broadcastShapes, formatShape, NablaError, numel } from "../../base/index.ts"
import type { IndexMap } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { requireTensor, valueNode } from "../arguments.ts"
import { composed } from "../composed.ts"
import { nonzeroPositions } from "../indices.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { nodeOf, wrap, wrapHost } from "../tensor.ts"
import { expand } from "./shape.ts"

function checkMask(mask: Tensor, where: string): void {
  if (mask.dtype === "bool") return
  throw new NablaError("NABLA_INVALID_DTYPE", {
    message: "a mask is a tensor of bools",
    where,
    expected: "bool",
    got: mask.dtype,
    hint: 'compare first (x.gt(0)), or convert with .to("bool")',
  })
}

/** input with a number (or a tensor of no dimensions) where the mask is true. */
export const maskedFill = composed("maskedFill", (input: Tensor, mask: Tensor, value: TensorLike): Tensor => {
  checkMask(mask, "maskedFill")
  const filler = valueNode(value, input.dtype, "maskedFill")
  if (filler.shape.length > 0) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "one value fills all places",
      where: "maskedFill",
      expected: "a number or a tensor of no dimensions",
      got: `shape ${formatShape(filler.shape)}`,
      hint: "use where() for a value of its own at each place",
    })
  }
  const shape = broadcastShapes(input.shape, mask.shape, "maskedFill")
  const [m, x] = [nodeOf(mask), nodeOf(input)].map((node) => ops.expand(node, shape))
  return wrap(ops.where(m!, ops.expand(filler, shape), x!))
})

/** Flat positions at which a mask is true. Reads the mask. */
function positionsOf(mask: Tensor, shape: Shape): Tensor {
  const [list] = nonzeroPositions(expand(mask, shape).dataSync(), [numel(shape)])
  return wrapHost(list!, [list!.length], "int32")
}

/** The elements where a mask is true, as a vector. Reads the mask, since the size of the result depends on it. */
export const maskedSelect = composed("maskedSelect", (input: Tensor, mask: Tensor): Tensor => {
  checkMask(mask, "maskedSelect")
  const shape = broadcastShapes(input.shape, mask.shape, "maskedSelect")
  const flat = ops.reshape(ops.expand(nodeOf(input), shape), [numel(shape)])
  return wrap(ops.take(flat, positionsOf(mask, shape).node))
})

/** input with the elements of a source, one after another, where the mask is true. Reads the mask. */
export const maskedScatter = composed(
  "maskedScatter",
  (input: Tensor, mask: Tensor, source: Tensor): Tensor => {
    checkMask(mask, "maskedScatter")
    const { shape } = input
    const total = input.numel()
    const positions = positionsOf(mask, shape)
    const count = positions.numel()
    if (source.numel() < count) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the source has too few elements for the mask",
        where: "maskedScatter",
        expected: `at least ${count} elements`,
        got: `${source.numel()} elements`,
      })
    }
    const flat = ops.reshape(valueNode(source, input.dtype, "maskedScatter"), [source.numel()])
    const map: IndexMap = {
      table: [total],
      picked: [count],
      sources: [{ kind: "tensor", tensor: 0, at: [0] }],
    }
    const values = ops.sliceDim(flat, 0, 0, count)
    return wrap(
      ops.reshape(ops.scatterSet(ops.reshape(nodeOf(input), [total]), values, [positions.node], map), shape),
    )
  },
)

/** Positions of the elements that are not zero, one a row [n, rank]; or one vector for each dimension. Reads the values. */
export function nonzero(input: Tensor, options?: { readonly asTuple?: false }): Tensor
export function nonzero(input: Tensor, options: { readonly asTuple: true }): Tensor[]
export function nonzero(input: Tensor, options: { readonly asTuple?: boolean } = {}): Tensor | Tensor[] {
  requireTensor(input, "nonzero")
  const whole = options.asTuple && input.ndim === 0
  const shape = whole ? [1] : input.shape
  const values = input.dataSync()
  const lists = nonzeroPositions(values, shape)
  if (options.asTuple) return lists.map((list) => wrapHost(list, [list.length], "int32"))
  const rank = shape.length
  const count = lists[0]?.length ?? (values[0] === 0 ? 0 : 1)
  const rows = new Int32Array(count * rank)
  lists.forEach((list, dim) => {
    list.forEach((at, row) => {
      rows[row * rank + dim] = at
    })
  })
  return wrapHost(rows, [count, rank], "int32")
}

/** Positions of the elements that are not zero, one a row. */
export const argwhere = composed("argwhere", (input: Tensor): Tensor => {
  return nonzero(input)
})

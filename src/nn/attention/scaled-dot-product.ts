import { broadcastShapes, formatShape, isFloating, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, arange, composed, lt, matmul, mul, softmax, where } from "../../tensor/index.ts"
import { dropout } from "../functions/dropout.ts"

export interface AttentionOptions {
  /**
   * Which positions a query sees: bool, where true means that it does, or numbers that are added to the scores. Of a
   * shape that broadcasts to [..., L, S]. Default: all.
   */
  readonly attnMask?: Tensor | null
  /** Probability of dropping a weight. As in PyTorch's function it applies whenever it is given. Default: 0. */
  readonly dropoutP?: number
  /** Whether query i sees keys 0 … i only. Default: false. */
  readonly isCausal?: boolean
  /** Factor on the scores. Default: 1/√E. */
  readonly scale?: number
}

/**
 * Attention: each query gets the mean of the values, weighted by how well their keys match it.
 *
 * softmax(query·keyᵀ·scale + mask)·value
 *
 * Shapes: query [..., L, E], key [..., S, E], value [..., S, Eᵥ] → [..., L, Eᵥ]; leading dimensions broadcast. A query
 * that sees no key at all gets NaN, as in PyTorch.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together
 *
 * @example
 * const [q, k, v] = [randn([2, 4, 8]), randn([2, 6, 8]), randn([2, 6, 3])]
 * nn.functional.scaledDotProductAttention(q, k, v).shape // [2, 4, 3]
 */
export const scaledDotProductAttention = composed(
  "scaledDotProductAttention",
  (query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor => {
    const { attnMask = null, isCausal = false, dropoutP = 0, scale } = options
    const shape = checkAttention(query, key, value)
    const masks = [
      ...(isCausal ? [laterKeys(shape.at(-2)!, shape.at(-1)!)] : []),
      ...(attnMask === null ? [] : [hiddenBy(attnMask, shape)]),
    ]
    return matmul(attentionWeights(query, key, masks, dropoutP, scale), value)
  },
)

/** A mask in which true means that a key is seen, as one in which it means that it is hidden; numbers stay. */
function hiddenBy(mask: Tensor, shape: readonly number[]): Tensor {
  checkMask("scaledDotProductAttention", mask, shape)
  return mask.dtype === "bool" ? mask.logicalNot() : mask
}

/**
 * softmax of the scores: how much each query takes of each value, [..., L, S].
 *
 * @param masks each bool, true where a key is hidden, or numbers that are added
 */
export function attentionWeights(
  query: Tensor,
  key: Tensor,
  masks: readonly Tensor[],
  dropoutP: number,
  scale = 1 / Math.sqrt(query.shape.at(-1)!),
): Tensor {
  const scores = masks.reduce(masked, mul(matmul(query, key.transpose(-2, -1)), scale))
  const weights = softmax(scores, -1)
  return dropoutP > 0 ? dropout(weights, { p: dropoutP }) : weights
}

function masked(scores: Tensor, mask: Tensor): Tensor {
  return mask.dtype === "bool" ? where(mask, Number.NEGATIVE_INFINITY, scores) : add(scores, mask)
}

/** Whether key j comes after query i: [L, S] */
export function laterKeys(queries: number, keys: number): Tensor {
  return lt(arange(queries).unsqueeze(1), arange(keys))
}

/** The shape of the scores. */
function checkAttention(query: Tensor, key: Tensor, value: Tensor): readonly number[] {
  const fits =
    Math.min(query.ndim, key.ndim, value.ndim) >= 2 &&
    query.shape.at(-1) === key.shape.at(-1) &&
    key.shape.at(-2) === value.shape.at(-2)
  if (!fits) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "queries, keys and values do not belong together",
      where: "scaledDotProductAttention",
      expected: "[..., L, E], [..., S, E] and [..., S, Ev]",
      got: [query, key, value].map((t) => formatShape(t.shape)).join(", "),
    })
  }
  const batch = broadcastShapes(query.shape.slice(0, -2), key.shape.slice(0, -2), "scaledDotProductAttention")
  return [...batch, query.shape.at(-2)!, key.shape.at(-2)!]
}

/** A mask is bool or numbers, and broadcasts to the scores. */
export function checkMask(where_: string, mask: Tensor, shape: readonly number[]): void {
  if (mask.dtype !== "bool" && !isFloating(mask.dtype)) {
    throw new NablaError("NABLA_INVALID_DTYPE", {
      message: "a mask is bool, or numbers to be added to the scores",
      where: where_,
      expected: "bool, float32 or float64",
      got: mask.dtype,
      hint: 'convert it with .to("bool")',
    })
  }
  const whole = mask.ndim > shape.length ? null : broadcastShapes(shape, mask.shape, where_)
  if (whole !== null && sameShape(whole, shape)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the mask does not fit the scores",
    where: where_,
    expected: `a shape that broadcasts to ${formatShape(shape)}`,
    got: formatShape(mask.shape),
  })
}

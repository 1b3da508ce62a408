import type { Tensor } from "../../tensor/index.ts"
import { cat, composed, matmul, pad, zeros } from "../../tensor/index.ts"
import { linear } from "../functions/linear.ts"
import { attentionWeights, checkMask, laterKeys } from "./scaled-dot-product.ts"

/** The weights of multi-head attention: of its inputs together, or each for itself. */
export interface MultiheadWeights {
  /** [3·E, E], for queries, keys and values; null if they are given one by one. */
  readonly inProjWeight: Tensor | null
  /** [E, E] */
  readonly qProjWeight: Tensor | null
  /** [E, kdim] */
  readonly kProjWeight: Tensor | null
  /** [E, vdim] */
  readonly vProjWeight: Tensor | null
  /** [3·E] */
  readonly inProjBias: Tensor | null
  /** A further key and value that belong to no position: [1, 1, E]. */
  readonly biasK: Tensor | null
  readonly biasV: Tensor | null
}

export interface MultiheadCallOptions {
  /** Keys that nobody sees, such as padding: bool [N, S] ([S] without a batch), true where they are hidden; or numbers
   * that are added to the scores. */
  readonly keyPaddingMask?: Tensor | null
  /** Whether the weights are given too; otherwise null is in their place. Default: true. */
  readonly needWeights?: boolean
  /** Which keys each query does not see: bool [L, S] or [N·heads, L, S], true where it does not; or numbers that are
   * added to the scores. */
  readonly attnMask?: Tensor | null
  /** Whether the weights are the mean over the heads, [N, L, S], rather than [N, heads, L, S]. Default: true. */
  readonly averageAttnWeights?: boolean
  /** Whether query i sees keys 0 … i only. Default: false. */
  readonly isCausal?: boolean
}

interface MultiheadOptions extends MultiheadCallOptions {
  readonly heads: number
  readonly batchFirst: boolean
  readonly dropout: number
  readonly addZeroAttn: boolean
}

/** Queries, keys and values by heads: [N, heads, length, E/heads]. */
interface Heads {
  readonly q: Tensor
  readonly k: Tensor
  readonly v: Tensor
}

/**
 * Attention of all heads, joined, before the output projection, arranged as the query; and the weights
 * [N, heads, L, S].
 */
export const multiheadAttention = composed(
  "multiheadAttention",
  (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    weights: MultiheadWeights,
    options: MultiheadOptions,
  ): [joined: Tensor, attention: Tensor] => {
    const { heads, batchFirst, dropout, addZeroAttn } = options
    const projected = projectHeads(query, key, value, weights, heads, batchFirst)
    const { q, k, v } = withExtraKeys(projected, weights, addZeroAttn)
    const [samples, , queries, size] = q.shape as readonly [number, number, number, number]
    const keys = projected.k.shape[2]!
    const extra = k.shape[2]! - keys
    // Keys that belong to no position are seen by all.
    const masks = masksOf(options, [samples, heads, queries, keys]).map((mask) =>
      extra === 0 ? mask : pad(mask, [0, extra]),
    )
    const attention = attentionWeights(q, k, masks, dropout)
    const mixed = matmul(attention, v)
    const joined = mixed.permute(batchFirst ? [0, 2, 1, 3] : [2, 0, 1, 3])
    return [joined.reshape([...query.shape.slice(0, 2), heads * size]), attention]
  },
)

function projectHeads(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  weights: MultiheadWeights,
  heads: number,
  batchFirst: boolean,
): Heads {
  const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias } = weights
  const split = (projected: Tensor, parts: number): Tensor[] => {
    const [a, b, features] = projected.shape as readonly [number, number, number]
    const whole = projected.reshape([a, b, parts, heads, features / parts / heads])
    return whole.permute(batchFirst ? [2, 0, 3, 1, 4] : [2, 1, 3, 0, 4]).unbind(0)
  }
  if (inProjWeight !== null && query === key && key === value) {
    const [q, k, v] = split(linear(query, inProjWeight, inProjBias), 3)
    return { q: q!, k: k!, v: v! }
  }
  const rows = (t: Tensor | null): (Tensor | null)[] => t?.chunk(3, 0) ?? [null, null, null]
  const biases = rows(inProjBias)
  const matrices = inProjWeight === null ? [qProjWeight, kProjWeight, vProjWeight] : rows(inProjWeight)
  if (inProjWeight !== null && key === value) {
    // Keys and values come from one input: the encoder's output, as a rule.
    const [q] = split(linear(query, matrices[0]!, biases[0]), 1)
    const size = inProjWeight.shape[0]! / 3
    const bias = inProjBias?.narrow(0, size, 2 * size) ?? null
    const [k, v] = split(linear(key, inProjWeight.narrow(0, size, 2 * size), bias), 2)
    return { q: q!, k: k!, v: v! }
  }
  const [q, k, v] = [query, key, value].map((x, i) => split(linear(x, matrices[i]!, biases[i]), 1)[0]!)
  return { q: q!, k: k!, v: v! }
}

/** Adds the learned key and value, and one of zeros, behind those of the sequence. */
function withExtraKeys({ q, k, v }: Heads, { biasK, biasV }: MultiheadWeights, addZeroAttn: boolean): Heads {
  const [samples, heads, , size] = k.shape as readonly [number, number, number, number]
  const byHeads = (bias: Tensor): Tensor =>
    bias.reshape([1, heads, 1, size]).expand([samples, heads, 1, size])
  const zero = addZeroAttn ? [zeros([samples, heads, 1, size], { dtype: k.dtype })] : []
  const extended = (whole: Tensor, bias: Tensor | null): Tensor => {
    const extra = [...(bias === null ? [] : [byHeads(bias)]), ...zero]
    return extra.length === 0 ? whole : cat([whole, ...extra], 2)
  }
  return { q, k: extended(k, biasK), v: extended(v, biasV) }
}

/** The masks that broadcast to [N, heads, L, S]. */
function masksOf(
  { attnMask = null, keyPaddingMask = null, isCausal = false }: MultiheadCallOptions,
  [samples, heads, queries, keys]: readonly [number, number, number, number],
): Tensor[] {
  const masks: Tensor[] = isCausal ? [laterKeys(queries, keys)] : []
  if (attnMask !== null) {
    const each = attnMask.ndim === 3
    checkMask("attnMask", attnMask, each ? [samples * heads, queries, keys] : [queries, keys])
    masks.push(each ? attnMask.reshape([samples, heads, queries, keys]) : attnMask)
  }
  if (keyPaddingMask !== null) {
    checkMask("keyPaddingMask", keyPaddingMask, [samples, keys])
    masks.push(keyPaddingMask.reshape([-1, 1, 1, keys]))
  }
  return masks
}

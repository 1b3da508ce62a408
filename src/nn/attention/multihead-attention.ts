import type { DType } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { zeros } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { xavierNormal_, xavierUniform_, zeros_ } from "../init/index.ts"
import { Linear } from "../layers/index.ts"
import type { Members } from "../module.ts"
import { inSnakeCase, Module } from "../module.ts"
import { Parameter } from "../parameter.ts"
import type { MultiheadCallOptions } from "./multihead.ts"
import { multiheadAttention as attend } from "./multihead.ts"

export interface MultiheadAttentionOptions {
  /** Probability of dropping a weight, in training. Default: 0. */
  readonly dropout?: number
  /** Whether the projections have biases. Default: true. */
  readonly bias?: boolean
  /** Whether a learned key and value that belong to no position are added. Default: false. */
  readonly addBiasKv?: boolean
  /** Whether a key and value of zeros are added. Default: false. */
  readonly addZeroAttn?: boolean
  /** Features of the keys. Default: embedDim. */
  readonly kdim?: number
  /** Features of the values. Default: embedDim. */
  readonly vdim?: number
  /** Whether inputs and output are [N, L, E] rather than [L, N, E]. Default: false. */
  readonly batchFirst?: boolean
  /** Type of the parameters. Default: float32. */
  readonly dtype?: DType
}

const optionNames = [
  "dropout",
  "bias",
  "addBiasKv",
  "addZeroAttn",
  "kdim",
  "vdim",
  "batchFirst",
  "dtype",
] as const
const callNames = ["keyPaddingMask", "needWeights", "attnMask", "averageAttnWeights", "isCausal"] as const

/**
 * Several attentions side by side, each on a part of the features, and a projection of what they find.
 *
 * MultiHead(Q, K, V) = [head₁, …, head_h]·W_oᵀ + b_o,
 * headᵢ = softmax((Q·W_qᵢᵀ)·(K·W_kᵢᵀ)ᵀ/√(E/h))·(V·W_vᵢᵀ), with biases
 *
 * Shapes: query [L, N, E], key [S, N, kdim], value [S, N, vdim] (N first with batchFirst, or without N) → output
 * [L, N, E] and, if needed, weights [N, L, S] (or [N, heads, L, S]), as `[output, weights]`. Key and value default to
 * the query and the key. Masks hide keys where they are true, as PyTorch's layer has it (its function has it the other
 * way round); see MultiheadCallOptions. A query that sees no key gets NaN.
 *
 * @param embedDim E, features of queries and output
 * @param numHeads h, a divisor of E
 * @throws NABLA_SHAPE_MISMATCH from forward when inputs or masks do not fit
 * @throws NABLA_INVALID_ARGUMENT when E is not divisible by h
 *
 * Attributes: `in_proj_weight` [3E, E], rows for queries, keys and values, first drawn by xavierUniform_ (with another
 * kdim or vdim instead `q_proj_weight` [E, E], `k_proj_weight` [E, kdim], `v_proj_weight` [E, vdim]); `in_proj_bias`
 * [3E], 0; `bias_k` and `bias_v` [1, 1, E] if added, by xavierNormal_; `out_proj`, a linear layer with bias 0.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example
 * const attention = nn.multiheadAttention(8, 2, { batchFirst: true })
 * const [output, weights] = attention.forward(randn([3, 5, 8]))
 * output.shape // [3, 5, 8]
 * weights.shape // [3, 5, 5]
 */
export class MultiheadAttention extends Module<
  readonly [query: Tensor, key?: Tensor, value?: Tensor, options?: MultiheadCallOptions],
  [output: Tensor, weights: Tensor | null]
> {
  readonly embedDim: number
  readonly numHeads: number
  readonly kdim: number
  readonly vdim: number
  readonly batchFirst: boolean
  readonly dropout: number
  readonly addZeroAttn: boolean
  inProjWeight: Parameter | null
  qProjWeight: Parameter | null
  kProjWeight: Parameter | null
  vProjWeight: Parameter | null
  inProjBias: Parameter | null
  biasK: Parameter | null
  biasV: Parameter | null
  outProj: Linear

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super()
    checkNames("MultiheadAttention", options, optionNames)
    const { bias = true, kdim = embedDim, vdim = embedDim, dtype = "float32", addBiasKv = false } = options
    checkHeads(embedDim, numHeads)
    this.embedDim = embedDim
    this.numHeads = numHeads
    this.kdim = kdim
    this.vdim = vdim
    this.batchFirst = options.batchFirst ?? false
    this.dropout = options.dropout ?? 0
    this.addZeroAttn = options.addZeroAttn ?? false
    const matrix = (rows: number, columns: number): Parameter =>
      xavierUniform_(new Parameter(zeros([rows, columns], { dtype }))) as Parameter
    const together = kdim === embedDim && vdim === embedDim
    this.inProjWeight = together ? matrix(3 * embedDim, embedDim) : null
    this.qProjWeight = together ? null : matrix(embedDim, embedDim)
    this.kProjWeight = together ? null : matrix(embedDim, kdim)
    this.vProjWeight = together ? null : matrix(embedDim, vdim)
    this.inProjBias = bias ? new Parameter(zeros([3 * embedDim], { dtype })) : null
    const extra = (): Parameter =>
      xavierNormal_(new Parameter(zeros([1, 1, embedDim], { dtype }))) as Parameter
    this.biasK = addBiasKv ? extra() : null
    this.biasV = addBiasKv ? extra() : null
    this.outProj = new Linear(embedDim, embedDim, { bias, dtype })
    if (this.outProj.bias !== null) zeros_(this.outProj.bias)
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  override forward(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: MultiheadCallOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    checkNames("MultiheadAttention.forward", options, callNames)
    const { needWeights = true, averageAttnWeights = true, keyPaddingMask = null } = options
    this.#check(query, key, value)
    const single = query.ndim === 2
    const batchDim = this.batchFirst ? 0 : 1
    // One tensor given three times stays one tensor, which is projected at once.
    const batched = new Map([query, key, value].map((t) => [t, single ? t.unsqueeze(batchDim) : t]))
    const [joined, attention] = attend(batched.get(query)!, batched.get(key)!, batched.get(value)!, this, {
      ...options,
      keyPaddingMask: single ? (keyPaddingMask?.unsqueeze(0) ?? null) : keyPaddingMask,
      heads: this.numHeads,
      batchFirst: this.batchFirst,
      dropout: this.training ? this.dropout : 0,
      addZeroAttn: this.addZeroAttn,
    })
    const output = this.outProj.forward(single ? joined.squeeze(batchDim) : joined)
    if (!needWeights) return [output, null]
    const weights = averageAttnWeights ? attention.mean(1) : attention
    return [output, single ? weights.squeeze(0) : weights]
  }

  #check(query: Tensor, key: Tensor, value: Tensor): void {
    const { batchFirst, embedDim, kdim, vdim } = this
    const given = [query, key, value]
    const features = [embedDim, kdim, vdim]
    const at = batchFirst ? 0 : 1
    const ranks = given.every((t) => t.ndim === query.ndim) && (query.ndim === 2 || query.ndim === 3)
    const sizes = ranks && given.every((t, i) => t.shape.at(-1) === features[i])
    const length = (t: Tensor): number => t.shape[t.ndim === 2 ? 0 : 1 - at]!
    const samples = query.ndim === 2 || given.every((t) => t.shape[at] === query.shape[at])
    if (sizes && samples && length(key) === length(value)) return
    const form = (name: string, size: number): string =>
      `[${batchFirst ? `N, ${name}` : `${name}, N`}, ${size}]`
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "queries, keys and values do not fit the layer or each other",
      where: "MultiheadAttention",
      expected: `${form("L", embedDim)}, ${form("S", kdim)} and ${form("S", vdim)}, or all without N`,
      got: given.map((t) => formatShape(t.shape)).join(", "),
    })
  }
}

function checkHeads(embedDim: number, numHeads: number): void {
  checkCount("MultiheadAttention", "embedDim", embedDim)
  checkCount("MultiheadAttention", "numHeads", numHeads)
  if (embedDim % numHeads === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the features cannot be split evenly among the heads",
    where: "MultiheadAttention",
    expected: `embedDim divisible by ${numHeads}`,
    got: String(embedDim),
  })
}

export function multiheadAttention(
  embedDim: number,
  numHeads: number,
  options: MultiheadAttentionOptions = {},
): MultiheadAttention {
  return new MultiheadAttention(embedDim, numHeads, options)
}

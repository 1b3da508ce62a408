import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor, TensorOptions } from "../../tensor/index.ts"
import { arange, full, lt, where, zeros } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import { xavierUniform_ } from "../init/index.ts"
import { LayerNorm } from "../layers/index.ts"
import { Module } from "../module.ts"
import type { DecoderMasks } from "./decoder-layer.ts"
import { decoderMaskNames, TransformerDecoderLayer } from "./decoder-layer.ts"
import { TransformerEncoderLayer } from "./encoder-layer.ts"
import type { TransformerLayerOptions } from "./options.ts"
import { layerOptionNames } from "./options.ts"
import { TransformerDecoder, TransformerEncoder } from "./stacks.ts"

export interface TransformerOptions extends TransformerLayerOptions {
  /** E, features of each position. Default: 512. */
  readonly dModel?: number
  /** Heads of the attentions, a divisor of E. Default: 8. */
  readonly nhead?: number
  /** Default: 6. */
  readonly numEncoderLayers?: number
  /** Default: 6. */
  readonly numDecoderLayers?: number
}

/** Masks hide what they are true for; numbers are added to the scores. See MultiheadAttention for their shapes. */
export interface TransformerMasks extends DecoderMasks {
  /** Which positions of the source each of them does not see. */
  readonly srcMask?: Tensor | null
  /** Positions of the source that nobody sees, such as padding. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether positions of the source see only themselves and those before. Default: false. */
  readonly srcIsCausal?: boolean
}

/**
 * The transformer: an encoder of the source and a decoder of the target that sees its output.
 *
 * output = decoder(tgt, encoder(src)), each with a normalisation at its end
 *
 * Shapes: src [S, N, E], tgt [T, N, E] (N first with batchFirst, or without N) → that of tgt.
 *
 * @throws NABLA_SHAPE_MISMATCH from forward when inputs or masks do not fit
 *
 * Attributes: `encoder` (TransformerEncoder) and `decoder` (TransformerDecoder). Parameters of more than one dimension
 * are first drawn by xavierUniform_, each layer's anew.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example
 * const model = nn.transformer({ dModel: 16, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 32 })
 * model.forward(randn([7, 3, 16]), randn([5, 3, 16]), { tgtIsCausal: true }).shape // [5, 3, 16]
 */
export class Transformer extends Module<readonly [src: Tensor, tgt: Tensor, masks?: TransformerMasks]> {
  readonly dModel: number
  readonly nhead: number
  readonly batchFirst: boolean
  encoder: TransformerEncoder
  decoder: TransformerDecoder

  constructor(options: TransformerOptions = {}) {
    super()
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6, ...rest } = options
    checkNames("Transformer", rest, layerOptionNames)
    const { layerNormEps: eps = 1e-5, dtype = "float32" } = rest
    this.dModel = dModel
    this.nhead = nhead
    this.batchFirst = rest.batchFirst ?? false
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps, dtype })
    const encoderLayer = new TransformerEncoderLayer(dModel, nhead, rest)
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, rest)
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() })
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() })
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter)
  }

  override forward(src: Tensor, tgt: Tensor, masks: TransformerMasks = {}): Tensor {
    const { srcMask: mask = null, srcKeyPaddingMask = null, srcIsCausal = false, ...rest } = masks
    checkNames("Transformer.forward", rest, decoderMaskNames)
    this.#check(src, tgt)
    const memory = this.encoder.forward(src, { mask, srcKeyPaddingMask, isCausal: srcIsCausal })
    return this.decoder.forward(tgt, memory, rest)
  }

  #check(src: Tensor, tgt: Tensor): void {
    const at = this.batchFirst ? 0 : 1
    const samples = src.ndim < 3 || src.shape[at] === tgt.shape[at]
    const features = src.shape.at(-1) === this.dModel && tgt.shape.at(-1) === this.dModel
    if (src.ndim === tgt.ndim && samples && features) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "source and target do not fit the model or each other",
      where: "Transformer",
      expected: this.batchFirst
        ? `[N, S, ${this.dModel}] and [N, T, ${this.dModel}]`
        : `[S, N, ${this.dModel}] and [T, N, ${this.dModel}]`,
      got: `${formatShape(src.shape)} and ${formatShape(tgt.shape)}`,
    })
  }

  /** A causal mask: 0 where position i sees position j ≤ i, −∞ elsewhere. [size, size] */
  static generateSquareSubsequentMask(size: number, options: TensorOptions = {}): Tensor {
    const hidden = lt(arange(size).unsqueeze(1), arange(size))
    return where(hidden, full([], Number.NEGATIVE_INFINITY, options), zeros([], options))
  }
}

export function transformer(options: TransformerOptions = {}): Transformer {
  return new Transformer(options)
}

import type { Tensor } from "../../tensor/index.ts"
import { MultiheadAttention } from "../attention/index.ts"
import { checkNames } from "../check.ts"
import { LayerNorm, Linear } from "../layers/index.ts"
import type { Members } from "../module.ts"
import { inSnakeCase, Module } from "../module.ts"
import type { TransformerLayerOptions } from "./options.ts"
import { activationOf, dropped, layerOptionNames, residual } from "./options.ts"

/** Masks hide what they are true for; numbers are added to the scores. See MultiheadAttention for their shapes. */
export interface DecoderMasks {
  /** Which positions of the target each of them does not see. */
  readonly tgtMask?: Tensor | null
  /** Which positions of the memory each position of the target does not see. */
  readonly memoryMask?: Tensor | null
  /** Positions of the target that nobody sees, such as padding. */
  readonly tgtKeyPaddingMask?: Tensor | null
  /** Positions of the memory that nobody sees. */
  readonly memoryKeyPaddingMask?: Tensor | null
  /** Whether positions of the target see only themselves and those before. Default: false. */
  readonly tgtIsCausal?: boolean
  /** Whether position i of the target sees positions 0 … i of the memory only. Default: false. */
  readonly memoryIsCausal?: boolean
}

export const decoderMaskNames = [
  "tgtMask",
  "memoryMask",
  "tgtKeyPaddingMask",
  "memoryKeyPaddingMask",
  "tgtIsCausal",
  "memoryIsCausal",
] as const

/**
 * One layer of a transformer's decoder: attention of the target to itself, attention to the encoder's output, then the
 * same small network for each position.
 *
 * x ← LN(x + SelfAttention(x)), x ← LN(x + Attention(x, memory)), x ← LN(x + W₂·f(W₁·x + b₁) + b₂); with normFirst
 * x ← x + SelfAttention(LN(x)), …
 *
 * Shapes: tgt [T, N, E], memory [S, N, E] (N first with batchFirst, or without N) → that of tgt.
 *
 * @param dModel E, features of each position
 * @param nhead heads of both attentions, a divisor of E
 * @throws NABLA_SHAPE_MISMATCH from forward when inputs or masks do not fit
 *
 * Attributes: `self_attn` and `multihead_attn` (MultiheadAttention), `linear1` and `linear2` (Linear:
 * E → dimFeedforward → E), `norm1`, `norm2` and `norm3` (LayerNorm), each with its own initial law.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example
 * const layer = nn.transformerDecoderLayer(8, 2)
 * layer.forward(randn([5, 3, 8]), randn([7, 3, 8]), { tgtIsCausal: true }).shape // [5, 3, 8]
 */
export class TransformerDecoderLayer extends Module<
  readonly [tgt: Tensor, memory: Tensor, masks?: DecoderMasks]
> {
  readonly dModel: number
  readonly nhead: number
  readonly options: TransformerLayerOptions
  readonly dropout: number
  readonly normFirst: boolean
  selfAttn: MultiheadAttention
  multiheadAttn: MultiheadAttention
  linear1: Linear
  linear2: Linear
  norm1: LayerNorm
  norm2: LayerNorm
  norm3: LayerNorm
  readonly #activation: (x: Tensor) => Tensor

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super()
    checkNames("TransformerDecoderLayer", options, layerOptionNames)
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, dtype = "float32" } = options
    this.dModel = dModel
    this.nhead = nhead
    this.options = options
    this.dropout = dropout
    this.normFirst = options.normFirst ?? false
    this.#activation = activationOf("TransformerDecoderLayer", options.activation ?? "relu")
    const batchFirst = options.batchFirst ?? false
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, dtype })
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, dtype })
    this.linear1 = new Linear(dModel, dimFeedforward, { dtype })
    this.linear2 = new Linear(dimFeedforward, dModel, { dtype })
    this.norm1 = new LayerNorm(dModel, { eps, dtype })
    this.norm2 = new LayerNorm(dModel, { eps, dtype })
    this.norm3 = new LayerNorm(dModel, { eps, dtype })
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    checkNames("TransformerDecoderLayer.forward", masks, decoderMaskNames)
    const own = {
      attnMask: masks.tgtMask ?? null,
      keyPaddingMask: masks.tgtKeyPaddingMask ?? null,
      isCausal: masks.tgtIsCausal ?? false,
      needWeights: false,
    }
    const other = {
      attnMask: masks.memoryMask ?? null,
      keyPaddingMask: masks.memoryKeyPaddingMask ?? null,
      isCausal: masks.memoryIsCausal ?? false,
      needWeights: false,
    }
    const first = residual(this, this.norm1, tgt, (x) => this.selfAttn.forward(x, x, x, own)[0])
    const second = residual(
      this,
      this.norm2,
      first,
      (x) => this.multiheadAttn.forward(x, memory, memory, other)[0],
    )
    return residual(this, this.norm3, second, (x) => this.#feedForward(x))
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.#activation(this.linear1.forward(x))
    return this.linear2.forward(dropped(hidden, this.dropout, this.training))
  }

  /** A layer of its own with the same options and values. */
  copy(): TransformerDecoderLayer {
    const copy = new TransformerDecoderLayer(this.dModel, this.nhead, this.options)
    copy.loadStateDict(this.stateDict())
    return copy.train(this.training)
  }
}

export function transformerDecoderLayer(
  dModel: number,
  nhead: number,
  options: TransformerLayerOptions = {},
): TransformerDecoderLayer {
  return new TransformerDecoderLayer(dModel, nhead, options)
}

import type { Tensor } from "../../tensor/index.ts"
import { MultiheadAttention } from "../attention/index.ts"
import { checkNames } from "../check.ts"
import { LayerNorm, Linear } from "../layers/index.ts"
import type { Members } from "../module.ts"
import { inSnakeCase, Module } from "../module.ts"
import type { TransformerLayerOptions } from "./options.ts"
import { activationOf, dropped, layerOptionNames, residual } from "./options.ts"

/** Masks hide what they are true for; numbers are added to the scores. See MultiheadAttention for their shapes. */
export interface EncoderMasks {
  /** Which positions each position does not see. */
  readonly srcMask?: Tensor | null
  /** Positions that nobody sees, such as padding. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether positions see only themselves and those before. Default: false. */
  readonly isCausal?: boolean
}

/**
 * One layer of a transformer's encoder: attention of the sequence to itself, then the same small network for each
 * position.
 *
 * x ← LN(x + SelfAttention(x)), x ← LN(x + W₂·f(W₁·x + b₁) + b₂); with normFirst x ← x + SelfAttention(LN(x)), …
 *
 * Shapes: [T, N, E] ([N, T, E] with batchFirst) or [T, E] → the same.
 *
 * @param dModel E, features of each position
 * @param nhead heads of the attention, a divisor of E
 * @throws NABLA_SHAPE_MISMATCH from forward when input or masks do not fit
 *
 * Attributes: `self_attn` (MultiheadAttention), `linear1` and `linear2` (Linear: E → dimFeedforward → E), `norm1` and
 * `norm2` (LayerNorm), each with its own initial law.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7; pre-norm: Xiong et al. 2020,
 * arXiv:2002.04745v2.
 *
 * @example nn.transformerEncoderLayer(8, 2, { batchFirst: true }).forward(randn([3, 5, 8])).shape // [3, 5, 8]
 */
export class TransformerEncoderLayer extends Module<readonly [src: Tensor, masks?: EncoderMasks]> {
  readonly dModel: number
  readonly nhead: number
  readonly options: TransformerLayerOptions
  readonly dropout: number
  readonly normFirst: boolean
  selfAttn: MultiheadAttention
  linear1: Linear
  linear2: Linear
  norm1: LayerNorm
  norm2: LayerNorm
  readonly #activation: (x: Tensor) => Tensor

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super()
    checkNames("TransformerEncoderLayer", options, layerOptionNames)
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, dtype = "float32" } = options
    this.dModel = dModel
    this.nhead = nhead
    this.options = options
    this.dropout = dropout
    this.normFirst = options.normFirst ?? false
    this.#activation = activationOf("TransformerEncoderLayer", options.activation ?? "relu")
    const batchFirst = options.batchFirst ?? false
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, batchFirst, dtype })
    this.linear1 = new Linear(dModel, dimFeedforward, { dtype })
    this.linear2 = new Linear(dimFeedforward, dModel, { dtype })
    this.norm1 = new LayerNorm(dModel, { eps, dtype })
    this.norm2 = new LayerNorm(dModel, { eps, dtype })
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  override forward(src: Tensor, masks: EncoderMasks = {}): Tensor {
    checkNames("TransformerEncoderLayer.forward", masks, ["srcMask", "srcKeyPaddingMask", "isCausal"])
    const { srcMask: attnMask = null, srcKeyPaddingMask: keyPaddingMask = null, isCausal = false } = masks
    const options = { attnMask, keyPaddingMask, isCausal, needWeights: false }
    const attended = residual(this, this.norm1, src, (x) => this.selfAttn.forward(x, x, x, options)[0])
    return residual(this, this.norm2, attended, (x) => this.#feedForward(x))
  }

  #feedForward(x: Tensor): Tensor {
    const hidden = this.#activation(this.linear1.forward(x))
    return this.linear2.forward(dropped(hidden, this.dropout, this.training))
  }

  /** A layer of its own with the same options and values. */
  copy(): TransformerEncoderLayer {
    const copy = new TransformerEncoderLayer(this.dModel, this.nhead, this.options)
    copy.loadStateDict(this.stateDict())
    return copy.train(this.training)
  }
}

export function transformerEncoderLayer(
  dModel: number,
  nhead: number,
  options: TransformerLayerOptions = {},
): TransformerEncoderLayer {
  return new TransformerEncoderLayer(dModel, nhead, options)
}

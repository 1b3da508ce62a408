import type { Tensor } from "../../tensor/index.ts"
import { checkCount, checkNames } from "../check.ts"
import { ModuleList } from "../layers/index.ts"
import { Module } from "../module.ts"
import type { DecoderMasks, TransformerDecoderLayer } from "./decoder-layer.ts"
import { decoderMaskNames } from "./decoder-layer.ts"
import type { EncoderMasks, TransformerEncoderLayer } from "./encoder-layer.ts"

export interface StackOptions {
  /** A normalisation behind the last layer. Default: none. */
  readonly norm?: Module | null
}

/** Copies of a layer: equal at first, as in PyTorch, but each with parameters of its own. */
function copies<L extends { copy(): L } & Module<never, unknown>>(
  where: string,
  layer: L,
  count: number,
): ModuleList<L> {
  checkCount(where, "numLayers", count, 0)
  return new ModuleList(Array.from({ length: count }, () => layer.copy()))
}

export interface EncoderStackMasks {
  /** Which positions each position does not see. */
  readonly mask?: Tensor | null
  /** Positions that nobody sees, such as padding. */
  readonly srcKeyPaddingMask?: Tensor | null
  /** Whether positions see only themselves and those before. Default: false. */
  readonly isCausal?: boolean
}

/**
 * The encoder of a transformer: layers one after another.
 *
 * x ← layer_k(… layer₁(x)), and then the normalisation, if any
 *
 * Shapes: those of its layers.
 *
 * @param layer what is copied: all layers begin with its values
 * @param numLayers how many layers there are
 *
 * Attributes: `layers` (a list), `norm` or null.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example
 * const encoder = nn.transformerEncoder(nn.transformerEncoderLayer(8, 2), 6)
 * encoder.forward(randn([5, 3, 8])).shape // [5, 3, 8]
 */
export class TransformerEncoder extends Module<readonly [src: Tensor, masks?: EncoderStackMasks]> {
  layers: ModuleList<TransformerEncoderLayer>
  norm: Module | null

  constructor(layer: TransformerEncoderLayer, numLayers: number, options: StackOptions = {}) {
    super()
    checkNames("TransformerEncoder", options, ["norm"])
    this.layers = copies("TransformerEncoder", layer, numLayers)
    this.norm = options.norm ?? null
  }

  override forward(src: Tensor, masks: EncoderStackMasks = {}): Tensor {
    checkNames("TransformerEncoder.forward", masks, ["mask", "srcKeyPaddingMask", "isCausal"])
    const { mask: srcMask = null, ...rest } = masks
    const forEach: EncoderMasks = { srcMask, ...rest }
    let x = src
    for (const layer of this.layers) x = layer.forward(x, forEach)
    return this.norm === null ? x : this.norm.forward(x)
  }
}

/**
 * The decoder of a transformer: layers one after another, each of which sees the encoder's output.
 *
 * x ← layer_k(… layer₁(x, memory) …, memory), and then the normalisation, if any
 *
 * Shapes: those of its layers.
 *
 * @param layer what is copied: all layers begin with its values
 * @param numLayers how many layers there are
 *
 * Attributes: `layers` (a list), `norm` or null.
 *
 * Paper: Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762v7.
 *
 * @example
 * const decoder = nn.transformerDecoder(nn.transformerDecoderLayer(8, 2), 6)
 * decoder.forward(randn([5, 3, 8]), randn([7, 3, 8])).shape // [5, 3, 8]
 */
export class TransformerDecoder extends Module<readonly [tgt: Tensor, memory: Tensor, masks?: DecoderMasks]> {
  layers: ModuleList<TransformerDecoderLayer>
  norm: Module | null

  constructor(layer: TransformerDecoderLayer, numLayers: number, options: StackOptions = {}) {
    super()
    checkNames("TransformerDecoder", options, ["norm"])
    this.layers = copies("TransformerDecoder", layer, numLayers)
    this.norm = options.norm ?? null
  }

  override forward(tgt: Tensor, memory: Tensor, masks: DecoderMasks = {}): Tensor {
    checkNames("TransformerDecoder.forward", masks, decoderMaskNames)
    let x = tgt
    for (const layer of this.layers) x = layer.forward(x, memory, masks)
    return this.norm === null ? x : this.norm.forward(x)
  }
}

export function transformerEncoder(
  layer: TransformerEncoderLayer,
  numLayers: number,
  options: StackOptions = {},
): TransformerEncoder {
  return new TransformerEncoder(layer, numLayers, options)
}

export function transformerDecoder(
  layer: TransformerDecoderLayer,
  numLayers: number,
  options: StackOptions = {},
): TransformerDecoder {
  return new TransformerDecoder(layer, numLayers, options)
}

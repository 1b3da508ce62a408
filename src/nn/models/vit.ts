import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat, randn, zeros } from "../../tensor/index.ts"
import type { Conv2d, Dropout, LayerNorm, Linear, ModuleList } from "../layers/index.ts"
import { conv2d, dropout, layerNorm, linear, moduleList } from "../layers/index.ts"
import { Module } from "../module.ts"
import type { Parameter } from "../parameter.ts"
import { parameter } from "../parameter.ts"
import type { TransformerEncoderLayer } from "../transformer/index.ts"
import { transformerEncoderLayer } from "../transformer/index.ts"

export interface ViTOptions {
  /** Height and width of the images. Default: 224. */
  readonly image?: number
  /** Height and width of a patch, of which `image` is a multiple. Default: 16. */
  readonly patch?: number
  /** Default: 3. */
  readonly channels?: number
  /** Default: 1000. */
  readonly classes?: number
  /** Default: 12. */
  readonly layers?: number
  /** Default: 12. */
  readonly heads?: number
  /** Features of a patch. Default: 768. */
  readonly width?: number
  /** Units inside each block. Default: 4·width. */
  readonly hidden?: number
  /** Default: 0. */
  readonly dropout?: number
}

/**
 * Vision transformer: an image is cut into patches, which a transformer's encoder reads like words; a learned token beside
 * them gathers what the linear layer classifies.
 *
 * Shapes: [batch, channels, image, image] → [batch, classes]. 86,567,656 parameters with the defaults (ViT-B/16).
 *
 * Dosovitskiy et al., "An Image is Worth 16x16 Words" (2021).
 *
 * @throws NABLA_INVALID_ARGUMENT when the image is no whole number of patches
 *
 * @example
 * const model = nn.vit({ image: 32, patch: 8, width: 32, layers: 2, heads: 4, classes: 10 })
 * model.forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class ViT extends Module {
  patches: Conv2d
  classToken: Parameter
  positions: Parameter
  dropout: Dropout
  encoder: ModuleList<TransformerEncoderLayer>
  norm: LayerNorm
  head: Linear

  constructor(options: ViTOptions = {}) {
    super()
    const { image = 224, patch = 16, channels = 3, classes = 1000, layers = 12, heads = 12 } = options
    const { width = 768, hidden = 4 * width, dropout: dropped = 0 } = options
    if (image % patch !== 0) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the image is no whole number of patches",
        expected: `a multiple of ${patch}`,
        got: String(image),
        where: "ViT",
      })
    }
    const count = (image / patch) ** 2
    this.patches = conv2d(channels, width, patch, { stride: patch })
    this.classToken = parameter(zeros([1, 1, width]))
    this.positions = parameter(randn([1, count + 1, width]).mul(0.02))
    this.dropout = dropout({ p: dropped })
    const block = () =>
      transformerEncoderLayer(width, heads, {
        dimFeedforward: hidden,
        dropout: dropped,
        activation: "gelu",
        batchFirst: true,
        normFirst: true,
        layerNormEps: 1e-6,
      })
    this.encoder = moduleList(Array.from({ length: layers }, block))
    this.norm = layerNorm(width, { eps: 1e-6 })
    this.head = linear(width, classes)
  }

  override forward(images: Tensor): Tensor {
    const patches = this.patches.forward(images).flatten(2).transpose(1, 2)
    const [batch, , width] = patches.shape as [number, number, number]
    const first = this.classToken.expand([batch, 1, width])
    let x = this.dropout.forward(cat([first, patches], 1).add(this.positions))
    for (const block of this.encoder) x = block.forward(x)
    return this.head.forward(this.norm.forward(x.select(1, 0)))
  }
}

export function vit(options: ViTOptions = {}): ViT {
  return new ViT(options)
}

import type { Tensor } from "../../tensor/index.ts"
import type { Sequential } from "../layers/index.ts"
import {
  adaptiveAvgPool2d,
  batchNorm2d,
  conv2d,
  dropout,
  linear,
  maxPool2d,
  relu,
  sequential,
} from "../layers/index.ts"
import { Module } from "../module.ts"

export interface VGGOptions {
  /** Default: 1000. */
  readonly classes?: number
  /** Channels of the images. Default: 3. */
  readonly channels?: number
  /** Batch normalisation after each convolution. Default: false. */
  readonly batchNorm?: boolean
  /** Default: 0.5. */
  readonly dropout?: number
  /** Height and width in front of the linear layers. Default: 7, for images of 224×224. */
  readonly pooled?: number
  /** Units of the two hidden linear layers. Default: 4096. */
  readonly hidden?: number
}

/** Convolutions in each of the five stages; a stage has twice the channels of the one before, at most 512. */
const stages = {
  11: [1, 1, 2, 2, 2],
  13: [2, 2, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
} as const

/** Layers with weights. */
export type VGGDepth = keyof typeof stages

/**
 * VGG: stages of 3×3 convolutions, each stage ending in a 2×2 max-pooling, then three linear layers.
 *
 * Shapes: [batch, channels, height, width] → [batch, classes]; images of 32×32 or more (with `pooled: 1` for 32×32).
 * Parameters with 1000 classes: 132.9 M (11), 133.0 M (13), 138.4 M (16), 143.7 M (19). State dictionaries are those of
 * torchvision.
 *
 * Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015).
 *
 * @example nn.vgg(11, { classes: 10, pooled: 1, hidden: 64 }).forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class VGG extends Module {
  features: Sequential
  avgpool: Module
  classifier: Sequential

  constructor(depth: VGGDepth, options: VGGOptions = {}) {
    super()
    const { classes = 1000, channels = 3, batchNorm = false, dropout: dropped = 0.5 } = options
    const { pooled = 7, hidden = 4096 } = options
    this.features = convolutions(stages[depth], channels, batchNorm)
    this.avgpool = adaptiveAvgPool2d(pooled)
    this.classifier = sequential(
      linear(512 * pooled * pooled, hidden),
      relu(),
      dropout({ p: dropped }),
      linear(hidden, hidden),
      relu(),
      dropout({ p: dropped }),
      linear(hidden, classes),
    )
  }

  override forward(images: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(images)).flatten(1))
  }
}

function convolutions(counts: readonly number[], channels: number, batchNorm: boolean): Sequential {
  const layers: Module[] = []
  let before = channels
  counts.forEach((count, stage) => {
    const width = Math.min(64 * 2 ** stage, 512)
    for (let i = 0; i < count; i++) {
      layers.push(conv2d(before, width, 3, { padding: 1 }))
      if (batchNorm) layers.push(batchNorm2d(width))
      layers.push(relu())
      before = width
    }
    layers.push(maxPool2d(2))
  })
  return sequential(...layers)
}

export function vgg(depth: VGGDepth, options: VGGOptions = {}): VGG {
  return new VGG(depth, options)
}

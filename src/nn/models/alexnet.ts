import type { Tensor } from "../../tensor/index.ts"
import type { Sequential } from "../layers/index.ts"
import {
  adaptiveAvgPool2d,
  conv2d,
  dropout,
  linear,
  localResponseNorm,
  maxPool2d,
  relu,
  sequential,
} from "../layers/index.ts"
import { Module } from "../module.ts"

export interface AlexNetOptions {
  /** Default: 1000. */
  readonly classes?: number
  /** Channels of the images. Default: 3. */
  readonly channels?: number
  /** Share of units that are dropped before the first two linear layers. Default: 0.5. */
  readonly dropout?: number
  /**
   * `torchvision`: one column without response normalisation (61.1 M parameters). `paper`: the layout of 2012, with two
   * groups and response normalisation (61.0 M). `small`: for images of 32×32 (2.4 M). Default: torchvision.
   */
  readonly variant?: "torchvision" | "paper" | "small"
}

/**
 * AlexNet: five convolutions with overlapping max-pooling, then three linear layers with dropout.
 *
 * Shapes: [batch, 3, 224, 224] → [batch, classes], or [batch, 3, 32, 32] for the small variant.
 *
 * Krizhevsky, Sutskever & Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012); the variant
 * `torchvision` is that of Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014), whose
 * state dictionaries it takes.
 *
 * @example nn.alexNet({ variant: "small", classes: 10 }).forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class AlexNet extends Module {
  features: Sequential
  avgpool: Module
  classifier: Sequential

  constructor(options: AlexNetOptions = {}) {
    super()
    const { classes = 1000, channels = 3, dropout: dropped = 0.5, variant = "torchvision" } = options
    const { features, pooled, width, hidden } = layouts[variant](channels)
    this.features = features
    this.avgpool = adaptiveAvgPool2d(pooled)
    this.classifier = sequential(
      dropout({ p: dropped }),
      linear(width * pooled * pooled, hidden),
      relu(),
      dropout({ p: dropped }),
      linear(hidden, hidden),
      relu(),
      linear(hidden, classes),
    )
  }

  override forward(images: Tensor): Tensor {
    return this.classifier.forward(this.avgpool.forward(this.features.forward(images)).flatten(1))
  }
}

interface Layout {
  readonly features: Sequential
  /** Height and width in front of the linear layers. */
  readonly pooled: number
  readonly width: number
  readonly hidden: number
}

const pool = () => maxPool2d(3, { stride: 2 })
const respond = () => localResponseNorm(5, { alpha: 1e-4, beta: 0.75, k: 2 })

const layouts: Readonly<Record<NonNullable<AlexNetOptions["variant"]>, (channels: number) => Layout>> = {
  torchvision: (channels) => ({
    features: sequential(
      conv2d(channels, 64, 11, { stride: 4, padding: 2 }),
      relu(),
      pool(),
      conv2d(64, 192, 5, { padding: 2 }),
      relu(),
      pool(),
      conv2d(192, 384, 3, { padding: 1 }),
      relu(),
      conv2d(384, 256, 3, { padding: 1 }),
      relu(),
      conv2d(256, 256, 3, { padding: 1 }),
      relu(),
      pool(),
    ),
    pooled: 6,
    width: 256,
    hidden: 4096,
  }),
  paper: (channels) => ({
    features: sequential(
      conv2d(channels, 96, 11, { stride: 4, padding: 2 }),
      relu(),
      respond(),
      pool(),
      conv2d(96, 256, 5, { padding: 2, groups: 2 }),
      relu(),
      respond(),
      pool(),
      conv2d(256, 384, 3, { padding: 1 }),
      relu(),
      conv2d(384, 384, 3, { padding: 1, groups: 2 }),
      relu(),
      conv2d(384, 256, 3, { padding: 1, groups: 2 }),
      relu(),
      pool(),
    ),
    pooled: 6,
    width: 256,
    hidden: 4096,
  }),
  small: (channels) => ({
    features: sequential(
      conv2d(channels, 64, 5, { padding: 2 }),
      relu(),
      respond(),
      pool(),
      conv2d(64, 192, 5, { padding: 2 }),
      relu(),
      respond(),
      pool(),
      conv2d(192, 256, 3, { padding: 1 }),
      relu(),
      conv2d(256, 256, 3, { padding: 1 }),
      relu(),
      pool(),
    ),
    pooled: 3,
    width: 256,
    hidden: 384,
  }),
}

export function alexNet(options: AlexNetOptions = {}): AlexNet {
  return new AlexNet(options)
}

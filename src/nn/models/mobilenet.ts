import type { Tensor } from "../../tensor/index.ts"
import { kaimingNormal_, normal_, zeros_ } from "../init/index.ts"
import type { Sequential } from "../layers/index.ts"
import { batchNorm2d, Conv2d, conv2d, dropout, Linear, linear, relu6, sequential } from "../layers/index.ts"
import { Module } from "../module.ts"

export interface MobileNetOptions {
  /** Default: 1000. */
  readonly classes?: number
  /** Channels of the images. Default: 3. */
  readonly channels?: number
  /** All widths are multiplied by this. Default: 1. */
  readonly width?: number
  /** Default: 0.2. */
  readonly dropout?: number
  /** Stride of the first convolution: 2, or 1 for small images. Default: 2. */
  readonly stride?: 1 | 2
}

/** A stage: expansion of the channels inside a block, channels, blocks, stride of the first. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/** The multiple of eight next to a number, but not less than nine tenths of it. */
function rounded(channels: number): number {
  const near = Math.max(8, Math.floor((channels + 4) / 8) * 8)
  return near < 0.9 * channels ? near + 8 : near
}

/** A convolution with normalisation and relu6. */
function unit(from: number, to: number, size: number, stride = 1, groups = 1): Sequential {
  const padding = (size - 1) / 2
  return sequential(
    conv2d(from, to, size, { stride, padding, groups, bias: false }),
    batchNorm2d(to),
    relu6(),
  )
}

/** Widens by a 1×1 convolution, filters each channel by itself, narrows by a 1×1 convolution without activation. */
class InvertedResidual extends Module {
  conv: Sequential
  readonly keepsShape: boolean

  constructor(from: number, to: number, stride: number, expansion: number) {
    super()
    const inner = from * expansion
    const widen = expansion === 1 ? [] : [unit(from, inner, 1)]
    const depthwise = unit(inner, inner, 3, stride, inner)
    this.conv = sequential(...widen, depthwise, conv2d(inner, to, 1, { bias: false }), batchNorm2d(to))
    this.keepsShape = stride === 1 && from === to
  }

  override forward(x: Tensor): Tensor {
    const y = this.conv.forward(x)
    return this.keepsShape ? x.add(y) : y
  }
}

/**
 * MobileNet V2: inverted residual blocks of depthwise-separable convolutions.
 *
 * Shapes: [batch, channels, height, width] → [batch, classes]; height and width from 32 on. 3,504,872 parameters with 1000
 * classes. State dictionaries are those of torchvision.
 *
 * Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018).
 *
 * @example nn.mobileNet({ classes: 10, stride: 1 }).forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class MobileNet extends Module {
  features: Sequential
  classifier: Sequential

  constructor(options: MobileNetOptions = {}) {
    super()
    const { classes = 1000, channels = 3, width = 1, dropout: dropped = 0.2, stride = 2 } = options
    let from = rounded(32 * width)
    const layers: Module[] = [unit(channels, from, 3, stride)]
    for (const [expansion, base, count, first] of stages) {
      const to = rounded(base * width)
      for (let i = 0; i < count; i++) {
        layers.push(new InvertedResidual(from, to, i === 0 ? first : 1, expansion))
        from = to
      }
    }
    const last = rounded(1280 * Math.max(1, width))
    layers.push(unit(from, last, 1))
    this.features = sequential(...layers)
    this.classifier = sequential(dropout({ p: dropped }), linear(last, classes))
    this.apply((module) => {
      if (module instanceof Conv2d) kaimingNormal_(module.weight, { mode: "fan_out" })
      if (module instanceof Linear) {
        normal_(module.weight, { std: 0.01 })
        zeros_(module.bias!)
      }
    })
  }

  override forward(images: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(images).mean([2, 3]))
  }
}

export function mobileNet(options: MobileNetOptions = {}): MobileNet {
  return new MobileNet(options)
}

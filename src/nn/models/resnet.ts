import type { Tensor } from "../../tensor/index.ts"
import { kaimingNormal_, zeros_ } from "../init/index.ts"
import type { BatchNorm2d, Linear, Sequential } from "../layers/index.ts"
import {
  adaptiveAvgPool2d,
  batchNorm2d,
  Conv2d,
  conv2d,
  linear,
  maxPool2d,
  sequential,
} from "../layers/index.ts"
import { Module } from "../module.ts"
import { BasicBlock, Bottleneck, ResidualBlock } from "./residual-blocks.ts"

export interface ResNetOptions {
  /** Default: 1000. */
  readonly classes?: number
  /** Channels of the images. Default: 3. */
  readonly channels?: number
  /** Starts each block as the identity: γ = 0 in its last normalisation (Goyal et al. 2017). Default: false. */
  readonly zeroInitResidual?: boolean
}

const layouts = {
  18: { block: BasicBlock, counts: [2, 2, 2, 2] },
  34: { block: BasicBlock, counts: [3, 4, 6, 3] },
  50: { block: Bottleneck, counts: [3, 4, 6, 3] },
} as const

/** Layers with weights. */
export type ResNetDepth = keyof typeof layouts

/**
 * A residual network: stages of blocks y = relu(F(x) + x), so that gradients have a way around each block.
 *
 * Shapes: [batch, channels, height, width] → [batch, classes]; made for 224×224, takes any size from 32×32 on.
 * Parameters with 1000 classes: 11,689,512 (18), 21,797,672 (34), 25,557,032 (50). State dictionaries are those of
 * torchvision.
 *
 * Convolutions start with He's normal law for fan-out, the rest as its layer does.
 *
 * He, Zhang, Ren & Sun, "Deep Residual Learning for Image Recognition" (2016).
 *
 * @example nn.resnet(18, { classes: 10 }).forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class ResNet extends Module {
  conv1: Conv2d
  bn1: BatchNorm2d
  maxpool: Module
  layer1: Sequential
  layer2: Sequential
  layer3: Sequential
  layer4: Sequential
  avgpool: Module
  fc: Linear

  constructor(depth: ResNetDepth, options: ResNetOptions = {}) {
    super()
    const { classes = 1000, channels = 3, zeroInitResidual = false } = options
    const { block, counts } = layouts[depth]
    this.conv1 = conv2d(channels, 64, 7, { stride: 2, padding: 3, bias: false })
    this.bn1 = batchNorm2d(64)
    this.maxpool = maxPool2d(3, { stride: 2, padding: 1 })
    const { expansion } = block
    this.layer1 = stage(block, 64, 64, counts[0], 1)
    this.layer2 = stage(block, 64 * expansion, 128, counts[1], 2)
    this.layer3 = stage(block, 128 * expansion, 256, counts[2], 2)
    this.layer4 = stage(block, 256 * expansion, 512, counts[3], 2)
    this.avgpool = adaptiveAvgPool2d(1)
    this.fc = linear(512 * expansion, classes)
    start(this, zeroInitResidual)
  }

  override forward(images: Tensor): Tensor {
    let x = this.maxpool.forward(this.bn1.forward(this.conv1.forward(images)).relu())
    for (const part of [this.layer1, this.layer2, this.layer3, this.layer4]) x = part.forward(x)
    return this.fc.forward(this.avgpool.forward(x).flatten(1))
  }
}

type Block = typeof BasicBlock | typeof Bottleneck

/** Blocks one after another, the first of which takes the stride and the change of width. */
function stage(Block: Block, from: number, width: number, count: number, stride: number): Sequential {
  const blocks = Array.from({ length: count }, (_, i) =>
    i === 0 ? new Block(from, width, stride) : new Block(width * Block.expansion, width, 1),
  )
  return sequential(...blocks)
}

function start(model: Module, zeroInitResidual: boolean): void {
  model.apply((module) => {
    if (module instanceof Conv2d) kaimingNormal_(module.weight, { mode: "fan_out", nonlinearity: "relu" })
    if (zeroInitResidual && module instanceof ResidualBlock) zeros_(module.last.weight!)
  })
}

export function resnet(depth: ResNetDepth, options: ResNetOptions = {}): ResNet {
  return new ResNet(depth, options)
}

/**
 * The residual network for images of 32×32: a 3×3 convolution, three stages of n basic blocks with 16, 32 and 64
 * channels, and a linear layer: 6n + 2 layers, 20 with n = 3.
 *
 * Shapes: [batch, channels, 32, 32] → [batch, classes]. 272,474 parameters for ResNet-20 with ten classes, as the shortcuts
 * that change the width are 1×1 convolutions with normalisation.
 *
 * He et al. (2016), section 4.2.
 *
 * @param depth 6n + 2: 20, 32, 44, 56 or 110
 *
 * @example nn.cifarResnet(20).forward(randn([2, 3, 32, 32])).shape // [2, 10]
 */
export class CifarResNet extends Module {
  conv1: Conv2d
  bn1: BatchNorm2d
  layer1: Sequential
  layer2: Sequential
  layer3: Sequential
  avgpool: Module
  fc: Linear

  constructor(depth: 20 | 32 | 44 | 56 | 110 = 20, options: ResNetOptions = {}) {
    super()
    const { classes = 10, channels = 3, zeroInitResidual = false } = options
    const count = (depth - 2) / 6
    this.conv1 = conv2d(channels, 16, 3, { padding: 1, bias: false })
    this.bn1 = batchNorm2d(16)
    this.layer1 = stage(BasicBlock, 16, 16, count, 1)
    this.layer2 = stage(BasicBlock, 16, 32, count, 2)
    this.layer3 = stage(BasicBlock, 32, 64, count, 2)
    this.avgpool = adaptiveAvgPool2d(1)
    this.fc = linear(64, classes)
    start(this, zeroInitResidual)
  }

  override forward(images: Tensor): Tensor {
    let x = this.bn1.forward(this.conv1.forward(images)).relu()
    for (const part of [this.layer1, this.layer2, this.layer3]) x = part.forward(x)
    return this.fc.forward(this.avgpool.forward(x).flatten(1))
  }
}

export function cifarResnet(depth: 20 | 32 | 44 | 56 | 110 = 20, options: ResNetOptions = {}): CifarResNet {
  return new CifarResNet(depth, options)
}

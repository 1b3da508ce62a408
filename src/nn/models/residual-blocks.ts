import type { Tensor } from "../../tensor/index.ts"
import type { BatchNorm2d, Conv2d, Sequential } from "../layers/index.ts"
import { batchNorm2d, conv2d, sequential } from "../layers/index.ts"
import { Module } from "../module.ts"

const three = (from: number, to: number, stride = 1): Conv2d =>
  conv2d(from, to, 3, { stride, padding: 1, bias: false })
const one = (from: number, to: number, stride = 1): Conv2d => conv2d(from, to, 1, { stride, bias: false })

/** What carries the input past a block whose output has another shape; null when both have the same. */
function shortcut(from: number, to: number, stride: number): Sequential | null {
  return stride === 1 && from === to ? null : sequential(one(from, to, stride), batchNorm2d(to))
}

/** A block of a residual network: y = relu(F(x) + shortcut(x)). */
export abstract class ResidualBlock extends Module {
  abstract downsample: Sequential | null
  /** The last normalisation of F; with γ = 0 the block is the identity at first. */
  abstract readonly last: BatchNorm2d

  protected abstract residual(x: Tensor): Tensor

  override forward(x: Tensor): Tensor {
    const carried = this.downsample === null ? x : this.downsample.forward(x)
    return this.residual(x).add(carried).relu()
  }
}

/** Two 3×3 convolutions: the block of ResNet-18 and -34. */
export class BasicBlock extends ResidualBlock {
  static readonly expansion = 1
  conv1: Conv2d
  bn1: BatchNorm2d
  conv2: Conv2d
  bn2: BatchNorm2d
  downsample: Sequential | null

  constructor(from: number, width: number, stride: number) {
    super()
    this.conv1 = three(from, width, stride)
    this.bn1 = batchNorm2d(width)
    this.conv2 = three(width, width)
    this.bn2 = batchNorm2d(width)
    this.downsample = shortcut(from, width, stride)
  }

  override get last(): BatchNorm2d {
    return this.bn2
  }

  protected override residual(x: Tensor): Tensor {
    const h = this.bn1.forward(this.conv1.forward(x)).relu()
    return this.bn2.forward(this.conv2.forward(h))
  }
}

/** 1×1, 3×3 and 1×1 convolutions, with the stride in the middle one: the block of ResNet-50 and deeper. */
export class Bottleneck extends ResidualBlock {
  static readonly expansion = 4
  conv1: Conv2d
  bn1: BatchNorm2d
  conv2: Conv2d
  bn2: BatchNorm2d
  conv3: Conv2d
  bn3: BatchNorm2d
  downsample: Sequential | null

  constructor(from: number, width: number, stride: number) {
    super()
    const out = width * Bottleneck.expansion
    this.conv1 = one(from, width)
    this.bn1 = batchNorm2d(width)
    this.conv2 = three(width, width, stride)
    this.bn2 = batchNorm2d(width)
    this.conv3 = one(width, out)
    this.bn3 = batchNorm2d(out)
    this.downsample = shortcut(from, out, stride)
  }

  override get last(): BatchNorm2d {
    return this.bn3
  }

  protected override residual(x: Tensor): Tensor {
    let h = this.bn1.forward(this.conv1.forward(x)).relu()
    h = this.bn2.forward(this.conv2.forward(h)).relu()
    return this.bn3.forward(this.conv3.forward(h))
  }
}

import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat } from "../../tensor/index.ts"
import type { Conv2d, ConvTranspose2d, ModuleList, Sequential } from "../layers/index.ts"
import {
  batchNorm2d,
  conv2d,
  convTranspose2d,
  maxPool2d,
  moduleList,
  relu,
  sequential,
} from "../layers/index.ts"
import { Module } from "../module.ts"

export interface UNetOptions {
  /** Channels of the images. Default: 1. */
  readonly channels?: number
  /** Channels of the output, such as the classes of each pixel. Default: 2. */
  readonly classes?: number
  /** Channels of the first level; each level below has twice as many. Default: 64. */
  readonly width?: number
  /** Levels below the first. Default: 4. */
  readonly depth?: number
  /** Batch normalisation after each convolution. Default: false. */
  readonly batchNorm?: boolean
}

/**
 * U-Net: an encoder that halves the image at each level, and a decoder that doubles it again and is given the encoder's
 * features of the same size.
 *
 * Shapes: [batch, channels, height, width] → [batch, classes, height, width]; height and width are multiples of 2^depth.
 * Convolutions are padded, where the paper's lose the border. 31,030,658 parameters as in the paper (width 64, depth 4).
 *
 * Ronneberger, Fischer & Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015).
 *
 * @throws NABLA_SHAPE_MISMATCH from forward when height or width is no such multiple
 *
 * @example nn.unet({ width: 8, depth: 2 }).forward(randn([1, 1, 32, 32])).shape // [1, 2, 32, 32]
 */
export class UNet extends Module {
  readonly depth: number
  encoder: ModuleList<Sequential>
  pool: Module
  up: ModuleList<ConvTranspose2d>
  decoder: ModuleList<Sequential>
  head: Conv2d

  constructor(options: UNetOptions = {}) {
    super()
    const { channels = 1, classes = 2, width = 64, depth = 4, batchNorm = false } = options
    this.depth = depth
    const levels = Array.from({ length: depth + 1 }, (_, i) => width * 2 ** i)
    this.encoder = moduleList(
      levels.map((size, i) => pair(i === 0 ? channels : levels[i - 1]!, size, batchNorm)),
    )
    this.pool = maxPool2d(2)
    const upwards = levels.slice(0, -1).reverse()
    this.up = moduleList(upwards.map((size) => convTranspose2d(2 * size, size, 2, { stride: 2 })))
    this.decoder = moduleList(upwards.map((size) => pair(2 * size, size, batchNorm)))
    this.head = conv2d(width, classes, 1)
  }

  override forward(images: Tensor): Tensor {
    this.checkSize(images)
    const levels: Tensor[] = []
    let x = images
    for (const [i, block] of [...this.encoder].entries()) {
      x = block.forward(i === 0 ? x : this.pool.forward(x))
      levels.push(x)
    }
    const decoders = [...this.decoder]
    for (const [i, up] of [...this.up].entries()) {
      x = decoders[i]!.forward(cat([levels[this.depth - 1 - i]!, up.forward(x)], 1))
    }
    return this.head.forward(x)
  }

  private checkSize({ shape }: Tensor): void {
    const unit = 2 ** this.depth
    if (shape.length === 4 && shape[2]! % unit === 0 && shape[3]! % unit === 0) return
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "images of this size cannot be halved so often",
      expected: `[batch, channels, height, width] with height and width multiples of ${unit}`,
      got: `[${shape.join(", ")}]`,
      where: "UNet",
    })
  }
}

/** Two 3×3 convolutions, each followed by relu. */
function pair(from: number, to: number, batchNorm: boolean): Sequential {
  const one = (channels: number): Module[] => [
    conv2d(channels, to, 3, { padding: 1 }),
    ...(batchNorm ? [batchNorm2d(to)] : []),
    relu(),
  ]
  return sequential(...one(from), ...one(to))
}

export function unet(options: UNetOptions = {}): UNet {
  return new UNet(options)
}

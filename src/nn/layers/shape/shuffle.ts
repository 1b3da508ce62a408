import type { Tensor } from "../../../tensor/index.ts"
import { checkCount } from "../../check.ts"
import {
  channelShuffle as channelShuffleOf,
  pixelShuffle as pixelShuffleOf,
  pixelUnshuffle as pixelUnshuffleOf,
} from "../../functional.ts"
import { Module } from "../../module.ts"

/**
 * Channels become pixels: sub-pixel convolution (Shi et al. 2016, arXiv:1609.05158v2).
 *
 * out[c, h·r + i, w·r + j] = x[c·r² + i·r + j, h, w]
 *
 * Shapes: [*, C·r², H, W] → [*, C, H·r, W·r].
 *
 * @param upscaleFactor r
 * @throws NABLA_SHAPE_MISMATCH from forward when the channels are no multiple of r²
 *
 * @example nn.pixelShuffle(2).forward(randn([1, 8, 3, 3])).shape // [1, 2, 6, 6]
 */
export class PixelShuffle extends Module {
  readonly upscaleFactor: number

  constructor(upscaleFactor: number) {
    super()
    checkCount("PixelShuffle", "upscaleFactor", upscaleFactor)
    this.upscaleFactor = upscaleFactor
  }

  override forward(input: Tensor): Tensor {
    return pixelShuffleOf(input, this.upscaleFactor)
  }
}

/**
 * Pixels become channels: the inverse of PixelShuffle.
 *
 * out[c·r² + i·r + j, h, w] = x[c, h·r + i, w·r + j]
 *
 * Shapes: [*, C, H·r, W·r] → [*, C·r², H, W].
 *
 * @param downscaleFactor r
 * @throws NABLA_SHAPE_MISMATCH from forward when height or width is no multiple of r
 *
 * @example nn.pixelUnshuffle(2).forward(randn([1, 2, 6, 6])).shape // [1, 8, 3, 3]
 */
export class PixelUnshuffle extends Module {
  readonly downscaleFactor: number

  constructor(downscaleFactor: number) {
    super()
    checkCount("PixelUnshuffle", "downscaleFactor", downscaleFactor)
    this.downscaleFactor = downscaleFactor
  }

  override forward(input: Tensor): Tensor {
    return pixelUnshuffleOf(input, this.downscaleFactor)
  }
}

/**
 * Mixes the groups of channels, so that the next grouped convolution sees all of them (Zhang et al. 2017,
 * arXiv:1707.01083v2).
 *
 * out[j·groups + i] = x[i·(C/groups) + j]
 *
 * Shapes: [N, C, *] → the same.
 *
 * @param groups a divisor of C
 * @throws NABLA_SHAPE_MISMATCH from forward when the channels are no multiple of groups
 *
 * @example nn.channelShuffle(2).forward(tensor([1, 2, 3, 4]).reshape([1, 4, 1, 1])).flatten() // [1, 3, 2, 4]
 */
export class ChannelShuffle extends Module {
  readonly groups: number

  constructor(groups: number) {
    super()
    checkCount("ChannelShuffle", "groups", groups)
    this.groups = groups
  }

  override forward(input: Tensor): Tensor {
    return channelShuffleOf(input, this.groups)
  }
}

export const pixelShuffle = (upscaleFactor: number): PixelShuffle => new PixelShuffle(upscaleFactor)
export const pixelUnshuffle = (downscaleFactor: number): PixelUnshuffle => new PixelUnshuffle(downscaleFactor)
export const channelShuffle = (groups: number): ChannelShuffle => new ChannelShuffle(groups)

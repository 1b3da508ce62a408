import type { Tensor } from "../../tensor/index.ts"
import { randn, softplus } from "../../tensor/index.ts"
import { functionalCall } from "../functional-call.ts"
import { normal_ } from "../init/index.ts"
import type { Sequential } from "../layers/index.ts"
import {
  batchNorm2d,
  Conv2d,
  ConvTranspose2d,
  conv2d,
  convTranspose2d,
  flatten,
  leakyRelu,
  linear,
  relu,
  sequential,
  tanh,
  unflatten,
} from "../layers/index.ts"
import { Module } from "../module.ts"

export interface GANOptions {
  /** Height and width of the images, a multiple of 4. Default: 28. */
  readonly image?: number
  /** Default: 1. */
  readonly channels?: number
  /** Numbers from which an image is made. Default: 64. */
  readonly latent?: number
  /** Channels of the first convolution. Default: 32. */
  readonly width?: number
}

/** What the discriminator says: logits, [batch, 1] each. */
export interface GANOutput {
  /** Of real images, and of images that were made, without a way back to the generator. */
  readonly real: Tensor
  readonly fake: Tensor
  /** Of images that were made, with a way back to the generator and none to the discriminator. */
  readonly fooled: Tensor
}

/**
 * A generative adversarial network of convolutions: a generator that makes images of noise, and a discriminator that
 * learns to tell them from real ones.
 *
 * forward takes real images, in [−1, 1], and gives what ganLoss needs to teach both at once: each part's gradient comes
 * from its own loss alone, so that one optimizer serves both.
 *
 * Shapes: [batch, channels, image, image] → GANOutput.
 *
 * Goodfellow et al., "Generative Adversarial Nets" (2014); layout and initialisation of Radford et al., "Unsupervised
 * Representation Learning with Deep Convolutional Generative Adversarial Networks" (2016).
 *
 * @example nn.gan({ image: 8, width: 4 }).generate(3).shape // [3, 1, 8, 8]
 */
export class GAN extends Module<readonly [Tensor], GANOutput> {
  readonly latent: number
  generator: Sequential
  discriminator: Sequential

  constructor({ image = 28, channels = 1, latent = 64, width = 32 }: GANOptions = {}) {
    super()
    this.latent = latent
    const small = image / 4
    this.generator = sequential(
      linear(latent, 2 * width * small * small),
      unflatten(1, [2 * width, small, small]),
      batchNorm2d(2 * width),
      relu(),
      convTranspose2d(2 * width, width, 4, { stride: 2, padding: 1, bias: false }),
      batchNorm2d(width),
      relu(),
      convTranspose2d(width, channels, 4, { stride: 2, padding: 1 }),
      tanh(),
    )
    this.discriminator = sequential(
      conv2d(channels, width, 4, { stride: 2, padding: 1 }),
      leakyRelu({ negativeSlope: 0.2 }),
      conv2d(width, 2 * width, 4, { stride: 2, padding: 1, bias: false }),
      batchNorm2d(2 * width),
      leakyRelu({ negativeSlope: 0.2 }),
      flatten(),
      linear(2 * width * small * small, 1),
    )
    this.apply((module) => {
      if (module instanceof Conv2d || module instanceof ConvTranspose2d) normal_(module.weight, { std: 0.02 })
    })
  }

  /** Images from as many draws of N(0, 1). */
  generate(count: number): Tensor {
    return this.generator.forward(randn([count, this.latent]))
  }

  override forward(images: Tensor): GANOutput {
    const made = this.generate(images.shape[0]!)
    const real = this.discriminator.forward(images)
    const fake = this.discriminator.forward(made.detach())
    const frozen = Object.fromEntries(
      this.discriminator.namedParameters().map(([name, value]) => [name, value.detach()]),
    )
    return { real, fake, fooled: functionalCall(this.discriminator, frozen, made) }
  }
}

export function gan(options: GANOptions = {}): GAN {
  return new GAN(options)
}

/**
 * The sum of both players' losses, each the mean over the batch, from logits:
 *
 *     discriminator: −ln D(x) − ln(1 − D(G(z)))        generator: −ln D(G(z))
 */
export function ganLoss({ real, fake, fooled }: GANOutput): Tensor {
  return softplus(real.neg()).add(softplus(fake)).add(softplus(fooled.neg())).mean()
}

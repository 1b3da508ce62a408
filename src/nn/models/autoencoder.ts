import type { Tensor } from "../../tensor/index.ts"
import { randnLike } from "../../tensor/index.ts"
import type { Linear, Sequential } from "../layers/index.ts"
import { linear, relu } from "../layers/index.ts"
import { Module } from "../module.ts"
import { mlp } from "./mlp.ts"

export interface AutoencoderOptions {
  /** Widths of the encoder's hidden layers; the decoder has them the other way round. Default: [256, 64]. */
  readonly hidden?: readonly number[]
  /** Numbers in the code. Default: 16. */
  readonly latent?: number
}

/**
 * An autoencoder: a code of few numbers from which the input is made again.
 *
 * Shapes: [batch, …] → [batch, …]. The output is not squashed: use nn.mse, or bceWithLogits for inputs in [0, 1].
 *
 * Hinton & Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks" (2006).
 *
 * @param features numbers in a sample
 *
 * @example nn.autoencoder(784).forward(randn([8, 1, 28, 28])).shape // [8, 1, 28, 28]
 */
export class Autoencoder extends Module {
  encoder: Sequential
  decoder: Sequential

  constructor(features: number, options: AutoencoderOptions = {}) {
    super()
    const { hidden = [256, 64], latent = 16 } = options
    this.encoder = mlp([features, ...hidden, latent])
    this.decoder = mlp([latent, ...[...hidden].reverse(), features])
  }

  override forward(input: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(input)).reshape(input.shape)
  }
}

export function autoencoder(features: number, options: AutoencoderOptions = {}): Autoencoder {
  return new Autoencoder(features, options)
}

/** What a variational autoencoder says of an input. */
export interface VAEOutput {
  /** As the input; logits, not squashed. */
  readonly reconstruction: Tensor
  /** Mean and log variance of the code: [batch, latent]. */
  readonly mean: Tensor
  readonly logVariance: Tensor
}

/**
 * A variational autoencoder: the code of an input is a normal distribution, and decoding draws from N(0, 1) makes new
 * samples.
 *
 *     z = μ(x) + σ(x)·ε,  ε ~ N(0, 1) in training, 0 in evaluation
 *     loss = reconstruction(x, x̂) + KL(N(μ, σ²) ‖ N(0, 1))      see vaeLoss
 *
 * Shapes: [batch, …] → VAEOutput.
 *
 * Kingma & Welling, "Auto-Encoding Variational Bayes" (2014).
 *
 * @param features numbers in a sample
 *
 * @example nn.vae(784).forward(rand([8, 1, 28, 28])).mean.shape // [8, 16]
 */
export class VAE extends Module<readonly [Tensor], VAEOutput> {
  readonly latent: number
  encoder: Sequential
  mean: Linear
  logVariance: Linear
  decoder: Sequential

  constructor(features: number, options: AutoencoderOptions = {}) {
    super()
    const { hidden = [256, 64], latent = 16 } = options
    this.latent = latent
    this.encoder = mlp([features, ...hidden])
    this.mean = linear(hidden.at(-1) ?? features, latent)
    this.logVariance = linear(hidden.at(-1) ?? features, latent)
    this.decoder = mlp([latent, ...[...hidden].reverse(), features])
  }

  override forward(input: Tensor): VAEOutput {
    const h = relu().forward(this.encoder.forward(input))
    const [mean, logVariance] = [this.mean.forward(h), this.logVariance.forward(h)]
    const code = this.training ? mean.add(logVariance.mul(0.5).exp().mul(randnLike(mean))) : mean
    return { reconstruction: this.decode(code).reshape(input.shape), mean, logVariance }
  }

  /** Samples from codes [batch, latent]: [batch, features], as logits. */
  decode(code: Tensor): Tensor {
    return this.decoder.forward(code)
  }
}

export function vae(features: number, options: AutoencoderOptions = {}): VAE {
  return new VAE(features, options)
}

/**
 * The negative evidence lower bound for inputs in [0, 1], as the mean over the batch:
 *
 *     Σ −x ln x̂ − (1 − x) ln(1 − x̂)  +  β·½ Σ (μ² + σ² − ln σ² − 1)
 *
 * @param options.beta weight of the second part (Higgins et al., "β-VAE", 2017). Default: 1
 */
export function vaeLoss(
  output: VAEOutput,
  input: Tensor,
  { beta = 1 }: { readonly beta?: number } = {},
): Tensor {
  const { reconstruction: x, mean, logVariance } = output
  const batch = input.shape[0]!
  // ln(1 + eˣ) − x·t without overflow.
  const likelihood = x.relu().sub(x.mul(input)).add(x.abs().neg().exp().log1p()).sum()
  const divergence = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).sum().mul(0.5)
  return likelihood.add(divergence.mul(beta)).div(batch)
}

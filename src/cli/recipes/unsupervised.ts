import { numel } from "../../base/index.ts"
import type { LoaderState, Resumable, SampleSet } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argmax, eq, gt, mean, randnLike } from "../../tensor/index.ts"
import type { Batches } from "../../train/index.ts"
import { imageSizes, loaders } from "./classifiers.ts"
import type { Job, Recipe, RecipeContext } from "./recipe.ts"
import { arraysOf, size } from "./recipe.ts"

/** Batches with other inputs and targets, made of each batch. */
class Mapped implements Batches, Resumable {
  private readonly source: Batches & Resumable
  private readonly change: (x: Tensor) => readonly [Tensor, Tensor]

  constructor(source: Batches & Resumable, change: (x: Tensor) => readonly [Tensor, Tensor]) {
    this.source = source
    this.change = change
  }

  get length(): number | undefined {
    return this.source.length
  }

  *[Symbol.iterator](): Iterator<readonly [Tensor, Tensor]> {
    for (const [x] of this.source) yield this.change(x)
  }

  state(): LoaderState {
    return this.source.state()
  }

  load(state: LoaderState): void {
    this.source.load(state)
  }
}

/** Batches whose targets are made of their inputs. */
function mapped(
  context: RecipeContext,
  change: (x: Tensor) => readonly [Tensor, Tensor],
): Pick<Job, "train" | "test"> {
  const { train, test } = loaders(context)
  return { train: new Mapped(train, change), test: new Mapped(test, change) }
}

const itself = (x: Tensor): readonly [Tensor, Tensor] => [x, x]
const features = ({ inputShape }: SampleSet): number => numel(inputShape)

const images = { epochs: 5, batchSize: 64, lr: { adam: 1e-3, sgd: 0.05 } }

export const autoencoder: Recipe = {
  name: "autoencoder",
  summary: "a code of few numbers from which the image is made again (Hinton & Salakhutdinov 2006)",
  defaults: { images },
  options: { latent: 16 },
  prepare: (context) => ({
    model: nn.autoencoder(features(arraysOf(context.data).train), {
      latent: size(context.options, "latent"),
    }),
    ...mapped(context, itself),
    loss: (output: Tensor, target: Tensor) => nn.bceWithLogits(output, target),
    metrics: { mse: (output: Tensor, target: Tensor) => nn.mse(output.sigmoid(), target) },
  }),
}

export const vae: Recipe = {
  name: "vae",
  summary: "a variational autoencoder, whose codes are distributions (Kingma & Welling 2014)",
  defaults: { images },
  options: { latent: 16, beta: 1 },
  prepare: (context) => ({
    model: nn.vae(features(arraysOf(context.data).train), { latent: size(context.options, "latent") }),
    ...mapped(context, itself),
    loss: (output: nn.VAEOutput, target: Tensor) =>
      nn.vaeLoss(output, target, { beta: size(context.options, "beta") }),
    metrics: {
      mse: ({ reconstruction }: nn.VAEOutput, target: Tensor) => nn.mse(reconstruction.sigmoid(), target),
    },
  }),
}

export const gan: Recipe = {
  name: "gan",
  summary:
    "a generator and a discriminator of convolutions, trained against each other (Goodfellow et al. 2014)",
  defaults: {
    images: { ...images, lr: { adam: 2e-4, sgd: 0.01 }, optimizer: "adam:betas=0.5/0.999" },
  },
  options: { latent: 64, width: 32 },
  prepare: (context) => {
    const { train } = arraysOf(context.data)
    const { channels, height } = imageSizes("gan", train, 8)
    const [latent, width] = [size(context.options, "latent"), size(context.options, "width")]
    return {
      model: nn.gan({ image: height, channels, latent, width }),
      // The generator's images are from −1 to 1.
      ...mapped(context, (x) => [x.mul(2).sub(1), x]),
      loss: nn.ganLoss,
      metrics: {
        "real accuracy": ({ real }: nn.GANOutput) => mean(gt(real, 0)),
        "fake accuracy": ({ fake }: nn.GANOutput) => mean(gt(fake.neg(), 0)),
      },
    }
  },
}

/** Strength of the noise on the images that the network is to see through. */
const NOISE = 0.5

export const unet: Recipe = {
  name: "unet",
  summary: "U-Net that finds the ink of noisy images, pixel by pixel (Ronneberger et al. 2015)",
  defaults: { images: { ...images, epochs: 1 } },
  options: { width: 8, depth: 2 },
  prepare: (context) => {
    const { channels } = imageSizes("unet", arraysOf(context.data).train, 2 ** size(context.options, "depth"))
    return {
      model: nn.unet({
        channels,
        classes: 2,
        width: size(context.options, "width"),
        depth: size(context.options, "depth"),
        batchNorm: true,
      }),
      ...mapped(context, (x) => [x.add(randnLike(x).mul(NOISE)), gt(x.mean(1), 0.5).to("int32")]),
      metrics: { accuracy: (output: Tensor, target: Tensor) => mean(eq(argmax(output, 1), target)) },
      loss: (output: Tensor, target: Tensor) => nn.crossEntropy(output, target),
    }
  },
}

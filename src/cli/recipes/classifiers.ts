import { formatShape, NablaError, numel } from "../../base/index.ts"
import type { EpochLoader, SampleSet } from "../../data/index.ts"
import { DataLoader } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import type { Job, ModelOptions, Recipe, RecipeContext } from "./recipe.ts"
import { arraysOf, size } from "./recipe.ts"

/** Samples that are evaluated at once; a full round number, so that few forms of the graph are planned. */
export const TEST_BATCH = 250

/** Batches of samples with targets, those for training in a new order in each epoch. */
export function loaders({ data, batchSize, seed, loader }: RecipeContext): {
  readonly train: EpochLoader
  readonly test: DataLoader
} {
  const { train, test } = arraysOf(data)
  return {
    train: loader ?? new DataLoader(train, { batchSize, shuffle: true, seed }),
    test: new DataLoader(test, { batchSize: TEST_BATCH }),
  }
}

/** The job of a model that tells classes apart, or of one that predicts numbers where the data have no classes. */
export function supervised(context: RecipeContext, build: (data: SampleSet) => nn.Module): Job {
  const { train } = arraysOf(context.data)
  const job = { model: build(train), ...loaders(context) }
  if (train.classes !== undefined) return job
  return { ...job, loss: nn.mse, metrics: { mae: (output, target) => nn.l1(output, target) } }
}

/** Numbers that a model gives for a sample. */
const outputs = ({ classes, targetShape }: SampleSet): number => classes ?? numel(targetShape)

interface ImageSizes {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly classes: number
}

/**
 * What the images of a data set are.
 *
 * @throws NABLA_SHAPE_MISMATCH when they are no images, or smaller than `smallest`
 */
export function imageSizes(recipe: string, data: SampleSet, smallest: number): ImageSizes {
  const { name, inputShape } = data
  const [channels, height, width] = inputShape
  const isImage = inputShape.length === 3
  if (isImage && height! >= smallest && width! >= smallest)
    return { channels: channels!, height: height!, width: width!, classes: outputs(data) }
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: isImage
      ? `the images are too small for the recipe ${recipe}`
      : `the recipe ${recipe} needs images`,
    expected: `inputs of shape [channels, height ≥ ${smallest}, width ≥ ${smallest}]`,
    got: `inputs of shape ${formatShape(inputShape)}`,
    where: name,
    hint: isImage ? "use larger images, or --recipe mlp" : "use --recipe mlp for points",
  })
}

/** Multinomial logistic regression, or linear regression: what can be had without a hidden layer. */
export const linear: Recipe = {
  name: "linear",
  summary: "logistic or linear regression, the baseline of the others",
  defaults: {
    images: { epochs: 5, batchSize: 64, lr: { adam: 1e-3, sgd: 0.05 } },
    points: { epochs: 30, batchSize: 32, lr: { adam: 1e-2, sgd: 0.1 } },
  },
  options: {},
  prepare: (context) => supervised(context, (data) => nn.mlp([numel(data.inputShape), outputs(data)])),
}

/**
 * A perceptron with hidden layers: of images 128 relu units, of points twice 32 tanh units.
 *
 *     images: [n, c, h, w] → [n, c·h·w] → [n, 128] → [n, classes]
 *     points: [n, features] → [n, 32] → [n, 32] → [n, classes]
 */
export const mlp: Recipe = {
  name: "mlp",
  summary: "a perceptron: 128 relu units for images, two layers of 32 tanh units for points",
  defaults: {
    images: { epochs: 5, batchSize: 64, lr: { adam: 2e-3, sgd: 0.05 } },
    points: { epochs: 100, batchSize: 32, lr: { adam: 1e-2, sgd: 0.1 } },
  },
  options: { hidden: null, dropout: 0 },
  prepare: (context) => {
    const { options, data } = context
    const images = data.kind === "images"
    const hidden = widths(options) ?? (images ? [128] : [32, 32])
    return supervised(context, (samples) =>
      nn.mlp([numel(samples.inputShape), ...hidden, outputs(samples)], {
        activation: images ? nn.relu : nn.tanh,
        dropout: size(options, "dropout"),
      }),
    )
  },
}

/** hidden=64 or hidden=64/64/32 */
function widths({ hidden }: ModelOptions): number[] | null {
  if (hidden === null || hidden === undefined) return null
  return (Array.isArray(hidden) ? hidden : [hidden]).map(Number)
}

/**
 * Two convolutions of 5×5 with 16 and 32 channels, each followed by relu and a 2×2 max-pooling; then a linear layer.
 *
 *     [n, c, h, w] → [n, 16, h/2, w/2] → [n, 32, h/4, w/4] → [n, classes]
 */
export const cnn: Recipe = {
  name: "cnn",
  summary: "two convolutions of 5×5 (16 and 32 channels) with relu and max-pooling, one linear layer",
  defaults: { images: { epochs: 3, batchSize: 64, lr: { adam: 3e-3, sgd: 0.05 } } },
  options: { width: 16 },
  prepare: (context) =>
    supervised(context, (data) => {
      const { channels, height, width, classes } = imageSizes("cnn", data, 4)
      const first = size(context.options, "width")
      const features =
        2 * first * Math.floor(Math.floor(height / 2) / 2) * Math.floor(Math.floor(width / 2) / 2)
      return nn.sequential(
        nn.conv2d(channels, first, 5, { padding: 2 }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.conv2d(first, 2 * first, 5, { padding: 2 }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.linear(features, classes),
      )
    }),
}

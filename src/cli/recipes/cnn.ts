import { formatShape, NablaError } from "../../base/index.ts"
import type { ArrayDataset } from "../../data/index.ts"
import type { Module } from "../../nn/index.ts"
import * as nn from "../../nn/index.ts"
import type { Recipe } from "./recipe.ts"

/** Each of the two poolings halves the image. */
const SMALLEST = 4

/**
 * Two convolutions of 5×5 with 16 and 32 channels, each followed by relu and a 2×2 max-pooling; then a linear layer.
 *
 *     [n, c, h, w] → [n, 16, h/2, w/2] → [n, 32, h/4, w/4] → [n, classes]
 */
export const cnn: Recipe = {
  name: "cnn",
  summary: "two convolutions of 5×5 (16 and 32 channels) with relu and max-pooling, one linear layer",
  defaults: {
    images: { epochs: 3, batchSize: 64, lr: { adam: 3e-3, sgd: 0.05 } },
    points: { epochs: 1, batchSize: 64, lr: { adam: 3e-3, sgd: 0.05 } },
  },
  build: (data) => {
    const [channels, height, width] = imageShape(data)
    const features = 32 * Math.floor(Math.floor(height / 2) / 2) * Math.floor(Math.floor(width / 2) / 2)
    return nn.sequential(
      nn.conv2d(channels, 16, 5, { padding: 2 }),
      nn.relu(),
      nn.maxPool2d(2),
      nn.conv2d(16, 32, 5, { padding: 2 }),
      nn.relu(),
      nn.maxPool2d(2),
      nn.flatten(),
      nn.linear(features, data.classes!),
    ) as Module
  },
}

function imageShape({ name, inputShape }: ArrayDataset): readonly [number, number, number] {
  const [channels, height, width] = inputShape
  const isImage = inputShape.length === 3
  if (isImage && height! >= SMALLEST && width! >= SMALLEST) return [channels!, height!, width!]
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: isImage ? "the images are too small for the recipe cnn" : "the recipe cnn needs images",
    expected: `inputs of shape [channels, height ≥ ${SMALLEST}, width ≥ ${SMALLEST}]`,
    got: `inputs of shape ${formatShape(inputShape)}`,
    where: name,
    hint: isImage ? "use larger images, or --recipe mlp" : "use --recipe mlp for points",
  })
}

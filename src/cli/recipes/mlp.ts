import { numel } from "../../base/index.ts"
import type { ArrayDataset } from "../../data/index.ts"
import type { Module } from "../../nn/index.ts"
import * as nn from "../../nn/index.ts"
import type { Recipe } from "./recipe.ts"
import { dataKind } from "./recipe.ts"

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
  build: (data) => (dataKind(data) === "images" ? forImages(data) : forPoints(data)),
}

function forImages({ inputShape, classes }: ArrayDataset): Module {
  return nn.sequential(nn.flatten(), nn.linear(numel(inputShape), 128), nn.relu(), nn.linear(128, classes!))
}

function forPoints({ inputShape, classes }: ArrayDataset): Module {
  return nn.sequential(
    nn.linear(numel(inputShape), 32),
    nn.tanh(),
    nn.linear(32, 32),
    nn.tanh(),
    nn.linear(32, classes!),
  )
}

import { numel } from "../../base/index.ts"
import * as nn from "../../nn/index.ts"
import type { Recipe } from "./recipe.ts"

/** Multinomial logistic regression: what can be had without a hidden layer. [n, …] → [n, features] → [n, classes] */
export const linear: Recipe = {
  name: "linear",
  summary: "logistic regression, the baseline of the others",
  defaults: {
    images: { epochs: 5, batchSize: 64, lr: { adam: 1e-3, sgd: 0.05 } },
    points: { epochs: 30, batchSize: 32, lr: { adam: 1e-2, sgd: 0.1 } },
  },
  build: ({ inputShape, classes }) => nn.sequential(nn.flatten(), nn.linear(numel(inputShape), classes!)),
}

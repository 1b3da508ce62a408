import type { ArrayDataset } from "../../data/index.ts"
import type { Module } from "../../nn/index.ts"

/** What a data set is made of: it settles which recipes fit and how they are trained. */
export type DataKind = "images" | "points"

/** How a recipe is trained where the command line does not say. */
export interface TrainingDefaults {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: Readonly<Record<"adam" | "sgd", number>>
}

/** A model with the settings that train it well. */
export interface Recipe {
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  readonly defaults: Readonly<Record<DataKind, TrainingDefaults>>
  /**
   * @param data whose inputs the model takes, and whose classes it tells apart
   * @throws NABLA_SHAPE_MISMATCH when the recipe cannot work on such inputs
   */
  build(data: ArrayDataset): Module
}

export function dataKind(data: ArrayDataset): DataKind {
  return data.inputShape.length === 3 ? "images" : "points"
}

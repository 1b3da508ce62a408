import { NablaError } from "../../base/index.ts"
import type { AnyDataset, EpochLoader } from "../../data/index.ts"
import type { Module } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { Batches, Loss, Metric } from "../../train/index.ts"
import type { OptionValue } from "../terminal/specification.ts"
import type { DataKind, TrainingData } from "../train/data-source.ts"

/** How a recipe is trained where the command line does not say. */
export interface TrainingDefaults {
  readonly epochs: number
  readonly batchSize: number
  readonly lr: Readonly<Record<"adam" | "sgd", number>>
  /** Name of the optimizer with its options. Default: adam. */
  readonly optimizer?: string
  /** Name of the schedule with its options. Default: constant. */
  readonly schedule?: string
  readonly warmUp?: OptionValue
}

/** A model with the settings that train it well. */
export interface Recipe {
  readonly name: string
  /** One line for --help. */
  readonly summary: string
  /** Kinds of data that it takes, each with the settings for it. */
  readonly defaults: Readonly<Partial<Record<DataKind, TrainingDefaults>>>
  /** Where its data come from when --data does not say. */
  readonly data?: string
  /** Options of the model with their defaults: --recipe NAME:option=value. */
  readonly options: ModelOptions
  /** @throws NABLA_SHAPE_MISMATCH or NABLA_DATA_MISMATCH when the recipe cannot work on such data */
  prepare(context: RecipeContext): Job
}

export type ModelOptions = Readonly<Record<string, OptionValue>>

export interface RecipeContext {
  readonly data: TrainingData
  /** All options of the recipe, those that were asked for among them. */
  readonly options: ModelOptions
  readonly batchSize: number
  readonly seed: number
  /** Augmented training batches, instead of those of a loader made here. */
  readonly loader?: EpochLoader | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: a model's output goes to its own loss, whatever it is
export type AnyOutput = any

/** What there is to train. */
export interface Job {
  readonly model: Module<readonly [Tensor], AnyOutput>
  readonly train: Batches
  /** Held out. */
  readonly test: Batches
  /** Default: crossEntropy, with the accuracy as a metric. */
  readonly loss?: Loss<AnyOutput>
  readonly metrics?: Readonly<Record<string, Metric<AnyOutput>>>
  /** Pictures of the trained model for the run's folder, by file name. */
  pictures?(): Promise<Readonly<Record<string, string>>>
}

/** A number among a recipe's options. */
export function size(options: ModelOptions, name: string): number {
  const value = options[name]
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw new NablaError("NABLA_INVALID_OPTION", {
    message: "this is no number",
    expected: `${name}=NUMBER`,
    got: String(value),
    where: "--recipe",
  })
}

/** The images among the kinds of data. */
export function arraysOf(data: TrainingData): { readonly train: AnyDataset; readonly test: AnyDataset } {
  if (data.kind === "images" || data.kind === "points") return data
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: "the recipe takes samples with targets",
    expected: "images or points",
    got: data.kind,
    where: "--data",
  })
}

import type { DeviceName } from "../tensor/index.ts"
import { invalidOption } from "./option-values.ts"
import type { TrainingDefaults } from "./recipes/index.ts"

export const optimizerNames = ["adam", "sgd"] as const
export type OptimizerName = (typeof optimizerNames)[number]

/** What `nabla train` was asked for; absent where the recipe decides. */
export interface TrainOptions {
  readonly recipe?: string
  readonly data: string
  readonly epochs?: number
  readonly lr?: number
  readonly batchSize?: number
  readonly optimizer: OptimizerName
  readonly momentum?: number
  readonly seed: number
  readonly device: DeviceName
  readonly samples?: number
  readonly out: string
  readonly name?: string
}

/** What is trained with, everything decided: it becomes config.json. */
export interface TrainSettings {
  readonly epochs: number
  readonly batchSize: number
  readonly optimizer: OptimizerName
  readonly lr: number
  /** Of SGD only. */
  readonly momentum?: number
}

const SGD_MOMENTUM = 0.9

/** @throws NABLA_INVALID_OPTION for a momentum without SGD */
export function checkOptions({ optimizer, momentum }: TrainOptions): void {
  if (momentum === undefined || optimizer === "sgd") return
  throw invalidOption("--momentum", "--optimizer sgd beside it", `--optimizer ${optimizer}`)
}

export function settle(options: TrainOptions, defaults: TrainingDefaults): TrainSettings {
  const { optimizer, momentum = SGD_MOMENTUM } = options
  return {
    epochs: options.epochs ?? defaults.epochs,
    batchSize: options.batchSize ?? defaults.batchSize,
    optimizer,
    lr: options.lr ?? defaults.lr[optimizer],
    ...(optimizer === "sgd" ? { momentum } : {}),
  }
}

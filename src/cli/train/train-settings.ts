import type { DeviceName } from "../../tensor/index.ts"
import type { TrainingDefaults } from "../recipes/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { OptionValue, Specification } from "../terminal/specification.ts"
import { specification } from "../terminal/specification.ts"
import { checkSteps, defaultsOf, findOptimizer } from "./optimizers.ts"

/** What `nabla train` was asked for; absent where the recipe decides. */
export interface TrainOptions {
  readonly recipe?: Specification
  readonly data?: string
  readonly epochs?: number
  readonly lr?: number
  readonly batchSize?: number
  readonly optimizer?: Specification
  readonly momentum?: number
  readonly schedule?: Specification
  readonly warmUp?: OptionValue
  readonly seed: number
  readonly device: DeviceName
  readonly threads?: number
  readonly samples?: number
  /** Names of augmentations for the training images. */
  readonly augment?: readonly string[]
  /** Threads that prepare augmented batches. */
  readonly workers?: number
  /** Folder with the files of public data sets, which are not downloaded then. */
  readonly dataDir?: string
  readonly out: string
  readonly name?: string
  /** Of tables: the column to predict, what it is predicted from, and what is done to the inputs. */
  readonly target?: string
  readonly task?: "classification" | "regression"
  readonly features?: readonly string[]
  readonly preprocess?: readonly Specification[]
  /** Names of metrics instead of the recipe's. */
  readonly metrics?: readonly string[]
  /** Epochs without an improvement after which the training ends. */
  readonly earlyStopping?: number
  /** Decay of a running average of the weights, which the run ends with. */
  readonly ema?: number
  /** Batches whose gradients make one step. */
  readonly accumulate?: number
  /** Largest norm of all gradients together. */
  readonly clipNorm?: number
  /** Steps between evaluations within an epoch. */
  readonly evaluateEvery?: number
  /** Steps (200), epochs (2ep) or seconds (30s) between two checkpoints. */
  readonly checkpointEvery?: string
  /** Checkpoints that are kept. */
  readonly keep?: number
  /** Whether the run is watched, and its report written at the end. */
  readonly report?: boolean
  /** The run to go on with, instead of a new one. */
  readonly resume?: string
  readonly quiet?: boolean
  /** A line of JSON for each event instead of text. */
  readonly json?: boolean
}

/** What is trained with, everything decided. */
export interface TrainSettings {
  readonly epochs: number
  readonly batchSize: number
  readonly optimizer: Specification
  /** Those that were asked for, and the momentum of SGD. */
  readonly optimizerOptions: Readonly<Record<string, OptionValue>>
  readonly schedule: Specification
  readonly warmUp: OptionValue
  readonly lr: number
}

const SGD_MOMENTUM = 0.9

const optimizerFrom = specification("--optimizer")
const scheduleFrom = specification("--schedule")

/**
 * @throws NABLA_INVALID_OPTION for an optimizer that there is not, one that cannot be trained with, options that it does
 *   not have, and settings that are made twice
 */
export function checkOptions({ optimizer = optimizerFrom("adam"), momentum, lr }: TrainOptions): void {
  const { options } = optimizer
  const entry = findOptimizer("--optimizer", optimizer)
  checkSteps("--optimizer", optimizer)
  if (lr !== undefined && "lr" in options)
    throw invalidOption("--lr", "one learning rate", `${lr} and ${options.lr}`)
  if (momentum === undefined) return
  if (!("momentum" in defaultsOf(entry)))
    throw invalidOption("--momentum", "--optimizer sgd beside it", `--optimizer ${entry.name}`)
  if ("momentum" in options)
    throw invalidOption("--momentum", "one momentum", `${momentum} and ${options.momentum}`)
}

export function settle(options: TrainOptions, defaults: TrainingDefaults): TrainSettings {
  const optimizer = options.optimizer ?? optimizerFrom(defaults.optimizer ?? "adam")
  const { momentum } = options
  const { name } = findOptimizer("--optimizer", optimizer)
  const { lr: given, ...optimizerOptions } = optimizer.options
  const usualMomentum = name === "sgd" ? { momentum: SGD_MOMENTUM } : {}
  // A schedule of the user's own goes without the recipe's warm-up.
  const usualWarmUp = options.schedule === undefined ? (defaults.warmUp ?? 0) : 0
  return {
    epochs: options.epochs ?? defaults.epochs,
    batchSize: options.batchSize ?? defaults.batchSize,
    optimizer: { ...optimizer, name },
    optimizerOptions: {
      ...usualMomentum,
      ...(momentum === undefined ? {} : { momentum }),
      ...optimizerOptions,
    },
    schedule: options.schedule ?? scheduleFrom(defaults.schedule ?? "constant"),
    warmUp: options.warmUp ?? usualWarmUp,
    lr: options.lr ?? rateOf(given) ?? usualRate(name, optimizer, defaults),
  }
}

function rateOf(given: OptionValue | undefined): number | undefined {
  if (given === undefined || (typeof given === "number" && given > 0)) return given
  throw invalidOption("--optimizer", "a learning rate > 0", `lr=${String(given)}`)
}

/** What suits Adam suits its relatives; others have the defaults of their papers. */
function usualRate(name: string, optimizer: Specification, { lr }: TrainingDefaults): number {
  if (name === "sgd") return lr.sgd
  if (["adam", "adamw", "nadam", "radam"].includes(name)) return lr.adam
  return defaultsOf(findOptimizer("--optimizer", optimizer)).lr as number
}

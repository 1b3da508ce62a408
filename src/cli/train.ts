import colours from "picocolors"
import type { ArrayDataset } from "../data/index.ts"
import { DataLoader } from "../data/index.ts"
import type { Module } from "../nn/index.ts"
import type { Optimizer } from "../optim/index.ts"
import { manualSeed, setDefaultDevice, setThreads } from "../tensor/index.ts"
import type { FitResult } from "../train/index.ts"
import { fit } from "../train/index.ts"
import { RunRecorder } from "../train/node.ts"
import type { TrainingData } from "./data-source.ts"
import { loadData } from "./data-source.ts"
import { exitCodes } from "./exit-codes.ts"
import { count, duration } from "./format.ts"
import { Interruption } from "./interruption.ts"
import { makeOptimizer } from "./optimizers.ts"
import { progressFor } from "./progress.ts"
import type { Recipe } from "./recipes/index.ts"
import { dataKind, findRecipe } from "./recipes/index.ts"
import { checkMomentum, ScheduleListener } from "./schedule-listener.ts"
import type { TrainingSchedule } from "./schedules.ts"
import { makeSchedule } from "./schedules.ts"
import { describeOptions } from "./specification.ts"
import { summary } from "./summary.ts"
import type { TrainOptions, TrainSettings } from "./train-settings.ts"
import { settle } from "./train-settings.ts"

/** Samples that are evaluated at once; a full round number, so that few forms of the graph are planned. */
const TEST_BATCH = 250

/** What a run consists of, once data are loaded and everything is decided. */
export interface Setup {
  readonly options: TrainOptions
  readonly settings: TrainSettings
  readonly data: TrainingData
  readonly recipe: Recipe
  readonly model: Module
  readonly loader: DataLoader
  readonly optimizer: Optimizer
  readonly plan: TrainingSchedule
}

/** Does what `nabla train` was asked to do, and gives the exit code. */
export async function train(options: TrainOptions): Promise<number> {
  const interruption = new Interruption()
  try {
    const setup = await prepare(options)
    announce(setup)
    const recorder = new RunRecorder(setup.model, {
      root: options.out,
      name: options.name ?? defaultName(setup),
      config: configuration(setup),
    })
    const result = await run(setup, recorder, interruption.signal).catch((error: unknown) => {
      if (recorder.path !== undefined) printFolder(recorder.path)
      throw error
    })
    conclude(setup, result, recorder.path)
    return result.status === "completed" ? exitCodes.ok : (interruption.exitCode ?? exitCodes.interrupted)
  } finally {
    interruption.dispose()
  }
}

/** Loads the data, settles what was left open, and makes the model. */
export async function prepare(options: TrainOptions): Promise<Setup> {
  if (options.threads !== undefined) setThreads(options.threads)
  setDefaultDevice(options.device)
  manualSeed(options.seed)
  const data = await loadData(options.data, options)
  const kind = dataKind(data.train)
  const recipe = findRecipe(options.recipe ?? (kind === "images" ? "cnn" : "mlp"))
  const model = recipe.build(data.train)
  const settings = settle(options, recipe.defaults[kind])
  const { batchSize, epochs, lr, optimizerOptions } = settings
  const loader = new DataLoader(data.train, { batchSize, shuffle: true, seed: options.seed })
  const length = { lr, total: epochs * loader.length, stepsPerEpoch: loader.length }
  const plan = makeSchedule(options.schedule, options.warmUp, length)
  const all = { ...optimizerOptions, lr: plan.schedule }
  const optimizer = makeOptimizer("--optimizer", options.optimizer, model.parameters(), all)
  checkMomentum(plan, optimizer)
  return { options, settings, data, recipe, model, loader, optimizer, plan }
}

function run(
  { options, settings, data, model, loader, optimizer, plan }: Setup,
  recorder: RunRecorder,
  signal: AbortSignal,
): Promise<FitResult> {
  const test = new DataLoader(data.test, { batchSize: TEST_BATCH })
  const { file } = options.schedule.options
  const folder = (): string | undefined => recorder.path
  const follower = new ScheduleListener(plan, optimizer, {
    file: typeof file === "string" ? file : null,
    folder,
  })
  const listeners = [recorder, follower, progressFor(process.stdout)]
  // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
  return fit(model, loader, { optimizer, epochs: settings.epochs, test, listeners, signal })
}

function configuration({ options, settings, data, recipe, model }: Setup): object {
  const described = ({ name, length, inputShape, classes }: ArrayDataset) => ({
    name,
    length,
    inputShape,
    classes,
  })
  return {
    recipe: recipe.name,
    data: { source: options.data, train: described(data.train), test: described(data.test) },
    ...settings,
    seed: options.seed,
    device: options.device,
    parameters: parameterCount(model),
  }
}

function parameterCount(model: Module): number {
  return model.parameters().reduce((sum, parameter) => sum + parameter.numel(), 0)
}

/** Such as `cnn-glyphs-20260131-142500`, in the time of the place. */
function defaultName({ recipe, data }: Setup): string {
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, "0")
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`
  return `${recipe.name}-${data.name.replace(/[^\w.-]+/g, "-")}-${day}-${time}`
}

function announce({ settings, data, recipe, model, options }: Setup): void {
  const { optimizer, optimizerOptions, lr, schedule, warmUp, batchSize, epochs } = settings
  const chosen = describeOptions({ lr, ...optimizerOptions })
  const warm = warmUp === 0 ? "" : ` after a warm-up of ${warmUp}`
  const rates = schedule === "constant" && warmUp === 0 ? "" : `, schedule ${schedule}${warm}`
  const lines = [
    `${colours.bold(recipe.name)} with ${count(parameterCount(model))} parameters on ${colours.bold(data.name)}`,
    `${count(data.train.length)} samples to train on, ${count(data.test.length)} held out`,
    `${optimizer} (${chosen})${rates}, batches of ${batchSize}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, seed ${options.seed}, device ${options.device}`,
  ]
  process.stdout.write(`${lines.join("\n")}\n\n`)
}

function conclude({ data }: Setup, result: FitResult, path: string | undefined): void {
  const samples = { trainSamples: data.train.length, testSamples: data.test.length }
  if (result.status === "interrupted") {
    const after = `after ${count(result.steps)} steps, ${duration(result.seconds)}`
    process.stdout.write(`\n${colours.yellow("stopped")} ${after}\n`)
  } else process.stdout.write(`\n${summary({ result, ...samples })}\n`)
  if (path !== undefined) printFolder(path)
}

function printFolder(path: string): void {
  process.stdout.write(`run folder: ${path}\n`)
}

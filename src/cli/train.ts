import { join } from "node:path"
import colours from "picocolors"
import type { AnyModule } from "../nn/index.ts"
import type { Optimizer } from "../optim/index.ts"
import { manualSeed, setDefaultDevice, setThreads } from "../tensor/index.ts"
import type { FitResult } from "../train/index.ts"
import { fit } from "../train/index.ts"
import { RunRecorder, writeFileWhole } from "../train/node.ts"
import { describeData, sizesOf } from "./data-description.ts"
import type { TrainingData } from "./data-source.ts"
import { loadData } from "./data-source.ts"
import { deviceNotice } from "./device-notice.ts"
import { exitCodes } from "./exit-codes.ts"
import { count, duration } from "./format.ts"
import { Interruption } from "./interruption.ts"
import { makeOptimizer } from "./optimizers.ts"
import { progressFor } from "./progress.ts"
import type { Job, ModelOptions, Recipe } from "./recipes/index.ts"
import { chooseRecipe, findRecipe, recipeOptions, trainingDefaults } from "./recipes/index.ts"
import { checkMomentum, ScheduleListener } from "./schedule-listener.ts"
import type { TrainingSchedule } from "./schedules.ts"
import { makeSchedule } from "./schedules.ts"
import { describeOptions } from "./specification.ts"
import { summary } from "./summary.ts"
import type { TrainOptions, TrainSettings } from "./train-settings.ts"
import { settle } from "./train-settings.ts"

/** What a run consists of, once data are loaded and everything is decided. */
export interface Setup {
  readonly options: TrainOptions
  readonly settings: TrainSettings
  readonly source: string
  readonly data: TrainingData
  readonly recipe: Recipe
  readonly modelOptions: ModelOptions
  readonly job: Job
  readonly optimizer: Optimizer
  readonly plan: TrainingSchedule
}

/** Does what `nabla train` was asked to do, and gives the exit code. */
export async function train(options: TrainOptions): Promise<number> {
  const interruption = new Interruption()
  try {
    const setup = await prepare(options)
    announce(setup)
    const recorder = new RunRecorder(setup.job.model, {
      root: options.out,
      name: options.name ?? defaultName(setup),
      config: configuration(setup),
    })
    const result = await run(setup, recorder, interruption.signal).catch((error: unknown) => {
      if (recorder.path !== undefined) printFolder(recorder.path)
      throw error
    })
    if (recorder.path !== undefined) await drawPictures(setup.job, recorder.path)
    conclude(result, recorder.path)
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
  const asked = options.recipe && findRecipe(options.recipe.name)
  const source = options.data ?? asked?.data ?? "glyphs"
  const data = await loadData(source, options)
  const recipe = asked ?? chooseRecipe(data.kind)
  const settings = settle(options, trainingDefaults(recipe, data.kind))
  const { batchSize, epochs, lr, optimizerOptions } = settings
  const modelOptions = recipeOptions(recipe, options.recipe)
  const job = recipe.prepare({ data, options: modelOptions, batchSize, seed: options.seed })
  const stepsPerEpoch = job.train.length ?? 1
  const plan = makeSchedule(settings.schedule, settings.warmUp, {
    lr,
    total: epochs * stepsPerEpoch,
    stepsPerEpoch,
  })
  const all = { ...optimizerOptions, lr: plan.schedule }
  const optimizer = makeOptimizer("--optimizer", settings.optimizer, job.model.parameters(), all)
  checkMomentum(plan, optimizer)
  return { options, settings, source, data, recipe, modelOptions, job, optimizer, plan }
}

function run(
  { settings, job, optimizer, plan }: Setup,
  recorder: RunRecorder,
  signal: AbortSignal,
): Promise<FitResult> {
  const { model, train: batches, ...rest } = job
  const { file } = settings.schedule.options
  const folder = (): string | undefined => recorder.path
  const follower = new ScheduleListener(plan, optimizer, {
    file: typeof file === "string" ? file : null,
    folder,
  })
  const listeners = [recorder, follower, progressFor(process.stdout)]
  // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
  return fit(model, batches, { ...rest, optimizer, epochs: settings.epochs, listeners, signal })
}

async function drawPictures({ pictures }: Job, folder: string): Promise<void> {
  const drawn = Object.entries((await pictures?.()) ?? {})
  for (const [name, text] of drawn) writeFileWhole(join(folder, name), text)
}

function configuration({ options, settings, source, data, recipe, modelOptions, job }: Setup): object {
  const { optimizer, schedule, ...rest } = settings
  return {
    recipe: recipe.name,
    model: modelOptions,
    data: { source, ...describeData(data) },
    optimizer: optimizer.name,
    schedule: schedule.text,
    ...rest,
    seed: options.seed,
    device: options.device,
    parameters: parameterCount(job.model),
  }
}

function parameterCount(model: AnyModule): number {
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

function announce({ settings, data, recipe, job, options }: Setup): void {
  const { optimizer, optimizerOptions, lr, schedule, warmUp, batchSize, epochs } = settings
  const chosen = describeOptions({ lr, ...optimizerOptions })
  const warm = warmUp === 0 ? "" : ` after a warm-up of ${warmUp}`
  const rates = schedule.text === "constant" && warmUp === 0 ? "" : `, schedule ${schedule.text}${warm}`
  const lines = [
    `${colours.bold(recipe.name)} with ${count(parameterCount(job.model))} parameters on ${colours.bold(data.name)}`,
    sizesOf(data),
    `${optimizer.name} (${chosen})${rates}, batches of ${batchSize}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, seed ${options.seed}, device ${options.device}`,
  ]
  process.stdout.write(`${lines.join("\n")}\n\n`)
}

function conclude(result: FitResult, path: string | undefined): void {
  if (result.status === "interrupted") {
    const after = `after ${count(result.steps)} steps, ${duration(result.seconds)}`
    process.stdout.write(`\n${colours.yellow("stopped")} ${after}\n`)
  } else process.stdout.write(`\n${summary(result)}\n`)
  const notice = deviceNotice()
  if (notice !== null) process.stdout.write(`${notice}\n`)
  if (path !== undefined) printFolder(path)
}

function printFolder(path: string): void {
  process.stdout.write(`run folder: ${path}\n`)
}

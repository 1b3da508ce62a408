import { join } from "node:path"
import colours from "picocolors"
import type { AnyModule } from "../../nn/index.ts"
import { manualSeed, setDefaultDevice, setThreads } from "../../tensor/index.ts"
import type { Checkpoint, FitListener, FitResult } from "../../train/index.ts"
import { fit } from "../../train/index.ts"
import type { ResumedRun } from "../../train/node.ts"
import { RunRecorder, TensorBoardRecorder, writeFileWhole } from "../../train/node.ts"
import type { Job } from "../recipes/index.ts"
import { chooseRecipe, findRecipe, recipeOptions, trainingDefaults } from "../recipes/index.ts"
import { deviceNotice } from "../terminal/device-notice.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { followerFor } from "../terminal/follower.ts"
import { count, duration } from "../terminal/format.ts"
import { Interruption } from "../terminal/interruption.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { describeOptions } from "../terminal/specification.ts"
import { summary } from "../terminal/summary.ts"
import { augmentedBatches } from "./augmented-data.ts"
import { callbacksFor, stepOptions } from "./callbacks.ts"
import { checkpointOptions } from "./checkpoint-interval.ts"
import { describeData, sizesOf } from "./data-description.ts"
import { loadData, scaleOf } from "./data-source.ts"
import { withMetrics } from "./metric-names.ts"
import { lacksReport, writeMissingReport } from "./missing-report.ts"
import { makeOptimizer } from "./optimizers.ts"
import { openRun, rememberedOptions } from "./resume.ts"
import type { RunEnd } from "./run-report.ts"
import { probeFor, writeReport } from "./run-report.ts"
import { checkMomentum, ScheduleListener } from "./schedule-listener.ts"
import { makeSchedule } from "./schedules.ts"
import type { Setup } from "./setup.ts"
import type { TrainOptions } from "./train-settings.ts"
import { settle } from "./train-settings.ts"

/**
 * Does what `nabla train` was asked to do, and gives the exit code.
 *
 * @param said the options that are no defaults
 */
export async function train(asked: TrainOptions, said: readonly string[]): Promise<number> {
  if (asked.resume === undefined) return trainRun(asked, null)
  const { path, options, run } = await openRun(asked, asked.resume, said)
  if (run === null) {
    if (lacksReport(path, options)) await finish(asked, options, path)
    return exitCodes.ok
  }
  try {
    return await trainRun(options, run)
  } finally {
    run.folder.close()
  }
}

/** Writes what a complete run lacks. */
async function finish({ json, quiet }: TrainOptions, options: TrainOptions, path: string): Promise<void> {
  const setup = await prepare(options)
  const page = await writeMissingReport(setup, path)
  await drawPictures(setup.job, path)
  if (json) jsonLine({ kind: "end", folder: path, report: page })
  else if (quiet) process.stdout.write(`${path}\n`)
  else printPlaces(path, page)
}

/** @param resumed the run to go on with; null for a new one */
async function trainRun(options: TrainOptions, resumed: ResumedRun | null): Promise<number> {
  const interruption = new Interruption()
  try {
    const setup = await prepare(options)
    if (options.json) jsonLine({ kind: "start", ...configuration(setup) })
    else if (!options.quiet) announce(setup)
    const recorder = new RunRecorder(setup.job.model, {
      checkpoints: checkpointOptions(options),
      ...(resumed === null
        ? { root: options.out, name: options.name ?? defaultName(setup), config: configuration(setup) }
        : { resume: resumed }),
    })
    const resume = resumed?.checkpoint ?? null
    const probe = probeFor(setup)
    const report = async (end: RunEnd): Promise<string | undefined> =>
      recorder.path && probe ? writeReport(setup, probe, recorder.path, end) : undefined
    const listeners = [recorder, ...(probe === null ? [] : [probe])]
    const result = await run(setup, recorder, listeners, interruption.signal, resume).catch(async (error) => {
      // The first error is the one to tell, also where no report can be made of it.
      const page = await report({ error }).catch(() => undefined)
      if (recorder.path !== undefined && !options.json) printPlaces(recorder.path, page)
      throw error
    })
    if (recorder.path !== undefined) await drawPictures(setup.job, recorder.path)
    const page = await report({ result })
    if (options.json) jsonLine({ kind: "end", ...lastOf(result), folder: recorder.path, report: page })
    else if (options.quiet) process.stdout.write(`${recorder.path}\n`)
    else conclude(result, recorder.path, page)
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
  const loader = await augmentedBatches(options, data, batchSize)
  const context = { data, options: modelOptions, batchSize, seed: options.seed, loader }
  const job = withMetrics(recipe.prepare(context), scaleOf(data), options.metrics)
  const stepsPerEpoch = Math.ceil((job.train.length ?? 1) / (options.accumulate ?? 1))
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
  { options, settings, data, job, optimizer, plan }: Setup,
  recorder: RunRecorder,
  own: readonly FitListener[],
  signal: AbortSignal,
  resume: Checkpoint | null,
): Promise<FitResult> {
  const { model, train: batches, ...rest } = job
  const preprocessing = data.kind === "points" ? data.table?.preprocessing : undefined
  const { file } = settings.schedule.options
  const folder = (): string | undefined => recorder.path
  const follower = new ScheduleListener(plan, optimizer, {
    file: typeof file === "string" ? file : null,
    folder,
  })
  const events = new TensorBoardRecorder({ folder, config: settings })
  const listeners = [...own, events, follower, ...followerFor(process.stdout, options)]
  // biome-ignore lint/suspicious/noFocusedTests: a training, not a test
  return fit(model, batches, {
    ...rest,
    ...stepOptions(options),
    optimizer,
    epochs: settings.epochs,
    callbacks: callbacksFor(options),
    listeners,
    signal,
    checkpoint: recorder.checkpoints,
    resume,
    ...(plan.state && { state: { schedule: plan.state } }),
    ...(preprocessing && { preprocessing: { inputs: preprocessing } }),
  })
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
    ...(options.augment && { augment: options.augment }),
    ...trainingExtras(options),
    parameters: parameterCount(job.model),
    options: rememberedOptions(options),
  }
}

/** What was asked for beside the recipe's own settings. */
function trainingExtras({
  metrics,
  earlyStopping,
  ema,
  accumulate,
  clipNorm,
  samples,
}: TrainOptions): object {
  const all = { metrics, earlyStopping, ema, accumulate, clipNorm, samples }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
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
    options.augment === undefined
      ? sizesOf(data)
      : `${sizesOf(data)}; augmented by ${options.augment.join(", ")}`,
    `${optimizer.name} (${chosen})${rates}, batches of ${batchSize}, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}, seed ${options.seed}, device ${options.device}`,
  ]
  process.stdout.write(`${lines.join("\n")}\n\n`)
}

/** How it ended, without what lines before have said. */
function lastOf({ epochs, error: _, ...rest }: FitResult): object {
  const last = epochs.at(-1)
  return { ...rest, epochs: epochs.length, ...(last && { train: last.train, test: last.test }) }
}

function conclude(result: FitResult, path: string | undefined, page: string | undefined): void {
  if (result.status === "interrupted") {
    const after = `after ${count(result.steps)} steps, ${duration(result.seconds)}`
    process.stdout.write(`\n${colours.yellow("stopped")} ${after}\n`)
  } else process.stdout.write(`\n${summary(result)}\n`)
  if (result.stopped !== undefined) process.stdout.write(`ended early: ${result.stopped}\n`)
  const notice = deviceNotice()
  if (notice !== null) process.stdout.write(`${notice}\n`)
  if (path !== undefined) printPlaces(path, page)
}

function printPlaces(path: string, page: string | undefined): void {
  process.stdout.write(`run folder: ${path}\n`)
  if (page !== undefined) process.stdout.write(`report: ${page}\n`)
}

import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { Command } from "commander"
import type { DiagnoseOptions, diagnose } from "../../diagnostics/index.ts"
import type { DeviceName } from "../../tensor/index.ts"
import { loadRun } from "../../train/node.ts"
import { mergeConfig } from "../config/merge.ts"
import { findConfig } from "../config/read-config.ts"
import { checkConfig } from "../config/schema.ts"
import { weightsOf } from "../eval/run-model.ts"
import { optionsOf } from "../train/resume.ts"
import type { Setup } from "../train/setup.ts"
import { prepare } from "../train/train.ts"
import { addTrainCommand } from "../train/train-command.ts"
import type { TrainOptions } from "../train/train-settings.ts"
import { checkOptions } from "../train/train-settings.ts"
import type { Subject } from "./script.ts"
import { scriptOf, subjectOfScript } from "./script.ts"

/**
 * A script that exports a training, a configuration of `nabla train`, or the folder of a run; without a name the
 * configuration that lies here.
 */
export async function subjectOf(
  target: string | undefined,
  device: DeviceName | undefined,
): Promise<Subject> {
  if (target !== undefined && statSync(target, { throwIfNoEntry: false })?.isDirectory())
    return ofRun(target, device)
  if (target === undefined || /\.(json|ya?ml)$/.test(target) || !existsSync(target)) {
    const found = await findConfig(target)
    if (found !== null) return ofConfig(found.config, found.file, device)
    return ofOptions(optionsFrom({}, "nabla doctor", device), "nabla train")
  }
  const script = await scriptOf(target)
  const subject = await subjectOfScript(script, target, device)
  return subject ?? ofConfig(await checkConfig(script.default, target), target, device)
}

function ofConfig(config: Parameters<typeof mergeConfig>[1], file: string, device: DeviceName | undefined) {
  return ofOptions(optionsFrom(config, file, device), file)
}

/** The options of `nabla train` with those of a configuration. */
function optionsFrom(
  config: Parameters<typeof mergeConfig>[1],
  file: string,
  device: DeviceName | undefined,
): TrainOptions {
  const root = new Command()
  addTrainCommand(root, () => {})
  const options = mergeConfig<TrainOptions>(root.commands[0]!, config, file)
  checkOptions(options)
  return device === undefined ? options : { ...options, device }
}

async function ofOptions(options: TrainOptions, title: string): Promise<Subject> {
  const setup = await prepare(options)
  return { title, arguments: [setup.job.model, asBatches(setup), known(setup)] }
}

/** A run with the weights that it ended with, its history, its optimizer, and the model as it began. */
async function ofRun(path: string, device: DeviceName | undefined): Promise<Subject> {
  const run = loadRun(path)
  const remembered = optionsOf(path, run.config, run.environment)
  const options = device === undefined ? remembered : { ...remembered, device }
  const began = await prepare(options)
  const setup = await prepare(options)
  const { model } = setup.job
  const hasWeights = run.checkpoints.length > 0 || existsSync(join(path, "model.safetensors"))
  if (hasWeights) model.loadStateDict(await weightsOf(run, "end"))
  if (run.checkpoints.length > 0) {
    const { checkpoint } = await run.checkpoint()
    if (checkpoint.optimizer !== null) setup.optimizer.loadStateDict(checkpoint.optimizer as never)
  }
  const more = {
    initial: began.job.model,
    trained: hasWeights,
    history: run.metrics().map((record) => ({ ...record })),
  }
  return { title: run.name, arguments: [model, asBatches(setup), { ...known(setup), ...more }] }
}

function asBatches({ job }: Setup): Parameters<typeof diagnose>[1] {
  return job.train as Parameters<typeof diagnose>[1]
}

function known({ job, optimizer, plan, settings, options }: Setup): DiagnoseOptions {
  const steps = (settings.epochs * (job.train.length ?? 1)) / (options.accumulate ?? 1)
  return {
    optimizer,
    test: job.test as NonNullable<DiagnoseOptions["test"]>,
    ...(job.loss && { loss: job.loss as NonNullable<DiagnoseOptions["loss"]> }),
    ...(settings.schedule.name !== "constant" && { schedule: plan.schedule, totalSteps: Math.ceil(steps) }),
  }
}

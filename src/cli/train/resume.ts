import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { NablaError } from "../../base/index.ts"
import type { ResumedRun } from "../../train/node.ts"
import { loadRun, resumeRun } from "../../train/node.ts"
import { count } from "../terminal/format.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { invalidOption } from "../terminal/option-values.ts"
import { lacksReport } from "./missing-report.ts"
import type { TrainOptions } from "./train-settings.ts"

/** What may be said anew when a run goes on: nothing that its bits depend on. */
const free = ["resume", "out", "threads", "quiet", "json", "keep", "checkpointEvery"] as const

/** The options of a run as its config.json keeps them, so that it can be built again. */
export function rememberedOptions(options: TrainOptions): Partial<TrainOptions> {
  const ofTheCall = ["resume", "out", "name", "config", "quiet", "json"]
  return Object.fromEntries(Object.entries(options).filter(([key]) => !ofTheCall.includes(key)))
}

/**
 * Opens the run that is to go on, and says so.
 *
 * @param said the options that are no defaults
 * @returns the options that it was begun with; `run` is null when there is nothing left to do
 * @throws NABLA_INVALID_OPTION for options that would make it another training
 * @throws the errors of resumeRun
 */
export async function openRun(
  asked: TrainOptions,
  name: string,
  said: readonly string[],
): Promise<{ path: string; options: TrainOptions; run: ResumedRun | null }> {
  checkAlone(said)
  const path = pathOf(name, asked.out)
  const { config, environment, status } = loadRun(path)
  const options = optionsOf(path, config, environment)
  if (status === "completed") {
    const left = lacksReport(path, options) ? "its report is written" : "there is nothing left to do"
    tell(asked, { message: `${path} is complete: ${left}` })
    return { path, options, run: null }
  }
  const run = await resumeRun(path)
  for (const { path: damaged, error } of run.skipped)
    tell(asked, { message: `${damaged} is passed over: ${error.detail.message}` })
  const { step, epoch } = run.checkpoint?.position ?? { step: 0, epoch: 1 }
  const message =
    run.checkpoint === null
      ? `${path} had not come to a checkpoint: it begins anew`
      : `${path} goes on after step ${count(step)}, in epoch ${epoch}`
  tell(asked, { message, step })
  const now = Object.fromEntries(free.flatMap((key) => (said.includes(key) ? [[key, asked[key]]] : [])))
  return { path, options: { ...options, ...now }, run }
}

/** Damage and where a run goes on is told even where nothing else is printed. */
function tell({ json }: TrainOptions, { message, step }: { message: string; step?: number }): void {
  if (json) jsonLine({ kind: "notice", message, ...(step !== undefined && { step }) })
  else process.stderr.write(`note: ${message}\n`)
}

function checkAlone(said: readonly string[]): void {
  const others = said.filter((key) => !(free as readonly string[]).includes(key))
  if (others.length === 0) return
  const got = others.map((key) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  throw invalidOption("--resume", "no options that would make it another training", got.join(", "))
}

/** A run is named by its path, or by its name among the others. */
function pathOf(name: string, out: string): string {
  const isRun = (path: string): boolean => existsSync(join(path, "config.json"))
  return !isRun(name) && isRun(join(out, name)) ? join(out, name) : name
}

/**
 * The options that a run was begun with.
 *
 * @throws NABLA_FILE_FORMAT when its config.json does not hold them
 */
export function optionsOf(
  path: string,
  config: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, unknown>>,
): TrainOptions {
  const options = config.options as TrainOptions | undefined
  if (typeof options !== "object" || options === null) {
    throw new NablaError("NABLA_FILE_FORMAT", {
      message: "the run does not say what it was begun with",
      expected: "options in its config.json",
      where: path,
      hint: "train anew: the run was made by an older version, or not by nabla train",
    })
  }
  const { data } = options
  if (data === undefined || typeof environment.folder !== "string") return options
  // A path was meant from where the run was begun.
  const there = resolve(environment.folder, data)
  return existsSync(there) ? { ...options, data: there } : options
}

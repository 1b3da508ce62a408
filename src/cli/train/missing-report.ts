import { existsSync } from "node:fs"
import { join } from "node:path"
import type { FitResult } from "../../train/index.ts"
import type { Run } from "../../train/node.ts"
import { loadRun } from "../../train/node.ts"
import { weightsOf } from "../eval/run-model.ts"
import { writeReport } from "./run-report.ts"
import type { Setup } from "./setup.ts"
import type { TrainOptions } from "./train-settings.ts"

/** Whether a run that is complete should have a report and has none: it was killed while that was made. */
export function lacksReport(path: string, { report }: Pick<TrainOptions, "report">): boolean {
  return report !== false && !["html", "md", "json"].every((form) => existsSync(join(path, `report.${form}`)))
}

/**
 * Writes the report of a complete run from what it has kept: its weights, its log and its last checkpoint. What was watched
 * while it trained (layers, gradients) went with the process that watched it.
 *
 * @returns the path of the page
 */
export async function writeMissingReport(setup: Setup, path: string): Promise<string> {
  const run = loadRun(path)
  setup.job.model.loadStateDict(await weightsOf(run, "end"))
  const history = await historyOf(run, setup)
  return writeReport(setup, null, path, { result: resultOf(run, history) })
}

/** The finished epochs; on the way the optimizer gets what it remembered. */
async function historyOf(run: Run, { optimizer }: Setup): Promise<FitResult["epochs"]> {
  if (run.checkpoints.length === 0) return []
  const { checkpoint } = await run.checkpoint()
  if (checkpoint.optimizer !== null) optimizer.loadStateDict(checkpoint.optimizer as never)
  return checkpoint.history
}

function resultOf({ summary }: Run, epochs: FitResult["epochs"]): FitResult {
  const number = (name: string): number => (typeof summary[name] === "number" ? summary[name] : 0)
  return {
    status: "completed",
    steps: number("steps"),
    epochs,
    seconds: number("seconds"),
    samplesPerSecond: number("samplesPerSecond"),
    dataWaitShare: number("dataWaitShare"),
    ...(typeof summary.stopped === "string" && { stopped: summary.stopped }),
  }
}

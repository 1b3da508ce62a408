import { join } from "node:path"
import type { Probe, Report, ReportOptions } from "../../diagnostics/index.ts"
import { instrument, renderReport, reportOf } from "../../diagnostics/index.ts"
import type { FitResult } from "../../train/index.ts"
import { loadRun, writeFileWhole } from "../../train/node.ts"
import { count, duration, score } from "../terminal/format.ts"
import type { Setup } from "./setup.ts"

/** Looks of a long training: as many as pictures have room for. */
const LOOKS = 100

/** Steps between two looks, at least: by then the instruments take less than a tenth of the training's time. */
const EVERY = 15

/** Intervals of the histograms. */
const BINS = 24

/** The doctor takes about as long as so many steps; it is left out where that is long, and long beside the training. */
const DOCTOR_STEPS = 250
const DOCTOR_SECONDS = 60

/** Seconds. */
const LONG_STEP = 0.3

/** What watches a run for its report; null with --no-report. */
export function probeFor({ options, settings, job }: Setup): Probe | null {
  if (options.report === false) return null
  const steps = (settings.epochs * (job.train.length ?? 1)) / (options.accumulate ?? 1)
  const every = Math.max(EVERY, Math.ceil(steps / LOOKS))
  return instrument(job.model, { every, bins: BINS })
}

/** How a run ended, as far as its report tells. */
export interface RunEnd {
  readonly result?: FitResult
  readonly error?: unknown
}

/**
 * Writes report.html, report.md and report.json into the folder of a run, and gives the path of the page. A run that was
 * stopped or failed has what there was; nothing more is measured then, so that nobody waits.
 */
export async function writeReport(
  setup: Setup,
  probe: Probe | null,
  folder: string,
  end: RunEnd,
): Promise<string> {
  probe?.detach()
  const report = await gathered(setup, probe, folder, end)
  const page = join(folder, "report.html")
  writeFileWhole(page, await renderReport(report, "html"))
  writeFileWhole(join(folder, "report.md"), await renderReport(report, "markdown"))
  writeFileWhole(join(folder, "report.json"), await renderReport(report, "json"))
  return page
}

async function gathered(
  setup: Setup,
  probe: Probe | null,
  folder: string,
  { result, error }: RunEnd,
): Promise<Report> {
  const { job, optimizer, plan } = setup
  const run = loadRun(folder)
  const known = {
    title: run.name,
    facts: factsOf(setup, result),
    history: run.metrics().map((record) => ({ ...record })),
    optimizer,
    ...(probe !== null && { probe }),
  }
  if (result?.status !== "completed") {
    const status = error === undefined ? "interrupted" : "failed"
    return reportOf(job.model, { ...known, status, ...(error !== undefined && { error }) })
  }
  return reportOf(job.model, {
    ...known,
    ...{ data: job.train, test: job.test, trained: true },
    ...(job.loss && { loss: job.loss as NonNullable<ReportOptions["loss"]> }),
    ...(setup.settings.schedule.name !== "constant" && { schedule: plan.schedule, totalSteps: result.steps }),
    ...(examinationIsDear(result) && { diagnosis: null }),
    curvatureSeconds: curvatureSeconds(result),
  })
}

/** A product with the Hessian cannot be cut short, so that models whose steps take long have no spectrum. */
function curvatureSeconds({ seconds, steps }: FitResult): number {
  return seconds / Math.max(1, steps) > LONG_STEP ? 0 : Math.min(6, Math.max(1, 0.4 * seconds))
}

function examinationIsDear({ seconds, steps }: FitResult): boolean {
  const taken = (DOCTOR_STEPS * seconds) / Math.max(1, steps)
  return taken > Math.max(DOCTOR_SECONDS, 0.25 * seconds)
}

function factsOf(
  { options, settings, data, recipe }: Setup,
  result: FitResult | undefined,
): Record<string, string> {
  const { optimizer, lr, schedule, batchSize } = settings
  const last = result?.epochs.at(-1)
  const held = Object.entries(last?.test ?? {}).map(
    ([name, value]) => [`held-out ${name}`, score(name, value)] as const,
  )
  return {
    recipe: recipe.name,
    data: data.name,
    optimizer: `${optimizer.name}, rate ${lr}`,
    schedule: schedule.text,
    "batch size": String(batchSize),
    ...(result && { steps: `${count(result.steps)} in ${duration(result.seconds)}` }),
    ...(result && { "samples per second": count(result.samplesPerSecond) }),
    ...Object.fromEntries(held),
    seed: String(options.seed),
    device: options.device,
  }
}

import { NablaError } from "../../base/index.ts"
import type { DiagnoseOptions, Diagnosis, HistoryRecord } from "../doctor/index.ts"
import { diagnose } from "../doctor/index.ts"
import type { Probe } from "../instrument/index.ts"
import { watchedBy } from "../instrument/watch.ts"
import type { Batch } from "../objective.ts"
import { confusionOf } from "./confusion.ts"
import { curvatureOf } from "./curvature.ts"
import { curvesOf } from "./curves.ts"
import { layerHistory } from "./observed.ts"
import type { ConfusionFigure, Fact, Failure, Report, ReportStatus } from "./report.ts"

/** A model of any kind; what is measured on its outputs is left out where they are no single tensor. */
type Model = Parameters<typeof diagnose>[0]

export interface ReportOptions extends DiagnoseOptions {
  /** Default: "Training". */
  readonly title?: string
  /** Default: "completed", with an error "failed". */
  readonly status?: ReportStatus
  /** What the training ended with. */
  readonly error?: unknown
  /** What was trained and how, for the head of the report. */
  readonly facts?: Readonly<Record<string, string | number>>
  /** What watched the training. Default: the probe of `watch(model)`, if there is one. */
  readonly probe?: Probe | null
  /** What it is trained on: for the doctor, the spectrum and the landscape, which are left out without it. */
  readonly data?: Batch | Iterable<Batch>
  /** Names of the classes. Default: their numbers. */
  readonly classes?: readonly string[]
  /** Instead of an examination: one that was made before, or null for none. */
  readonly diagnosis?: Diagnosis | null
  /** Most seconds for spectrum and landscape together; what is not ready by then is left out. Default: 6. */
  readonly curvatureSeconds?: number
}

/**
 * Gathers what is known of a training as plain data: curves, what the probe saw, findings of the doctor, and the
 * curvature, landscape and confusion matrix of the model as it is now. The model is left as it was found.
 *
 * @param options data, test, loss, optimizer …: the more is given, the more is in the report
 *
 * @example
 * const report = await reportOf(model, { data: loader, optimizer })
 * const page = await renderReport(report, "html")
 */
export async function reportOf(model: Model, options: ReportOptions = {}): Promise<Report> {
  const { title = "Training", error, data, test, probe = watchedBy(model), curvatureSeconds = 6 } = options
  const failed = error !== undefined
  const history = options.history ?? probe?.history ?? []
  const batches = data === undefined ? null : data
  const curvature =
    batches && (await ifPossible(() => curvatureOf(model, batches, options, curvatureSeconds)))
  return {
    version: 1,
    title,
    created: new Date().toISOString(),
    status: options.status ?? (failed ? "failed" : "completed"),
    failure: failed ? failureOf(error, probe) : null,
    facts: factsOf(model, options),
    curves: curvesOf(history),
    layers: layerHistory(probe?.observations ?? []),
    spectrum: curvature?.spectrum ?? null,
    landscape: curvature?.landscape ?? null,
    confusion: await confusion(model, test ?? data, options),
    diagnosis: await diagnosisOf(model, options, history),
  }
}

/** What cannot be measured on a model of some kind is left out. */
async function ifPossible<T>(measure: () => Promise<T>): Promise<T | null> {
  try {
    return await measure()
  } catch {
    return null
  }
}

async function diagnosisOf(
  model: Model,
  { data, diagnosis, ...options }: ReportOptions,
  history: readonly HistoryRecord[],
): Promise<Diagnosis | null> {
  if (diagnosis !== undefined || data === undefined) return diagnosis ?? null
  return ifPossible(() => diagnose(model, data, { ...options, history }))
}

async function confusion(
  model: Model,
  data: Batch | Iterable<Batch> | undefined,
  { loss, classes }: ReportOptions,
): Promise<ConfusionFigure | null> {
  if (data === undefined || loss !== undefined) return null
  return ifPossible(() => confusionOf(model, data, classes))
}

/** A loss that is not finite comes with its first cause: the error's own, or what the probe saw before. */
function failureOf(error: unknown, probe: Probe | null): Failure {
  const seen = probe?.nonFinite ?? null
  if (!(error instanceof NablaError))
    return { message: error instanceof Error ? error.message : String(error) }
  const { where, got, hint } = error.detail
  return {
    message: error.detail.message,
    ...(where !== undefined && { where }),
    ...(got !== undefined && { got }),
    ...(hint !== undefined && { hint }),
    ...(seen !== null && {
      where: `${where ?? ""}; first seen at step ${seen.step} in ${seen.path} (${seen.type}, ${seen.direction})`,
    }),
  }
}

function factsOf(model: Model, { facts = {} }: ReportOptions): Fact[] {
  const parameters = model.parameters().reduce((n, parameter) => n + parameter.numel(), 0)
  const all = { parameters: parameters.toLocaleString("en"), ...facts }
  return Object.entries(all).map(([name, value]) => ({ name, value: String(value) }))
}

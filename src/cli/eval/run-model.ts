import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { NablaError, numel } from "../../base/index.ts"
import type { ArrayDataset, TokenizerState } from "../../data/index.ts"
import { arrayDataset, tokenizerFrom } from "../../data/index.ts"
import { loadSafetensors } from "../../io/node.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { Run } from "../../train/node.ts"
import { loadRun } from "../../train/node.ts"
import type { Job, ModelOptions } from "../recipes/index.ts"
import { findRecipe } from "../recipes/index.ts"
import type { SampleData, TrainingData } from "../train/data-source.ts"
import { loadData, scaleOf } from "../train/data-source.ts"
import { withMetrics } from "../train/metric-names.ts"
import type { TableState } from "../train/table-data.ts"
import { encodeTable } from "../train/table-data.ts"
import { tellUnseen } from "./unseen-texts.ts"

/** Which weights of a run: those that it ended with, or of a checkpoint. */
export type Weights = "end" | "last" | "best"

export const weightNames: readonly Weights[] = ["end", "last", "best"]

interface DatasetDescription {
  readonly name: string
  readonly inputShape: readonly number[]
  readonly targetShape?: readonly number[]
  readonly classes?: number
}

/** What is needed of a run's config.json. */
export interface RunConfig {
  readonly recipe: string
  readonly model: ModelOptions
  readonly seed: number
  readonly samples?: number
  readonly metrics?: readonly string[]
  readonly data: {
    readonly source: string
    readonly kind: TrainingData["kind"]
    readonly train: DatasetDescription
    readonly table?: TableState
    readonly tokenizer?: TokenizerState
  }
}

export interface RunModel {
  readonly run: Run
  readonly config: RunConfig
  readonly job: Job
}

/** @throws NABLA_NO_CHECKPOINT or NABLA_FILE_FORMAT when the folder holds no run of `nabla train` */
export function configOf(run: Run): RunConfig {
  const config = run.config as Partial<RunConfig>
  const { recipe, model, data } = config
  const shapes = Array.isArray(data?.train?.inputShape) || data?.kind === "text" || data?.kind === "sequences"
  if (typeof recipe === "string" && model !== undefined && shapes) return config as RunConfig
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: "this is not the configuration of a run of nabla train",
    expected: "recipe, model and data",
    where: join(run.path, "config.json"),
  })
}

/** The model of a run that reads samples, with its weights; no data are read for it. */
export async function sampleModel(path: string, weights: Weights): Promise<RunModel> {
  const run = loadRun(path)
  const config = configOf(run)
  const { kind, train, table } = config.data
  if (kind !== "images" && kind !== "points")
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "the model of this run predicts no single samples",
      expected: "a run on images, points or a table",
      got: `a run on ${kind}`,
      where: path,
      hint: "nabla sample goes on with a text, nabla eval evaluates any run",
    })
  const one = standIn(train)
  const known = { name: train.name, train: one, test: one }
  const data: SampleData =
    kind === "images" ? { kind, ...known } : { kind, ...known, ...(table && { table }) }
  return withWeights(run, config, data, weights)
}

/** A run's model with data: those that it held out, or others of the same kind. */
export async function evaluatedModel(
  path: string,
  source: string | undefined,
  weights: Weights,
  metrics?: readonly string[],
): Promise<RunModel> {
  const run = loadRun(path)
  const config = configOf(run)
  return withWeights(run, config, await dataOf(config, source), weights, metrics)
}

async function dataOf({ data, samples, seed }: RunConfig, source: string | undefined): Promise<TrainingData> {
  const from = source ?? data.source
  if (data.table !== undefined) {
    const rows = source === undefined ? "held out" : "all"
    const { data: test, unseen } = await encodeTable(from, data.table, rows)
    tellUnseen(unseen)
    return { kind: "points", name: test.name, train: test, test, table: data.table }
  }
  if (data.tokenizer !== undefined && source !== undefined) {
    const tokenizer = tokenizerFrom(data.tokenizer)
    const tokens = tokenizer.encode(await readFile(source, "utf8"))
    return { kind: "text", name: source, tokenizer, train: tokens, test: tokens }
  }
  const found = await loadData(from, { seed, ...(samples !== undefined && { samples }) })
  if (found.kind === data.kind) return found
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: "the model of this run takes other data",
    expected: data.kind,
    got: found.kind,
    where: from,
  })
}

async function withWeights(
  run: Run,
  config: RunConfig,
  data: TrainingData,
  weights: Weights,
  metrics?: readonly string[],
): Promise<RunModel> {
  const recipe = findRecipe(config.recipe)
  const context = { data, options: config.model, batchSize: 32, seed: config.seed }
  const job = withMetrics(recipe.prepare(context), scaleOf(data), metrics ?? config.metrics)
  job.model.loadStateDict(await weightsOf(run, weights))
  job.model.eval()
  return { run, config, job }
}

/** A run that was killed has checkpoints alone. */
export async function weightsOf(run: Run, weights: Weights): Promise<Readonly<Record<string, Tensor>>> {
  const file = join(run.path, "model.safetensors")
  if (weights === "end" && statSync(file, { throwIfNoEntry: false }) !== undefined)
    return (await loadSafetensors(file)).tensors
  const { checkpoint } = await run.checkpoint({ which: weights === "best" ? "best" : "last" })
  return checkpoint.model
}

/** A data set of one sample with the shapes of another: models are made by those. */
function standIn({ name, inputShape, targetShape = [], classes }: DatasetDescription): ArrayDataset {
  const targets = new (classes === undefined ? Float32Array : Int32Array)(numel(targetShape))
  const inputs = new Float32Array(numel(inputShape))
  return arrayDataset({ name, inputs, inputShape, targets, targetShape, ...(classes && { classes }) })
}

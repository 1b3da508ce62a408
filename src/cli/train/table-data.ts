import { basename } from "node:path"
import { NablaError, numel, Random } from "../../base/index.ts"
import type {
  AnyDataset,
  PreprocessingState,
  TableEncoderState,
  Transform,
  UnseenText,
} from "../../data/index.ts"
import {
  Imputer,
  OneHotEncoder,
  Pipeline,
  preprocessedParts,
  preprocessingFrom,
  TableEncoder,
} from "../../data/index.ts"
import type { ColumnType } from "../../io/index.ts"
import { notEmpty } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { makeStep } from "./preprocessing-steps.ts"
import { RowStore } from "./row-store.ts"
import { StoredTable } from "./stored-table.ts"

export interface TableOptions {
  /** The column to predict. */
  readonly target?: string
  readonly task?: "classification" | "regression"
  /** The columns to predict from. Default: all others. */
  readonly features?: readonly string[]
  /** What is done to the inputs, in order, after missing values and categories were seen to. Default: standardize. */
  readonly preprocess?: readonly Specification[]
  /** Rows to train on, at most. */
  readonly samples?: number
}

/** What was learned of the training rows: enough to use the model on other rows. */
export interface TableState {
  readonly encoder: TableEncoderState
  readonly preprocessing: PreprocessingState | null
  /** Targets that are numbers are trained on as (y − mean)/std; null for classes. */
  readonly target: TargetScale | null
}

/** Rows to train on, and held-out ones, as samples. */
export interface TableData {
  readonly kind: "points"
  readonly name: string
  readonly train: AnyDataset
  readonly test: AnyDataset
  readonly table: TableState
}

export interface TargetScale {
  readonly mean: number
  readonly std: number
}

/** The rows that are held out are the same whatever the seed of the training. */
const SPLIT_SEED = 0
const HELD_OUT = 0.2

export const isTable = (source: string): boolean => /\.(csv|tsv)$/i.test(source)

/**
 * A CSV or TSV with a column to predict. A fifth of the rows is held out, of each class where there are classes; all that
 * is learned of the data is learned from the others.
 *
 * @throws NABLA_INVALID_OPTION without a target, and for steps of preprocessing that there are not
 * @throws NABLA_EMPTY_DATA for fewer than two rows
 * @throws the errors of readCsvFile, TableEncoder and of the preprocessing
 */
export async function loadTable(path: string, options: TableOptions): Promise<TableData> {
  const target = notEmpty("--target")(options.target ?? "")
  const { task, features } = options
  const table = await StoredTable.read(path, target)
  const { type } = table.columns.find(({ name }) => name === target)!
  const inClasses = task === "classification" || (task === undefined && type === "text")
  const [trainRows, testRows] = splitRows(table, target, inClasses)
  const rows = trainRows.slice(0, options.samples)
  const encoder = new TableEncoder(table.distinct(rows, inClasses), {
    target,
    ...(task && { task }),
    ...(features && { features }),
  })
  const name = basename(path).replace(/\.(csv|tsv)$/i, "")
  const known = table.dataset(name, encoder, rows)
  const preprocessing = await fitted(known, encoder.state, options.preprocess)
  const scale = known.classes === undefined ? scaleOf(known) : null
  const state: TableState = {
    encoder: encoder.state,
    preprocessing: preprocessing.toJSON(),
    target: scale,
  }
  const train = await ready(known, preprocessing, scale)
  const test = await ready(table.dataset(name, encoder, testRows), preprocessing, scale)
  table.close()
  return { kind: "points", name, train, test, table: state }
}

/** Rows as samples, and the texts among them that are no categories. */
export interface EncodedRows {
  readonly data: AnyDataset
  readonly unseen: readonly UnseenText[]
}

/**
 * Rows of a file as the model of a run knows them: all, or those that the run held out of that file.
 *
 * @throws as loadTable
 */
export async function encodeTable(
  path: string,
  state: TableState,
  rows: "all" | "held out",
): Promise<EncodedRows> {
  const { encoder: known } = state
  const encoder = TableEncoder.restore(known)
  const table = await StoredTable.read(path, known.target, typesOf(known, true))
  const all = Int32Array.from({ length: table.length }, (_, i) => i)
  const chosen = rows === "all" ? all : splitRows(table, known.target, known.classes !== null)[1]
  const unseen = encoder.unseen(table.distinct(chosen, false))
  const data = await ready(table.dataset(basename(path), encoder, chosen), transformOf(state), state.target)
  table.close()
  return { data, unseen }
}

export const transformOf = ({ preprocessing }: TableState): Transform | null =>
  preprocessing === null ? null : preprocessingFrom(preprocessing)

/** The types that columns had in training: rows that are read later must have the same. */
export function typesOf(
  { features, target, classes }: TableEncoderState,
  withTarget: boolean,
): Readonly<Record<string, ColumnType>> {
  const types = features.map(({ name, categories }): [string, ColumnType] => [
    name,
    categories === null ? "number" : "text",
  ])
  if (withTarget && classes === null) types.push([target, "number"])
  return Object.fromEntries(types)
}

function splitRows(table: StoredTable, target: string, inClasses: boolean): [Int32Array, Int32Array] {
  const groups = new Map<number, number[]>()
  const order = Int32Array.from({ length: table.length }, (_, i) => i)
  new Random(SPLIT_SEED).shuffle(order)
  for (const row of order) {
    const key = inClasses ? table.targetKey(row) : 0
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [row])
    else group.push(row)
  }
  const [train, test]: [number[][], number[][]] = [[], []]
  for (const rows of groups.values()) {
    const cut = rows.length - Math.floor(rows.length * HELD_OUT)
    train.push(rows.slice(0, cut))
    test.push(rows.slice(cut))
  }
  const [trained, held] = [Int32Array.from(train.flat()), Int32Array.from(test.flat())]
  if (held.length > 0) return [trained, held]
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "there are too few rows to hold some out",
    expected: "at least 5 rows, of a class where there are classes",
    got: `${table.length} rows`,
    where: target,
  })
}

/** Missing values get a column's mean, categories a feature for each value; then what was asked for. */
async function fitted(
  data: AnyDataset,
  { features }: TableEncoderState,
  asked: readonly Specification[] = [{ name: "standardize", options: {}, text: "standardize" }],
): Promise<Transform> {
  const stages: Transform[] = []
  // Rows that come later may lack values, too.
  stages.push(new Imputer({ strategy: "median" }))
  const columns = features.flatMap(({ categories }, j) => (categories === null ? [] : [j]))
  if (columns.length > 0) stages.push(new OneHotEncoder({ columns }))
  for (const step of asked) if (step.name !== "none") stages.push(makeStep(step))
  return new Pipeline(stages).fit(data)
}

function scaleOf({ targets }: AnyDataset): TargetScale {
  let [sum, squares] = [0, 0]
  for (const y of targets) sum += y
  const mean = sum / targets.length
  for (const y of targets) squares += (y - mean) ** 2
  return { mean, std: Math.sqrt(squares / targets.length) || 1 }
}

/** Samples with their inputs transformed, in memory or in a file by their number, and their targets scaled. */
async function ready(
  data: AnyDataset,
  preprocessing: Transform | null,
  scale: TargetScale | null,
): Promise<AnyDataset> {
  let rows: RowStore | null = null
  const unchanged: Pick<Transform, "transform"> = { transform: (x) => x }
  for await (const { data: part, shape } of preprocessedParts(data, preprocessing ?? unchanged)) {
    rows ??= new RowStore(numel(shape))
    rows.append(part)
  }
  const { name, length, targetShape, classes } = data
  const targets =
    scale === null ? data.targets : Float32Array.from(data.targets, (y) => (y - scale.mean) / scale.std)
  const store = rows!
  const known = { name, length, inputShape: [store.width], targets, targetShape, ...(classes && { classes }) }
  const inputs = store.inMemory
  return inputs === null ? { ...known, readInputs: (indices) => store.read(indices) } : { ...known, inputs }
}

import { basename } from "node:path"
import { NablaError, Random } from "../../base/index.ts"
import type { ArrayDataset, PreprocessingState, TableEncoderState, Transform } from "../../data/index.ts"
import {
  Imputer,
  OneHotEncoder,
  Pipeline,
  preprocess,
  preprocessingFrom,
  TableEncoder,
} from "../../data/index.ts"
import type { Column, ColumnType, Table } from "../../io/index.ts"
import { readCsvFile } from "../../io/node.ts"
import { notEmpty } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { makeStep } from "./preprocessing-steps.ts"

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
  readonly train: ArrayDataset
  readonly test: ArrayDataset
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
  const table = await readCsvFile(path, { where: path })
  const target = notEmpty("--target")(options.target ?? "")
  const [trainRows, testRows] = splitRows(table, target, options)
  const [train, test] = [rowsOf(table, trainRows), rowsOf(table, testRows)]
  const { task, features } = options
  const encoder = new TableEncoder(train, { target, ...(task && { task }), ...(features && { features }) })
  const name = basename(path).replace(/\.(csv|tsv)$/i, "")
  const known = encoder.encode(train, name)
  const preprocessing = await fitted(known, encoder.state, options.preprocess)
  const scale = known.classes === undefined ? scaleOf(known) : null
  const state: TableState = {
    encoder: encoder.state,
    preprocessing: preprocessing?.toJSON() ?? null,
    target: scale,
  }
  return {
    kind: "points",
    name,
    train: await ready(known, preprocessing, scale),
    test: await ready(encoder.encode(test, name), preprocessing, scale),
    table: state,
  }
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
): Promise<ArrayDataset> {
  const { encoder: known } = state
  const encoder = TableEncoder.restore(known)
  const table = await readCsvFile(path, { where: path, types: typesOf(known, true) })
  const task = known.classes === null ? "regression" : "classification"
  const part = rows === "all" ? table : rowsOf(table, splitRows(table, known.target, { task })[1])
  return ready(encoder.encode(part, basename(path)), transformOf(state), state.target)
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

function splitRows(table: Table, target: string, { samples, task }: TableOptions): [number[], number[]] {
  const column = table.columns.find(({ name }) => name === target)
  const inClasses = task === "classification" || (task === undefined && column?.type === "text")
  const groups = new Map<unknown, number[]>()
  const order = Int32Array.from({ length: table.length }, (_, i) => i)
  new Random(SPLIT_SEED).shuffle(order)
  for (const row of order) {
    const key = inClasses ? column?.values[row] : null
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  const [train, test]: [number[], number[]] = [[], []]
  for (const rows of groups.values()) {
    const cut = rows.length - Math.floor(rows.length * HELD_OUT)
    train.push(...rows.slice(0, cut))
    test.push(...rows.slice(cut))
  }
  if (test.length > 0) return [train.slice(0, samples), test]
  throw new NablaError("NABLA_EMPTY_DATA", {
    message: "there are too few rows to hold some out",
    expected: "at least 5 rows, of a class where there are classes",
    got: `${table.length} rows`,
    where: target,
  })
}

function rowsOf(table: Table, rows: readonly number[]): Table {
  const columns = table.columns.map((column): Column => {
    if (column.type === "text") return { ...column, values: rows.map((i) => column.values[i]!) }
    return { ...column, values: Float64Array.from(rows, (i) => column.values[i]!) }
  })
  return { length: rows.length, columns }
}

/** Missing values get a column's mean, categories a feature for each value; then what was asked for. */
async function fitted(
  data: ArrayDataset,
  { features }: TableEncoderState,
  asked: readonly Specification[] = [{ name: "standardize", options: {}, text: "standardize" }],
): Promise<Transform | null> {
  const stages: Transform[] = []
  // Rows that come later may lack values, too.
  stages.push(new Imputer({ strategy: "median" }))
  const columns = features.flatMap(({ categories }, j) => (categories === null ? [] : [j]))
  if (columns.length > 0) stages.push(new OneHotEncoder({ columns }))
  for (const step of asked) if (step.name !== "none") stages.push(makeStep(step))
  return new Pipeline(stages).fit(data)
}

function scaleOf(data: ArrayDataset): TargetScale {
  const targets = Array.from(data.targets)
  const mean = targets.reduce((sum, y) => sum + y, 0) / targets.length
  const squares = targets.reduce((sum, y) => sum + (y - mean) ** 2, 0)
  return { mean, std: Math.sqrt(squares / targets.length) || 1 }
}

async function ready(
  data: ArrayDataset,
  preprocessing: Transform | null,
  scale: TargetScale | null,
): Promise<ArrayDataset> {
  const inputs = preprocessing === null ? data : await preprocess(data, preprocessing)
  if (scale === null) return inputs
  const targets = Float32Array.from(data.targets, (y) => (y - scale.mean) / scale.std)
  return { ...inputs, targets }
}

import { NablaError } from "../base/index.ts"
import type { Column, Table } from "../io/index.ts"
import { checkNames, checkWord } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"

export interface TableEncoderOptions {
  /** Name of the column that is to be predicted. */
  readonly target: string
  /** Names of the columns that it is predicted from. Default: all others. */
  readonly features?: readonly string[]
  /** Default: classification for a target of texts, regression for one of numbers. */
  readonly task?: "classification" | "regression"
}

/** A feature: a column of numbers, or one of texts, which become the number of their place in `categories`. */
export interface FeatureColumn {
  readonly name: string
  readonly categories: readonly string[] | null
}

/** Class numbers [], or values [1]. */
export interface EncodedTargets {
  readonly targets: Int32Array | Float32Array
  readonly targetShape: readonly number[]
  readonly classes?: number
}

/** A text that is no category, and where it stands. */
export interface UnseenText {
  /** From 0. */
  readonly row: number
  readonly column: string
  readonly text: string
}

export interface TableEncoderState {
  readonly features: readonly FeatureColumn[]
  readonly target: string
  /** Names of the classes, ascending; null for regression. */
  readonly classes: readonly string[] | null
}

/**
 * Turns tables into data sets, later ones by what it learned from the training table: which text is which number.
 *
 * inputs [features] float32, NaN where a number is missing, a text is missing or the training table did not have it (see
 * Imputer, and OneHotEncoder for categories). Targets: class numbers [] int32, or values [1] float32.
 *
 * @throws NABLA_INVALID_ARGUMENT for columns and options that do not exist
 * @throws NABLA_DATA_MISMATCH for a target that is missing, or is no class that the training table had
 *
 * @example
 * const table = await readCsv("x,y,kind\n1,2,a\n3,4,b\n")
 * const encoder = new TableEncoder(table, { target: "kind" })
 * const dataset = encoder.encode(table) // inputs [2], classes 2
 */
export class TableEncoder {
  readonly state: TableEncoderState

  constructor(training: Table, options: TableEncoderOptions) {
    checkNames("TableEncoder", options, ["target", "features", "task"])
    const target = columnOf(training, options.target)
    const others = training.columns.map(({ name }) => name).filter((name) => name !== target.name)
    const features = (options.features ?? others).map((name): FeatureColumn => {
      const column = columnOf(training, name)
      return { name, categories: column.type === "text" ? distinct(column) : null }
    })
    const { task = target.type === "text" ? "classification" : "regression" } = options
    checkWord("TableEncoder", "task", task, ["classification", "regression"])
    if (features.length === 0 || (task === "regression" && target.type === "text")) {
      const message =
        features.length === 0 ? "there is no feature" : "texts are no values to predict by regression"
      throw new NablaError("NABLA_INVALID_ARGUMENT", { message, where: `TableEncoder of ${target.name}` })
    }
    this.state = {
      features,
      target: target.name,
      classes: task === "classification" ? distinct(target) : null,
    }
  }

  /**
   * An encoder from what toJSON gave.
   *
   * @throws NABLA_FILE_FORMAT for anything else
   */
  static restore(state: unknown): TableEncoder {
    if (!isState(state))
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "this is no saved table encoder",
        expected: "{ features: [{ name, categories }], target, classes }",
        where: "TableEncoder.restore",
      })
    return Object.assign(Object.create(TableEncoder.prototype) as TableEncoder, { state })
  }

  /** The number of inputs, in order of the features. */
  get names(): readonly string[] {
    return this.state.features.map(({ name }) => name)
  }

  /** The features alone, row after row: [rows, features]. The target need not be there. */
  encodeInputs(table: Table): Float32Array {
    const { features } = this.state
    const width = features.length
    const inputs = new Float32Array(table.length * width)
    for (const [j, feature] of features.entries()) {
      const value = featureValues(columnOf(table, feature.name), feature)
      for (let i = 0; i < table.length; i++) inputs[i * width + j] = value(i)
    }
    return inputs
  }

  /** The targets alone, row after row. The features need not be there. */
  encodeTargets(table: Table): EncodedTargets {
    const { target, classes } = this.state
    const column = columnOf(table, target)
    if (classes === null)
      return {
        targets: Float32Array.from({ length: table.length }, (_, i) => targetValue(column, i)),
        targetShape: [1],
      }
    const numbers = new Map(classes.map((text, k) => [text, k]))
    const targets = Int32Array.from({ length: table.length }, (_, i) => {
      const number = numbers.get(String(column.values[i]))
      if (number === undefined || isMissing(column.values[i])) throw badTarget(column, i, classes.join(", "))
      return number
    })
    return { targets, targetShape: [], classes: classes.length }
  }

  /** A table with the same columns as a data set. */
  encode(table: Table, name = "table"): ArrayDataset {
    const inputs = this.encodeInputs(table)
    return arrayDataset({ name, inputs, inputShape: [this.names.length], ...this.encodeTargets(table) })
  }

  /** Texts among the features that the training table did not have: they are encoded as if they were missing. */
  unseen(table: Table): UnseenText[] {
    return this.state.features.flatMap(({ name, categories }) => {
      if (categories === null) return []
      const known = new Set(categories)
      const values: readonly (string | number | null)[] = [...columnOf(table, name).values]
      return values.flatMap((value, row) =>
        isMissing(value) || known.has(String(value)) ? [] : [{ row, column: name, text: String(value) }],
      )
    })
  }

  toJSON(): TableEncoderState {
    return this.state
  }
}

function isState(value: unknown): value is TableEncoderState {
  const isTexts = (list: unknown): boolean =>
    list === null || (Array.isArray(list) && list.every((text) => typeof text === "string"))
  const state = value as Partial<TableEncoderState> | null | undefined
  if (typeof state?.target !== "string" || !Array.isArray(state.features) || !isTexts(state.classes))
    return false
  return (state.features as (Partial<FeatureColumn> | null)[]).every(
    (feature) => typeof feature?.name === "string" && isTexts(feature.categories),
  )
}

const isMissing = (value: string | number | null | undefined): boolean =>
  value === null || value === undefined || Number.isNaN(value)

function distinct(column: Column): string[] {
  const present = new Set<string | number | null>(column.values)
  const values = [...present].filter((value) => !isMissing(value))
  if (column.type === "number") values.sort((a, b) => Number(a) - Number(b))
  else values.sort()
  return values.map(String)
}

function featureValues(column: Column, { categories }: FeatureColumn): (row: number) => number {
  const { values } = column
  if (categories === null) {
    if (column.type === "number") return (row) => values[row] as number
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "the column holds texts, but numbers in the training table",
      where: `column ${column.name}`,
      hint: 'read it with { types: { … : "number" } } to see where',
    })
  }
  const numbers = new Map(categories.map((text, k) => [text, k]))
  return (row) => numbers.get(String(values[row])) ?? Number.NaN
}

function targetValue(column: Column, row: number): number {
  const value = column.values[row]
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw badTarget(column, row, "a number")
}

function badTarget(column: Column, row: number, expected: string): NablaError {
  const value = column.values[row]
  return new NablaError("NABLA_DATA_MISMATCH", {
    message: `row ${row + 1} has no such target`,
    expected: expected.slice(0, 200),
    got: isMissing(value) ? "a missing value" : String(value).slice(0, 80),
    where: `column ${column.name}`,
    hint: "leave rows without a target out",
  })
}

function columnOf(table: Table, name: string): Column {
  const column = table.columns.find((it) => it.name === name)
  if (column !== undefined) return column
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the table has no such column",
    expected: table.columns
      .map((it) => it.name)
      .join(", ")
      .slice(0, 300),
    got: String(name),
    where: "TableEncoder",
  })
}

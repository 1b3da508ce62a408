import { NablaError } from "../../base/index.ts"
import type { AnyDataset, FeatureColumn, TableEncoder } from "../../data/index.ts"
import type { Column, ColumnType, Table } from "../../io/index.ts"
import { csvFileBatches } from "../../io/node.ts"
import { RowStore } from "./row-store.ts"

/** Different texts of a column beyond which it is no category but names or sentences. */
const MOST_TEXTS = 100_000
/** Rows that are looked at together. */
const TOGETHER = 4096

/** Texts of a column by the order in which they came. */
interface Texts {
  readonly list: string[]
  readonly numbers: Map<string, number>
}

/**
 * A table that was read once, part after part: numbers as float32, texts as their numbers, a row after the other in a
 * store that goes to a file where there are many. The target stays in memory, to the last bit.
 */
export class StoredTable {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
  private readonly texts: readonly (Texts | null)[]
  private readonly rows: RowStore
  private readonly at: number
  private readonly target: Float64Array
  /** Rows on their way: arrays that are made anew for each part would pile up until they are collected. */
  private readonly scratch: Float32Array

  private constructor(
    columns: readonly Column[],
    texts: readonly (Texts | null)[],
    rows: RowStore,
    at: number,
    target: Float64Array,
  ) {
    this.columns = columns.map(({ name, type }) => ({ name, type }))
    this.texts = texts
    this.rows = rows
    this.at = at
    this.target = target
    this.scratch = new Float32Array(TOGETHER * rows.width)
  }

  /**
   * Reads a CSV or TSV.
   *
   * @throws NABLA_EMPTY_DATA without a row, NABLA_INVALID_ARGUMENT without the target, NABLA_DATA_MISMATCH for a column
   * of too many texts, and the errors of csvFileBatches
   */
  static async read(
    path: string,
    target: string,
    types: Readonly<Record<string, ColumnType>> = {},
  ): Promise<StoredTable> {
    let head: readonly Column[] | null = null
    let [rows, texts] = [new RowStore(1), [] as (Texts | null)[]]
    const targets: Float64Array[] = []
    let at = -1
    for await (const { columns, length } of csvFileBatches(path, { where: path, types })) {
      if (head === null) {
        head = columns
        at = columns.findIndex(({ name }) => name === target)
        rows = new RowStore(columns.length)
        texts = columns.map(({ type }) => (type === "text" ? { list: [], numbers: new Map() } : null))
      }
      const numbers = columns.map((column, j) => numbersOf(column, texts[j]!, path))
      if (at >= 0) targets.push(numbers[at]!)
      const part = new Float32Array(length * columns.length)
      for (const [j, values] of numbers.entries())
        for (let i = 0; i < length; i++) part[i * columns.length + j] = values[i]!
      rows.append(part)
    }
    if (head === null) throw new NablaError("NABLA_EMPTY_DATA", { message: "there is no row", where: path })
    if (at < 0) {
      const expected = head.map(({ name }) => name).join(", ")
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "the table has no such column",
        expected: expected.slice(0, 300),
        got: target,
        where: path,
      })
    }
    return new StoredTable(head, texts, rows, at, joined(targets))
  }

  get length(): number {
    return this.target.length
  }

  /** What stands for the target of a row: equal for equal targets. */
  targetKey(row: number): number {
    return this.target[row]!
  }

  /** Gives memory and file back. */
  close(): void {
    this.rows.close()
  }

  /** A table with the distinct texts of rows, and their distinct targets: what an encoder learns from. */
  distinct(rows: ArrayLike<number>, wholeTarget: boolean): Table {
    const { width } = this.rows
    const seen = this.texts.map((texts) => texts && new Uint8Array(texts.list.length))
    for (const part of parts(rows)) {
      const values = this.rows.read(part, this.scratch)
      for (const [j, marks] of seen.entries())
        if (marks !== null)
          for (let i = j; i < part.length * width; i += width)
            if (!Number.isNaN(values[i]!)) marks[values[i]!] = 1
    }
    const targets = new Set<number>()
    if (wholeTarget) for (let i = 0; i < rows.length; i++) targets.add(this.target[rows[i]!]!)
    const columns = this.columns.map(({ name }, j): Column => {
      const texts = this.texts[j]
      if (texts) return { name, type: "text", values: texts.list.filter((_, k) => seen[j]![k] === 1) }
      return { name, type: "number", values: Float64Array.from(j === this.at ? targets : []) }
    })
    return { length: Math.max(...columns.map(({ values }) => values.length)), columns }
  }

  /** Some rows as a table. */
  part(rows: ArrayLike<number>): Table {
    const values = this.rows.read(rows)
    const { width } = this.rows
    const columns = this.columns.map(({ name }, j): Column => {
      const number = (i: number): number => (j === this.at ? this.target[rows[i]!]! : values[i * width + j]!)
      const texts = this.texts[j]
      if (texts)
        return { name, type: "text", values: Array.from(rows, (_, i) => texts.list[number(i)] ?? null) }
      const column = new Float64Array(rows.length)
      for (let i = 0; i < rows.length; i++) column[i] = number(i)
      return { name, type: "number", values: column }
    })
    return { length: rows.length, columns }
  }

  /** Rows as samples, which are encoded when they are read. */
  dataset(name: string, encoder: TableEncoder, rows: Int32Array): AnyDataset {
    // Tells what columns do not fit; what follows does the same for many rows without tables in between.
    encoder.encodeInputs(this.part(rows.subarray(0, 1)))
    const sources = encoder.state.features.map((feature) => this.sourceOf(feature))
    const inputs = (indices: ArrayLike<number>): Float32Array => {
      const width = sources.length
      const out = new Float32Array(indices.length * width)
      for (let begin = 0; begin < indices.length; begin += TOGETHER) {
        const end = Math.min(indices.length, begin + TOGETHER)
        const chosen = Int32Array.from({ length: end - begin }, (_, i) => rows[indices[begin + i]!]!)
        const values = this.rows.read(chosen, this.scratch)
        for (const [j, { at, numbers }] of sources.entries())
          for (let i = 0; i < chosen.length; i++) {
            const value = values[i * this.rows.width + at]!
            out[(begin + i) * width + j] =
              numbers === null || Number.isNaN(value) ? value : (numbers[value] as number)
          }
      }
      return out
    }
    return {
      name,
      length: rows.length,
      inputShape: [sources.length],
      ...encoder.encodeTargets(this.targets(rows)),
      readInputs: inputs,
    }
  }

  /** The column of a feature, and the category of each of its texts: NaN for one that the training rows did not have. */
  private sourceOf({ name, categories }: FeatureColumn): { at: number; numbers: Float32Array | null } {
    const at = this.columns.findIndex((column) => column.name === name)
    const texts = this.texts[at]
    if (!texts || categories === null) return { at, numbers: null }
    const places = new Map(categories.map((text, k) => [text, k]))
    return { at, numbers: Float32Array.from(texts.list, (text) => places.get(text) ?? Number.NaN) }
  }

  private targets(rows: Int32Array): Table {
    const { name } = this.columns[this.at]!
    const texts = this.texts[this.at]
    const column: Column = texts
      ? { name, type: "text", values: Array.from(rows, (row) => texts.list[this.target[row]!] ?? null) }
      : { name, type: "number", values: Float64Array.from(rows, (row) => this.target[row]!) }
    return { length: rows.length, columns: [column] }
  }
}

/** A column as numbers: texts by their place among those that came before; NaN for what is missing. */
function numbersOf(column: Column, texts: Texts | null, path: string): Float64Array {
  if (column.type === "number") return column.values
  const { list, numbers } = texts!
  return Float64Array.from(column.values, (text) => {
    if (text === null) return Number.NaN
    const known = numbers.get(text)
    if (known !== undefined) return known
    if (list.length === MOST_TEXTS) throw tooMany(column.name, path)
    numbers.set(text, list.length)
    return list.push(text) - 1
  })
}

function tooMany(column: string, path: string): NablaError {
  return new NablaError("NABLA_DATA_MISMATCH", {
    message: `the column ${column.slice(0, 40)} has more than ${MOST_TEXTS} different texts`,
    expected: "numbers, or categories",
    where: path,
    hint: "leave the column out of the file: such texts say nothing of other rows",
  })
}

function* parts(rows: ArrayLike<number>): Generator<Int32Array> {
  for (let begin = 0; begin < rows.length; begin += TOGETHER)
    yield Int32Array.from({ length: Math.min(TOGETHER, rows.length - begin) }, (_, i) => rows[begin + i]!)
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

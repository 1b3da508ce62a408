import { NablaError } from "../../base/index.ts"
import type { RecordOptions, TextSource } from "./records.ts"
import { textRecords } from "./records.ts"

export type ColumnType = "number" | "text"

/** A column of numbers, where a missing one is NaN, or of texts, where it is null. */
export type Column =
  | { readonly name: string; readonly type: "number"; readonly values: Float64Array }
  | { readonly name: string; readonly type: "text"; readonly values: readonly (string | null)[] }

export interface Table {
  /** Number of rows. */
  readonly length: number
  readonly columns: readonly Column[]
}

export interface CsvOptions extends RecordOptions {
  /** Whether the first record holds the columns' names; otherwise they are column1, column2 … Default: true. */
  readonly header?: boolean
  /** Types of columns by name. Default: number where all values in the first `batchSize` rows are numbers, else text. */
  readonly types?: Readonly<Record<string, ColumnType>>
  /** Texts that stand for a missing value, besides an empty one. Default: NA, N/A, NaN, nan, null, ?. */
  readonly missing?: readonly string[]
  /** Rows of a batch. Default: 4096. */
  readonly batchSize?: number
}

const MISSING = ["NA", "N/A", "NaN", "nan", "null", "?"]
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

interface Schema {
  readonly names: readonly string[]
  readonly types: readonly ColumnType[]
}

/**
 * Reads CSV or TSV in batches of rows: a file of any size takes the memory of one batch.
 *
 * Fields may be quoted as in RFC 4180. Names and types are the same in all batches.
 *
 * @throws NABLA_FILE_FORMAT for wrong quotes, text that is no UTF-8, a row that has not as many fields as the header, a
 * name that comes twice, and a field that is no number in a column of numbers; it names row and column
 * @throws NABLA_INVALID_ARGUMENT when `types` names a column that there is not
 *
 * @example for await (const table of csvBatches("x,y\n1,a\n2,b\n")) console.log(table.length)
 */
export async function* csvBatches(
  source: TextSource,
  options: CsvOptions = {},
): AsyncGenerator<Table, void, undefined> {
  const { header = true, batchSize = 4096, where = "the file" } = options
  const missing = new Set(["", ...(options.missing ?? MISSING)])
  let names: readonly string[] | null = null
  let schema: Schema | null = null
  let rows: string[][] = []
  let first = 1
  const build = (batch: string[][]): Table => {
    schema ??= { names: names!, types: columnTypes(names!, batch, missing, options) }
    const table = toTable(schema, batch, missing, first, where)
    first += batch.length
    return table
  }
  for await (const records of textRecords(source, options)) {
    for (const record of records) {
      const fields = withoutReturn(record)
      if (names === null) {
        names = header ? columnNames(fields, where) : fields.map((_, i) => `column${i + 1}`)
        if (header) continue
      }
      if (fields.length !== names.length)
        throw ragged(where, first + rows.length, names.length, fields.length)
      rows.push(fields)
      if (rows.length < batchSize) continue
      yield build(rows)
      rows = []
    }
  }
  if (rows.length > 0 || (schema === null && names !== null)) yield build(rows)
}

/**
 * Reads a whole CSV or TSV. Options and errors as csvBatches.
 *
 * @throws NABLA_EMPTY_DATA when there is not even a header
 *
 * @example const { columns } = await readCsv("name,height\nAda,1.65\nAlan,\n")
 */
export async function readCsv(source: TextSource, options: CsvOptions = {}): Promise<Table> {
  const tables: Table[] = []
  for await (const table of csvBatches(source, options)) tables.push(table)
  return joinTables(tables, options.where ?? "the file", "CSV")
}

/** Tables with the same columns, one below the other. @throws NABLA_EMPTY_DATA when there is none */
export function joinTables(tables: readonly Table[], where: string, format: string): Table {
  const [head] = tables
  if (head === undefined)
    throw new NablaError("NABLA_EMPTY_DATA", { message: `there is no row (${format})`, where })
  const length = tables.reduce((sum, table) => sum + table.length, 0)
  const columns = head.columns.map((column, i): Column => {
    const { name, type } = column
    if (type === "text")
      return { name, type, values: tables.flatMap(({ columns }) => columns[i]!.values as string[]) }
    const values = new Float64Array(length)
    let at = 0
    for (const table of tables) {
      values.set(table.columns[i]!.values as Float64Array, at)
      at += table.length
    }
    return { name, type, values }
  })
  return { length, columns }
}

/** Where lines end in two ways, one of their characters is left at the end of a record. */
function withoutReturn(record: string[]): string[] {
  const last = record.at(-1)!
  if (last.endsWith("\r")) record[record.length - 1] = last.slice(0, -1)
  return record
}

function columnNames(fields: readonly string[], where: string): string[] {
  const names = fields.map((field) => field.trim())
  const bad = names.findIndex((name, i) => name === "" || names.indexOf(name) !== i)
  if (bad < 0) return names
  throw malformed(
    where,
    "the columns' names are not distinct",
    "a name of its own for each",
    names[bad] || "none",
  )
}

function columnTypes(
  names: readonly string[],
  rows: readonly string[][],
  missing: ReadonlySet<string>,
  { types = {}, where = "the file" }: CsvOptions,
): ColumnType[] {
  const unknown = Object.keys(types).find((name) => !names.includes(name))
  if (unknown !== undefined) {
    const expected = names.join(", ").slice(0, 300)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such column",
      expected,
      got: unknown,
      where,
    })
  }
  return names.map((name, i) => {
    if (Object.hasOwn(types, name)) return types[name]!
    const present = rows.map((row) => row[i]!.trim()).filter((field) => !missing.has(field))
    return present.every((field) => NUMBER.test(field)) ? "number" : "text"
  })
}

function toTable(
  { names, types }: Schema,
  rows: readonly string[][],
  missing: ReadonlySet<string>,
  first: number,
  where: string,
): Table {
  const columns = names.map((name, i): Column => {
    if (types[i] === "text") {
      const values = rows.map((row) => (missing.has(row[i]!.trim()) ? null : row[i]!))
      return { name, type: "text", values }
    }
    const values = new Float64Array(rows.length)
    for (const [k, row] of rows.entries()) {
      const field = row[i]!.trim()
      const number = missing.has(field) ? Number.NaN : Number(field)
      if (!missing.has(field) && !(NUMBER.test(field) && Number.isFinite(number)))
        throw noNumber(where, name, first + k, field)
      values[k] = number
    }
    return { name, type: "number", values }
  })
  return { length: rows.length, columns }
}

function ragged(where: string, row: number, expected: number, got: number): NablaError {
  return malformed(where, `row ${row} has another number of fields`, `${expected} fields`, `${got} fields`)
}

function noNumber(where: string, column: string, row: number, field: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `row ${row} of column ${column.slice(0, 40)} is no number (CSV)`,
    expected: "a finite number, as in the rows before, or a missing value",
    got: JSON.stringify(field.slice(0, 80)),
    where,
    hint: `give { types: { ${JSON.stringify(column.slice(0, 40))}: "text" } }, or add it to \`missing\``,
  })
}

function malformed(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `${message} (CSV)`,
    expected,
    got: got.slice(0, 80),
    where,
  })
}

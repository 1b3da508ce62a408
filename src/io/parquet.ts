import type { ColumnMetaData, FileMetaData, SchemaTree } from "hyparquet"
import { NablaError } from "../base/index.ts"
import type { Column, Table } from "./csv/table.ts"
import { joinTables } from "./csv/table.ts"
import type { Slice } from "./parquet/footer.ts"
import { readFooter } from "./parquet/footer.ts"
import type { Put, Unpack } from "./parquet/pages.ts"
import { PageReader } from "./parquet/pages.ts"

export type { Unpack } from "./parquet/pages.ts"

/** Bytes that are read from any place: a `Blob` or `File` of a browser, or what reads parts of a file. */
export interface RandomAccess {
  readonly byteLength: number
  slice(begin: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>
}

export interface ParquetOptions {
  /** Names of the columns to read. Default: all. */
  readonly columns?: readonly string[]
  /** Compressions besides none and SNAPPY, by their names: GZIP, BROTLI, ZSTD, LZ4_RAW. */
  readonly unpackers?: Readonly<Record<string, Unpack>>
  /**
   * Values (rows times columns) above which a file is taken for damaged, since a few bytes can say that one value comes
   * a billion times. Default: 2²⁴, and 64 for each byte of the file.
   */
  readonly mostValues?: number
  /** The file, for errors. */
  readonly where?: string
}

/** See ParquetOptions. */
const FREE_VALUES = 2 ** 24
const VALUES_OF_A_BYTE = 64

/**
 * Reads the rows of a Parquet file as tables like those of a CSV, one for each of its row groups: a file of any size
 * takes the memory of one group.
 *
 * Booleans are 0 and 1; dates and times are milliseconds since 1970; a missing number is NaN, a missing text null.
 *
 * Whatever a file says of its sizes is held against its bytes before anything is made of it, so that a damaged one takes
 * no more time and memory than `mostValues` allows.
 *
 * @throws NABLA_FILE_FORMAT for a damaged file, columns that are nested or hold raw bytes, whole numbers that a double
 * cannot hold, and compressions that are not there; it names the column
 * @throws NABLA_INVALID_ARGUMENT when `columns` names a column that there is not
 *
 * @example for await (const table of parquetBatches(await file.arrayBuffer())) console.log(table.length)
 */
export async function* parquetBatches(
  source: ArrayBuffer | Uint8Array | Blob | RandomAccess,
  options: ParquetOptions = {},
): AsyncGenerator<Table, void, undefined> {
  const { where = "the file" } = options
  const { size, slice } = accessTo(source)
  const { metadata, schema, pages } = await guarded(where, () => begin(size, slice, options))
  const chosen = chosenColumns(schema, options, where)
  for (const { num_rows, columns: chunks } of metadata.row_groups) {
    const length = Number(num_rows)
    const found = new Map(chunks.map(({ meta_data }) => [meta_data!.path_in_schema.join("."), meta_data!]))
    const columns: Column[] = []
    for (const column of chosen) {
      const { made, put } = emptyColumn(column, length, where)
      await guarded(where, () => fill(pages, column, found.get(column.name), length, slice, put), column.name)
      columns.push(made)
    }
    if (length > 0) yield { length, columns }
  }
}

/**
 * Reads a whole Parquet file as one table. Options and errors as {@link parquetBatches}.
 *
 * @throws NABLA_EMPTY_DATA when there is no row
 *
 * @example const { columns } = await readParquet(bytes, { columns: ["price", "rooms"] })
 */
export async function readParquet(
  source: ArrayBuffer | Uint8Array | Blob | RandomAccess,
  options: ParquetOptions = {},
): Promise<Table> {
  const tables: Table[] = []
  for await (const table of parquetBatches(source, options)) tables.push(table)
  return joinTables(tables, options.where ?? "the file", "Parquet")
}

/** A column that is read. */
interface Chosen {
  readonly name: string
  readonly type: "number" | "text"
  /** The schema from its root to the column. */
  readonly path: SchemaTree[]
}

const parsers = {
  timestampFromMilliseconds: (time: bigint) => Number(time),
  timestampFromMicroseconds: (time: bigint) => Number(time) / 1e3,
  timestampFromNanoseconds: (time: bigint) => Number(time) / 1e6,
  dateFromDays: (days: number) => days * 86_400_000,
  jsonFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
}

async function begin(
  size: number,
  slice: Slice,
  options: ParquetOptions,
): Promise<{ metadata: FileMetaData; schema: SchemaTree; pages: PageReader }> {
  const { unpackers = {}, where = "the file" } = options
  const { mostValues = FREE_VALUES + VALUES_OF_A_BYTE * size } = options
  // Loaded when it is needed, so that programs without tables do not carry it.
  const { parquetSchema } = await import("hyparquet")
  const metadata = await readFooter(size, slice)
  checkSizes(metadata, { size, mostValues, where })
  const pages = await PageReader.make(parsers as never, unpackers)
  return { metadata, schema: parquetSchema(metadata), pages }
}

/** What the file says of its own sizes must fit into it, before anything is read by it. */
function checkSizes(
  { row_groups, num_rows }: FileMetaData,
  { size, mostValues, where }: { size: number; mostValues: number; where: string },
): void {
  let [rows, values] = [0, 0]
  for (const group of row_groups) {
    const length = Number(group.num_rows)
    if (!(length >= 0)) throw malformed(where, `a row group says it has ${length} rows`)
    rows += length
    values += length * group.columns.length
    for (const { meta_data } of group.columns) {
      if (meta_data === undefined) throw malformed(where, "a column is described in another file")
      const { begin, end } = placeOf(meta_data)
      if (!(begin >= 4 && begin <= end && end <= size))
        throw malformed(where, "a column lies outside of the file")
      if (meta_data.path_in_schema.length === 1 && Number(meta_data.num_values) !== length)
        throw malformed(where, "a column has not as many values as there are rows")
    }
  }
  if (rows !== Number(num_rows)) throw malformed(where, `there are ${rows} rows instead of ${num_rows}`)
  if (values > mostValues)
    throw malformed(where, `it says that it holds ${values} values in ${size} bytes`, "raise { mostValues }")
}

/** Where the pages of a column are; some writers say 0 where there is no dictionary. */
function placeOf(column: ColumnMetaData): { begin: number; end: number } {
  const { dictionary_page_offset, data_page_offset, total_compressed_size } = column
  const [dictionary, data] = [Number(dictionary_page_offset ?? 0), Number(data_page_offset)]
  const begin = dictionary > 0 && dictionary < data ? dictionary : data
  return { begin, end: begin + Number(total_compressed_size) }
}

async function fill(
  pages: PageReader,
  { path }: Chosen,
  found: ColumnMetaData | undefined,
  rows: number,
  slice: Slice,
  put: Put,
): Promise<void> {
  const { element } = path.at(-1)!
  if (found === undefined || found.type !== element.type) throw new Error("a row group has no such column")
  const { begin, end } = placeOf(found)
  const { type, codec } = found
  pages.read(await slice(begin, end), { type, codec, element, schemaPath: path, rows }, put)
}

function accessTo(source: ArrayBuffer | Uint8Array | Blob | RandomAccess): { size: number; slice: Slice } {
  if (source instanceof Uint8Array)
    return { size: source.byteLength, slice: async (begin, end) => source.slice(begin, end) }
  const size = "byteLength" in source ? source.byteLength : source.size
  const read = async (begin: number, end: number): Promise<ArrayBuffer> => {
    const part = await source.slice(begin, end)
    return part instanceof Blob ? part.arrayBuffer() : part
  }
  return { size, slice: async (begin, end) => new Uint8Array(await read(begin, end)) }
}

function chosenColumns(schema: SchemaTree, { columns }: ParquetOptions, where: string): Chosen[] {
  const known = schema.children.map(({ element }) => element.name)
  const unknown = columns?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    const expected = known.join(", ").slice(0, 300)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such column",
      expected,
      got: unknown,
      where,
    })
  }
  const places = new Map(known.map((name, i) => [name, i]))
  return (columns ?? known).map((name) => {
    const child = schema.children[places.get(name)!]!
    const { element, children } = child
    if (children.length > 0 || element.repetition_type === "REPEATED")
      throw malformed(where, `the column ${name.slice(0, 40)} is nested`, "leave it out with { columns }")
    return { name, type: isNumber(element) ? "number" : "text", path: [schema, child] }
  })
}

function isNumber({ type, converted_type, logical_type }: SchemaTree["element"]): boolean {
  if (type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY") return true
  return converted_type === "DECIMAL" || logical_type?.type === "DECIMAL" || logical_type?.type === "FLOAT16"
}

/** A column without values, and what puts one into a row. */
function emptyColumn({ name, type }: Chosen, length: number, where: string): { made: Column; put: Put } {
  const bad = (row: number): NablaError =>
    malformed(
      where,
      `row ${row + 1} of its group in column ${name.slice(0, 40)} is no ${type}`,
      "leave the column out with { columns }",
    )
  if (type === "text") {
    const values: (string | null)[] = []
    const put: Put = (row, value) => {
      if (value !== null && typeof value !== "string") throw bad(row)
      values.push(value)
    }
    return { made: { name, type, values }, put }
  }
  const values = new Float64Array(length)
  const put: Put = (row, value) => {
    if (value === null) values[row] = Number.NaN
    else if (typeof value === "number" || typeof value === "boolean") values[row] = Number(value)
    else if (typeof value === "bigint" && BigInt(Number(value)) === value) values[row] = Number(value)
    else throw bad(row)
  }
  return { made: { name, type, values }, put }
}

/** What the reader throws has no code: it is the file's fault. */
async function guarded<T>(where: string, read: () => T | Promise<T>, column?: string): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof NablaError) throw cause
    const what =
      column === undefined ? "the file cannot be read" : `column ${column.slice(0, 40)} cannot be read`
    const got = (cause instanceof Error ? cause.message : String(cause)).slice(0, 200)
    throw new NablaError("NABLA_FILE_FORMAT", { message: `${what} (Parquet)`, got, where, cause })
  }
}

function malformed(where: string, message: string, hint?: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `${message} (Parquet)`,
    where,
    ...(hint && { hint }),
  })
}

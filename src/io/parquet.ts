import type { FileMetaData, ParquetScan, SchemaTree } from "hyparquet"
import { NablaError } from "../base/index.ts"
import type { Column, Table } from "./csv/table.ts"
import { joinTables } from "./csv/table.ts"

/** Bytes that are read from any place: a `Blob` or `File` of a browser, or what reads parts of a file. */
export interface RandomAccess {
  readonly byteLength: number
  slice(begin: number, end?: number): ArrayBuffer | Promise<ArrayBuffer>
}

/** Unpacks `bytes` to exactly `length` bytes, or throws. */
export type Unpack = (bytes: Uint8Array, length: number) => Uint8Array

export interface ParquetOptions {
  /** Names of the columns to read. Default: all. */
  readonly columns?: readonly string[]
  /** Compressions besides none and SNAPPY, by their names: GZIP, BROTLI, ZSTD, LZ4_RAW. */
  readonly unpackers?: Readonly<Record<string, Unpack>>
  /** The file, for errors. */
  readonly where?: string
}

/** Rows of a group, and bytes of a page, above which the file is taken for damaged. */
const MOST_ROWS = 2 ** 26
/** Snappy makes at most 64 bytes of 3. */
const SNAPPY_GROWTH = 22

/**
 * Reads the rows of a Parquet file as tables like those of a CSV, one for each of its row groups: a file of any size
 * takes the memory of one group.
 *
 * Booleans are 0 and 1; dates and times are milliseconds since 1970; a missing number is NaN, a missing text null.
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
  const { scan, schema } = await guarded(where, () => begin(accessTo(source), options))
  const chosen = chosenColumns(schema, options, where)
  let first = 0
  for (const { num_rows } of scan.metadata.row_groups) {
    const length = Number(num_rows)
    const columns: Column[] = []
    for (const column of chosen) {
      const read = (): Promise<Values> =>
        scan.readColumn({ column: column.name, rowStart: first, rowEnd: first + length })
      columns.push(columnOf(column, await guarded(where, read, column.name), length, where))
    }
    if (length > 0) yield { length, columns }
    first += length
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

type Values = ArrayLike<unknown>

interface Chosen {
  readonly name: string
  readonly type: "number" | "text"
}

async function begin(
  file: RandomAccess,
  { unpackers = {}, where = "the file" }: ParquetOptions,
): Promise<{ scan: ParquetScan; schema: SchemaTree }> {
  // Loaded when it is needed, so that programs without tables do not carry it.
  const { parquetMetadataAsync, parquetScan, parquetSchema, snappyUncompress } = await import("hyparquet")
  const metadata = await parquetMetadataAsync(file, { geoparquet: false })
  checkSizes(metadata, file.byteLength, where)
  const snappy: Unpack = (bytes, length) => {
    if (length > SNAPPY_GROWTH * bytes.length + 64)
      throw new Error(`${bytes.length} bytes do not make ${length}`)
    const output = new Uint8Array(length)
    snappyUncompress(bytes, output)
    return output
  }
  const parsers = {
    timestampFromMilliseconds: (time: bigint) => Number(time),
    timestampFromMicroseconds: (time: bigint) => Number(time) / 1e3,
    timestampFromNanoseconds: (time: bigint) => Number(time) / 1e6,
    dateFromDays: (days: number) => days * 86_400_000,
    jsonFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  }
  const compressors = { SNAPPY: snappy, ...unpackers }
  const scan = await parquetScan({
    file,
    metadata,
    parsers,
    compressors,
    geoparquet: false,
    useOffsetIndex: false,
  })
  return { scan, schema: parquetSchema(metadata) }
}

/** What the file says of its own sizes must fit into it, before anything is read by it. */
function checkSizes({ row_groups, num_rows }: FileMetaData, size: number, where: string): void {
  let rows = 0
  for (const group of row_groups) {
    const length = Number(group.num_rows)
    if (!(length >= 0 && length <= MOST_ROWS))
      throw malformed(where, `a row group says it has ${length} rows`)
    rows += length
    for (const { meta_data } of group.columns) {
      if (meta_data === undefined) throw malformed(where, "a column is described in another file")
      const begin = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset)
      if (!(begin >= 4 && begin + Number(meta_data.total_compressed_size) <= size))
        throw malformed(where, "a column lies outside of the file")
      if (meta_data.path_in_schema.length === 1 && Number(meta_data.num_values) !== length)
        throw malformed(where, "a column has not as many values as there are rows")
    }
  }
  if (rows !== Number(num_rows)) throw malformed(where, `there are ${rows} rows instead of ${num_rows}`)
}

function accessTo(source: ArrayBuffer | Uint8Array | Blob | RandomAccess): RandomAccess {
  if (source instanceof Uint8Array) {
    const { byteLength } = source
    return { byteLength, slice: (begin, end) => source.slice(begin, end).buffer as ArrayBuffer }
  }
  if ("byteLength" in source) return source
  return { byteLength: source.size, slice: (begin, end) => source.slice(begin, end).arrayBuffer() }
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
  return (columns ?? known).map((name) => {
    const { element, children } = schema.children[known.indexOf(name)]!
    if (children.length > 0 || element.repetition_type === "REPEATED")
      throw malformed(where, `the column ${name.slice(0, 40)} is nested`, "leave it out with { columns }")
    return { name, type: isNumber(element) ? "number" : "text" }
  })
}

function isNumber({ type, converted_type, logical_type }: SchemaTree["element"]): boolean {
  if (type !== "BYTE_ARRAY" && type !== "FIXED_LEN_BYTE_ARRAY") return true
  return converted_type === "DECIMAL" || logical_type?.type === "DECIMAL" || logical_type?.type === "FLOAT16"
}

function columnOf({ name, type }: Chosen, read: Values, length: number, where: string): Column {
  if (read.length !== length)
    throw malformed(where, `the column ${name.slice(0, 40)} has ${read.length} rows instead of ${length}`)
  const bad = (i: number): NablaError =>
    malformed(
      where,
      `row ${i + 1} of its group in column ${name.slice(0, 40)} is no ${type}`,
      "leave the column out with { columns }",
    )
  if (type === "text") {
    const values = Array.from(read, (value, i) => {
      if (value === null || value === undefined) return null
      if (typeof value !== "string") throw bad(i)
      return value
    })
    return { name, type, values }
  }
  const values = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    const value = read[i]
    if (value === null || value === undefined) values[i] = Number.NaN
    else if (typeof value === "number" || typeof value === "boolean") values[i] = Number(value)
    else if (typeof value === "bigint" && BigInt(Number(value)) === value) values[i] = Number(value)
    else throw bad(i)
  }
  return { name, type, values }
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

import type { PageHeader, ParquetParsers, SchemaElement, SchemaTree } from "hyparquet"
import { crc32 } from "../crc32.ts"
import { checkDeltas } from "./delta-check.ts"
import { readRuns } from "./runs.ts"
import { unsnappy } from "./snappy.ts"
import { checkThrift } from "./thrift-check.ts"

/** Unpacks `bytes` to exactly `length` bytes, or throws. */
export type Unpack = (bytes: Uint8Array, length: number) => Uint8Array

/** A flat column within a row group. */
export interface ColumnPages {
  readonly type: string
  readonly element: SchemaElement
  readonly schemaPath: SchemaTree[]
  readonly codec: string
  readonly rows: number
}

/** Takes the value of a row; null where it is missing. */
export type Put = (row: number, value: unknown) => void

/** The pages of a column unpack to at most this together, and so many bytes for each of theirs and for each row. */
const FREE = 2 ** 24
const GROWTH = 1024
const ROW = 64
/** Texts that share beginnings (DELTA_BYTE_ARRAY) grow as well. */
const TEXT_GROWTH = 256
/** Bytes of a decimal number: of 76 digits, the most that others write. */
const LONGEST_DECIMAL = 32

const fixedWidths: Readonly<Record<string, number>> = { INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8 }

type Values = ArrayLike<unknown>

/**
 * What reads the pages of a column. The parts of hyparquet decode, but nothing is handed to them before its sizes have been
 * held against the bytes that are there: time and memory stay in proportion to the bytes and the rows of the group.
 */
export class PageReader {
  private readonly hyparquet: Awaited<ReturnType<typeof load>>
  private readonly parsers: ParquetParsers
  private readonly unpackers: Readonly<Record<string, Unpack>>
  /** Bytes that the pages of the column at hand may still unpack to. */
  private room = 0

  private constructor(
    hyparquet: Awaited<ReturnType<typeof load>>,
    parsers: Partial<ParquetParsers>,
    unpackers: Readonly<Record<string, Unpack>>,
  ) {
    this.hyparquet = hyparquet
    this.parsers = { ...hyparquet.DEFAULT_PARSERS, ...parsers }
    this.unpackers = { SNAPPY: unsnappy, ...unpackers }
  }

  static async make(
    parsers: Partial<ParquetParsers>,
    unpackers: Readonly<Record<string, Unpack>>,
  ): Promise<PageReader> {
    return new PageReader(await load(), parsers, unpackers)
  }

  /**
   * The values of a column, row by row.
   *
   * @param bytes all of its pages
   * @throws Error for pages that are damaged or of a kind that is not known
   */
  read(bytes: Uint8Array, column: ColumnPages, put: Put): void {
    let dictionary: Values | null = null
    let row = 0
    this.room = FREE + GROWTH * bytes.length + ROW * column.rows
    for (let at = 0; row < column.rows; ) {
      if (at >= bytes.length) throw new Error(`its pages have ${row} rows instead of ${column.rows}`)
      const begin = checkThrift(bytes, at)
      const header = this.hyparquet.parquetHeader({ view: viewOf(bytes), offset: at })
      const size = header.compressed_page_size
      if (!(Number.isInteger(size) && size >= 0 && size <= bytes.length - begin))
        throw new Error(`a page of ${size} bytes where ${bytes.length - begin} are left`)
      const packed = bytes.subarray(begin, begin + size)
      if (header.crc !== undefined && header.crc >>> 0 !== crc32(packed))
        throw new Error("a page's checksum is wrong")
      at = begin + size
      if (header.type === "DICTIONARY_PAGE") dictionary = this.dictionary(packed, header, column)
      else
        row += this.rowsOf(packed, header, column, dictionary, column.rows - row, (i, it) => put(row + i, it))
    }
  }

  private dictionary(packed: Uint8Array, header: PageHeader, column: ColumnPages): Values {
    const count = header.dictionary_page_header?.num_values
    const page = this.unpacked(packed, header.uncompressed_page_size, column)
    return this.converted(this.plain(page, checkedCount(count, Number.POSITIVE_INFINITY), column), column)
  }

  /** @returns how many rows there are */
  private rowsOf(
    packed: Uint8Array,
    header: PageHeader,
    column: ColumnPages,
    dictionary: Values | null,
    left: number,
    put: Put,
  ): number {
    const { data_page_header: first, data_page_header_v2: second } = header
    const details = header.type === "DATA_PAGE" ? first : header.type === "DATA_PAGE_V2" ? second : undefined
    if (details === undefined) throw new Error(`a page of type ${header.type}`)
    const count = checkedCount(details.num_values, left)
    const optional = column.element.repetition_type !== "REQUIRED"
    const { levels, rest } =
      details === second
        ? this.secondForm(packed, header, column, count, optional)
        : firstForm(this.unpacked(packed, header.uncompressed_page_size, column), first!, count, optional)
    const present = levels === null ? count : levels.reduce((sum, level) => sum + level, 0)
    if (details === second && second!.num_nulls !== count - present)
      throw new Error(`${count - present} values are missing instead of ${second!.num_nulls}`)
    const values = present === 0 ? [] : this.values(rest, details.encoding, present, column, dictionary)
    for (let i = 0, k = 0; i < count; i++) put(i, levels !== null && levels[i] === 0 ? null : values[k++])
    return count
  }

  /** Levels lie unpacked before the values, and their length is in the header. */
  private secondForm(
    packed: Uint8Array,
    header: PageHeader,
    column: ColumnPages,
    count: number,
    optional: boolean,
  ): Split {
    const { repetition_levels_byte_length, definition_levels_byte_length, is_compressed } =
      header.data_page_header_v2!
    const [skipped, size] = [repetition_levels_byte_length, definition_levels_byte_length]
    if (skipped !== 0 || !(size >= 0 && size <= packed.length)) throw new Error(`levels of ${size} bytes`)
    const values = packed.subarray(size)
    const length = header.uncompressed_page_size - size
    const rest = is_compressed === false ? values : this.unpacked(values, length, column)
    return { levels: optional ? readRuns(packed.subarray(0, size), 1, count) : null, rest }
  }

  private unpacked(packed: Uint8Array, length: number, { codec }: ColumnPages): Uint8Array {
    if (!(Number.isInteger(length) && length >= 0 && length <= this.room))
      throw new Error(`a page of ${packed.length} bytes that unpacks to ${length}`)
    this.room -= length
    const unpack = this.unpackers[codec]
    if (codec !== "UNCOMPRESSED" && unpack === undefined)
      throw new Error(`parquet unsupported compression codec: ${codec}`)
    const page = unpack === undefined || codec === "UNCOMPRESSED" ? packed : unpack(packed, length)
    if (page.length !== length) throw new Error(`a page has ${page.length} bytes instead of ${length}`)
    return page
  }

  private values(
    page: Uint8Array,
    encoding: string,
    count: number,
    column: ColumnPages,
    dictionary: Values | null,
  ): Values {
    if (encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY") {
      if (dictionary === null) throw new Error("a page without its dictionary")
      const indices = readRuns(page.subarray(1), page[0] ?? 0, count)
      return Array.from(indices, (index) => {
        if (index < dictionary.length) return dictionary[index]
        throw new Error(`entry ${index} of a dictionary of ${dictionary.length}`)
      })
    }
    if (encoding === "RLE" && column.type === "BOOLEAN") return readRuns(prefixed(page).inner, 1, count)
    return this.converted(this.encoded(page, encoding, count, column), column)
  }

  private encoded(page: Uint8Array, encoding: string, count: number, column: ColumnPages): Values {
    const { deltaBinaryUnpack, byteStreamSplit } = this.hyparquet
    const { type, element } = column
    const reader = { view: viewOf(page), offset: 0 }
    if (encoding === "PLAIN") return this.plain(page, count, column)
    if (encoding === "BYTE_STREAM_SPLIT") {
      checkRoom(page, count * (fixedWidths[type] ?? element.type_length ?? Number.NaN))
      return byteStreamSplit(reader, count, type as "FLOAT", element.type_length)
    }
    if (encoding === "DELTA_BINARY_PACKED" && (type === "INT32" || type === "INT64")) {
      checkDeltas(page, 0, count, type === "INT32" ? 33 : 64)
      const output = type === "INT32" ? new Int32Array(count) : new BigInt64Array(count)
      deltaBinaryUnpack(reader, count, output)
      return output
    }
    if (encoding === "DELTA_LENGTH_BYTE_ARRAY" && type === "BYTE_ARRAY") return this.joinedTexts(page, count)
    if (encoding === "DELTA_BYTE_ARRAY" && !(type in fixedWidths)) return this.sharedTexts(page, count)
    throw new Error(`parquet unsupported encoding: ${encoding} of ${type}`)
  }

  private plain(page: Uint8Array, count: number, { type, element }: ColumnPages): Values {
    if (type === "BYTE_ARRAY") {
      const view = viewOf(page)
      checkRoom(page, 4 * count)
      let at = 0
      return Array.from({ length: count }, () => {
        checkRoom(page, at + 4)
        const length = view.getUint32(at, true)
        checkRoom(page, at + 4 + length)
        at += 4 + length
        return page.subarray(at - length, at)
      })
    }
    const width = type === "BOOLEAN" ? 1 / 8 : (fixedWidths[type] ?? element.type_length ?? 0)
    if (!(width > 0)) throw new Error(`values of ${width} bytes`)
    checkRoom(page, count * width)
    const reader = { view: viewOf(page), offset: 0 }
    return this.hyparquet.readPlain(reader, type as "INT32", count, element.type_length)
  }

  /** The lengths of all texts, then their bytes one after the other. */
  private joinedTexts(page: Uint8Array, count: number): Uint8Array[] {
    let at = checkDeltas(page, 0, count, 33)
    return Array.from(this.lengths(page, 0, count), (length) => {
      if (length < 0) throw new Error(`a text of ${length} bytes`)
      checkRoom(page, at + length)
      at += length
      return page.subarray(at - length, at)
    })
  }

  /** How much each text has in common with the one before, then the rest of each. */
  private sharedTexts(page: Uint8Array, count: number): Uint8Array[] {
    const middle = checkDeltas(page, 0, count, 33)
    const shared = this.lengths(page, 0, count)
    const rests = this.joinedTexts(page.subarray(middle), count)
    let [before, total] = [new Uint8Array(0), 0]
    return rests.map((rest, i) => {
      const kept = shared[i]!
      total += kept
      if (!(kept >= 0 && kept <= before.length))
        throw new Error(`${kept} bytes in common of ${before.length}`)
      if (total > FREE + TEXT_GROWTH * page.length) throw new Error("texts with too much in common")
      const text = new Uint8Array(kept + rest.length)
      text.set(before.subarray(0, kept))
      text.set(rest, kept)
      before = text
      return text
    })
  }

  private lengths(page: Uint8Array, offset: number, count: number): Int32Array {
    const lengths = new Int32Array(count)
    this.hyparquet.deltaBinaryUnpack({ view: viewOf(page), offset }, count, lengths)
    return lengths
  }

  private converted(values: Values, column: ColumnPages): Values {
    const { element } = column
    const decimal = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL"
    if (decimal)
      for (let i = 0; i < values.length; i++)
        if ((values[i] as Partial<Uint8Array>).length! > LONGEST_DECIMAL)
          throw new Error("a decimal is too long")
    const { schemaPath } = column
    const decoder = {
      pathInSchema: [element.name],
      type: column.type,
      element,
      schemaPath,
      codec: column.codec,
    }
    return this.hyparquet.convert(values as unknown[], { ...decoder, parsers: this.parsers } as never)
  }
}

/** Where values are (1) and where they are missing (0), null where none can be; and the bytes of the values. */
interface Split {
  readonly levels: Int32Array | null
  readonly rest: Uint8Array
}

/** Levels lie packed before the values, with their length. */
function firstForm(
  page: Uint8Array,
  { definition_level_encoding: encoding }: { definition_level_encoding: string },
  count: number,
  optional: boolean,
): Split {
  if (!optional) return { levels: null, rest: page }
  if (encoding !== "RLE") throw new Error(`parquet unsupported encoding: levels in ${encoding}`)
  const { inner, rest } = prefixed(page)
  return { levels: readRuns(inner, 1, count), rest }
}

/** Bytes with their length in front, and what follows. */
function prefixed(page: Uint8Array): { inner: Uint8Array; rest: Uint8Array } {
  checkRoom(page, 4)
  const end = 4 + viewOf(page).getUint32(0, true)
  checkRoom(page, end)
  return { inner: page.subarray(4, end), rest: page.subarray(end) }
}

function checkRoom(page: Uint8Array, needed: number): void {
  if (!(needed <= page.length)) throw new Error(`${page.length} bytes where ${needed} are needed`)
}

function checkedCount(count: number | undefined, most: number): number {
  if (count !== undefined && Number.isInteger(count) && count >= 0 && count <= most) return count
  throw new Error(`a page of ${count} values where ${most} are left`)
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength)

/** Loaded when it is needed, so that programs without tables do not carry it. */
async function load() {
  const [column, plain, delta, encoding, convert] = await Promise.all([
    import("hyparquet/src/column.js"),
    import("hyparquet/src/plain.js"),
    import("hyparquet/src/delta.js"),
    import("hyparquet/src/encoding.js"),
    import("hyparquet/src/convert.js"),
  ])
  return {
    parquetHeader: column.parquetHeader,
    readPlain: plain.readPlain,
    deltaBinaryUnpack: delta.deltaBinaryUnpack,
    byteStreamSplit: encoding.byteStreamSplit,
    convert: convert.convert,
    DEFAULT_PARSERS: convert.DEFAULT_PARSERS,
  }
}

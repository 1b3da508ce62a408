import type { FileMetaData } from "hyparquet"
import { checkThrift } from "./thrift-check.ts"

/** Bytes that a Parquet file ends with: the length of its footer, and PAR1. */
const TAIL = 8
/** Levels of a schema. */
const DEEPEST = 32
/** Numbers of Thrift's and Parquet's formats. */
const DECIMAL = 5
const BYTE_ARRAY = 6
/** Bytes of a decimal number's statistics: of 76 digits, the most that others write. */
const LONGEST_DECIMAL = 32

/** A structure of Thrift, as hyparquet reads it: its fields by their numbers. */
type Structure = Readonly<Record<string, unknown>>

/** Bytes from `begin` on, of a file. */
export type Slice = (begin: number, end: number) => Promise<Uint8Array>

/**
 * What a Parquet file says of itself. hyparquet reads it, once it is known that this takes no more time and memory than
 * its bytes allow.
 *
 * @throws Error for anything else
 */
export async function readFooter(size: number, slice: Slice): Promise<FileMetaData> {
  const { parquetMetadata } = await import("hyparquet")
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js")
  if (size < 4 + TAIL) throw new Error("the file is too short")
  const tail = await slice(size - TAIL, size)
  if (new TextDecoder().decode(tail.subarray(4)) !== "PAR1") throw new Error("the file does not end in PAR1")
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true)
  if (length > size - TAIL - 4) throw new Error(`a footer of ${length} bytes in a file of ${size}`)
  const footer = await slice(size - TAIL - length, size)
  checkThrift(footer, 0)
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength)
  const raw = deserializeTCompactProtocol({ view, offset: 0 }) as Structure
  const schema = listed(raw, 2)
  checkDepth(schema)
  checkStatistics(schema, listed(raw, 4))
  return parquetMetadata(footer, { geoparquet: false })
}

function listed(structure: Structure, field: number): readonly Structure[] {
  const value = structure[`field_${field}`]
  if (Array.isArray(value) && value.every((it) => typeof it === "object" && it !== null)) return value
  throw new Error("the footer lacks its schema or its row groups")
}

/** hyparquet goes down a schema by recursion. */
function checkDepth(schema: readonly Structure[]): void {
  /** Children that are still to come, of each element around. */
  const open: number[] = []
  for (const { field_5: children = 0 } of schema) {
    while (open.at(-1) === 0) open.pop()
    if (open.length > 0) open[open.length - 1]!--
    if (Number(children) > 0) open.push(Number(children))
    if (open.length > DEEPEST) throw new Error(`the schema is more than ${DEEPEST} levels deep`)
  }
}

/** hyparquet turns statistics into numbers; of decimals that takes a time that grows with the square of their length. */
function checkStatistics(schema: readonly Structure[], groups: readonly Structure[]): void {
  const elements = schema.filter(({ field_1 }) => field_1 !== undefined)
  const decimal = elements.map(({ field_1, field_6 }) => field_1 !== BYTE_ARRAY && field_6 === DECIMAL)
  for (const group of groups)
    for (const [i, column] of listed(group, 1).entries()) {
      const details = column.field_3 as Structure | undefined
      if (!decimal[i] || details?.field_12 === undefined) continue
      for (const value of Object.values(details.field_12 as Structure))
        if (value instanceof Uint8Array && value.length > LONGEST_DECIMAL)
          throw new Error(`a decimal of ${value.length} bytes`)
    }
}

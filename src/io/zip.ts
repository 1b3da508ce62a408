import { NablaError } from "../base/index.ts"
import { crc32 } from "./crc32.ts"
import { concatenate, deflate, inflate } from "./streams.ts"

// Of the format (PKWARE's APPNOTE 6.3) that what arrays are kept in: no encryption, no parts, no 64-bit sizes.

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const END_SIZE = 22
const STORED = 0
const DEFLATED = 8
/** Deflate makes at most this much of a byte. */
const MOST_PER_BYTE = 1032
const FOUR_GIB = 2 ** 32 - 1

/** A file in an archive: where its packed bytes are, and what they must become. */
export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packed: Uint8Array
  readonly size: number
}

/**
 * What is in a zip archive, by its table of contents; nothing is unpacked yet.
 *
 * @throws NABLA_FILE_FORMAT when the table is damaged, entries overlap or reach beyond the file, a name comes twice, or
 * for encrypted and 64-bit archives
 */
export function zipEntries(bytes: Uint8Array, where: string): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = findEnd(view, where)
  const count = view.getUint16(end + 10, true)
  let at = view.getUint32(end + 16, true)
  const tableEnd = at + view.getUint32(end + 12, true)
  if (tableEnd > end) throw malformed(where, "the table of contents is not where it should be", "", `${at}`)
  const entries: ZipEntry[] = []
  const names = new Set<string>()
  const ranges: [begin: number, end: number][] = []
  for (let i = 0; i < count; i++) {
    if (at + 46 > tableEnd || view.getUint32(at, true) !== CENTRAL)
      throw malformed(where, "the table of contents is damaged", `${count} entries`, `${i}`)
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [
      number,
      number,
      number,
    ]
    const next = at + 46 + nameLength + extra + comment
    if (next > tableEnd)
      throw malformed(where, "the table of contents is damaged", `${count} entries`, `${i}`)
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    if (names.has(name)) throw malformed(where, "two files have one name", "different names", name)
    names.add(name)
    const { entry, range } = entryAt(view, bytes, at, name, where)
    entries.push(entry)
    ranges.push(range)
    at = next
  }
  ranges.sort((a, b) => a[0] - b[0])
  for (let i = 1; i < ranges.length; i++)
    if (ranges[i]![0] < ranges[i - 1]![1])
      throw malformed(where, "files overlap", "each in bytes of its own", "")
  return entries
}

/** The end record is the last thing in the file but for a comment. */
function findEnd(view: DataView, where: string): number {
  const lowest = Math.max(0, view.byteLength - END_SIZE - 0xffff)
  for (let at = view.byteLength - END_SIZE; at >= lowest; at--) {
    if (view.getUint32(at, true) !== END) continue
    if (at + END_SIZE + view.getUint16(at + 20, true) === view.byteLength) return at
  }
  throw malformed(
    where,
    "this is no zip archive",
    "a table of contents at its end",
    `${view.byteLength} bytes`,
  )
}

function entryAt(
  view: DataView,
  bytes: Uint8Array,
  at: number,
  name: string,
  where: string,
): { entry: ZipEntry; range: [number, number] } {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)]
  const [crc, packedSize, size] = [16, 20, 24].map((o) => view.getUint32(at + o, true)) as [
    number,
    number,
    number,
  ]
  const local = view.getUint32(at + 42, true)
  const place = `${where}: ${name.slice(0, 80)}`
  if (flags & 1) throw malformed(place, "the file is encrypted", "a plain one", "encrypted")
  if (method !== STORED && method !== DEFLATED)
    throw malformed(place, "the packing is not known", "stored or deflated", `method ${method}`)
  if ([packedSize, size, local].includes(FOUR_GIB))
    throw malformed(place, "the archive has 64-bit sizes", "files below 4 GiB", "zip64")
  if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL)
    throw malformed(
      place,
      "the file is not where the table of contents says",
      "a local header",
      `at ${local}`,
    )
  const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
  const end = begin + packedSize
  if (end > bytes.length)
    throw malformed(
      place,
      "the file reaches beyond the end of the archive",
      `${end} bytes`,
      `${bytes.length}`,
    )
  const possible = method === STORED ? size === packedSize : size <= packedSize * MOST_PER_BYTE
  if (!possible)
    throw malformed(place, "the size is impossible", `that of ${packedSize} packed bytes`, `${size}`)
  return { entry: { name, method, crc, packed: bytes.subarray(begin, end), size }, range: [local, end] }
}

/**
 * A file of an archive, unpacked.
 *
 * @throws NABLA_FILE_FORMAT when its length or checksum is not what the table of contents says
 */
export async function unzip(
  { name, method, crc, packed, size }: ZipEntry,
  where: string,
): Promise<Uint8Array> {
  const place = `${where}: ${name.slice(0, 80)}`
  const bytes = method === STORED ? packed : await inflated(packed, size, place)
  if (bytes === null || bytes.length !== size || crc32(bytes) !== crc)
    throw malformed(place, "the file is damaged", `${size} bytes with the checksum ${crc}`, "others")
  return bytes
}

async function inflated(packed: Uint8Array, size: number, where: string): Promise<Uint8Array | null> {
  return inflate(packed, "deflate-raw", size).catch((cause: unknown) => {
    throw new NablaError("NABLA_FILE_FORMAT", { message: "the file is damaged (zip)", where, cause })
  })
}

/**
 * Files as a zip archive.
 *
 * @param compress deflates them; otherwise they are stored as they are
 */
export async function zip(files: ReadonlyMap<string, Uint8Array>, compress: boolean): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const table: Uint8Array[] = []
  let offset = 0
  for (const [name, bytes] of files) {
    const packed = compress ? await deflate(bytes, "deflate-raw") : bytes
    const title = new TextEncoder().encode(name)
    const common = commonFields(compress, bytes, packed, title)
    const local = record(LOCAL, common, title)
    table.push(centralRecord(common, title, offset))
    parts.push(local, packed)
    offset += local.length + packed.length
  }
  const tableSize = table.reduce((sum, part) => sum + part.length, 0)
  parts.push(...table, endRecord(files.size, tableSize, offset))
  if (offset + tableSize > FOUR_GIB) {
    const got = `${offset} bytes`
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the archive is too large",
      expected: "4 GiB",
      got,
    })
  }
  return concatenate(parts, offset + tableSize + END_SIZE)
}

/** What stands in both headers of a file, from the version on: 26 bytes. */
function commonFields(
  compress: boolean,
  bytes: Uint8Array,
  packed: Uint8Array,
  title: Uint8Array,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(26))
  view.setUint16(0, 20, true)
  // Names are UTF-8. The date is the first one that there is, so that equal contents make equal archives.
  view.setUint16(2, 0x800, true)
  view.setUint16(4, compress ? DEFLATED : STORED, true)
  view.setUint16(8, 0x21, true)
  view.setUint32(10, crc32(bytes), true)
  view.setUint32(14, packed.length, true)
  view.setUint32(18, bytes.length, true)
  view.setUint16(22, title.length, true)
  return new Uint8Array(view.buffer)
}

function record(magic: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const start = new Uint8Array(4)
  new DataView(start.buffer).setUint32(0, magic, true)
  const all = [start, ...parts]
  return concatenate(
    all,
    all.reduce((sum, part) => sum + part.length, 0),
  )
}

function centralRecord(common: Uint8Array, title: Uint8Array, offset: number): Uint8Array {
  const rest = new DataView(new ArrayBuffer(14))
  rest.setUint32(10, offset, true)
  return record(CENTRAL, Uint8Array.of(20, 0), common, new Uint8Array(rest.buffer), title)
}

function endRecord(count: number, tableSize: number, offset: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(END_SIZE - 4))
  view.setUint16(4, count, true)
  view.setUint16(6, count, true)
  view.setUint32(8, tableSize, true)
  view.setUint32(12, offset, true)
  return record(END, new Uint8Array(view.buffer))
}

function malformed(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", { message: `${message} (zip)`, expected, got, where })
}

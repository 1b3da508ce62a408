import { formatShape, NablaError } from "../base/index.ts"
import { firstBytes, isGzip } from "./gzip.ts"

export type IdxDType = "uint8" | "int8" | "int16" | "int32" | "float32" | "float64"

export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** What an IDX file holds: an array of any rank, row by row. */
export interface IdxArray {
  readonly dtype: IdxDType
  readonly shape: readonly number[]
  /** for uint8 a view of the file's bytes, else a copy in this machine's byte order */
  readonly data: IdxData
}

interface Element {
  readonly dtype: IdxDType
  /** bytes of one element */
  readonly size: number
  readonly read: (bytes: Uint8Array, count: number) => IdxData
}

function reader<A extends IdxData>(
  create: (count: number) => A,
  get: (view: DataView, index: number) => number,
): Element["read"] {
  return (bytes, count) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const out = create(count)
    for (let i = 0; i < count; i++) out[i] = get(view, i)
    return out
  }
}

/** The element types by the third byte of the file; numbers are stored with the high byte first. */
const elements: Readonly<Record<number, Element>> = {
  8: { dtype: "uint8", size: 1, read: (bytes) => bytes },
  9: {
    dtype: "int8",
    size: 1,
    read: reader(
      (n) => new Int8Array(n),
      (view, i) => view.getInt8(i),
    ),
  },
  11: {
    dtype: "int16",
    size: 2,
    read: reader(
      (n) => new Int16Array(n),
      (view, i) => view.getInt16(2 * i),
    ),
  },
  12: {
    dtype: "int32",
    size: 4,
    read: reader(
      (n) => new Int32Array(n),
      (view, i) => view.getInt32(4 * i),
    ),
  },
  13: {
    dtype: "float32",
    size: 4,
    read: reader(
      (n) => new Float32Array(n),
      (view, i) => view.getFloat32(4 * i),
    ),
  },
  14: {
    dtype: "float64",
    size: 8,
    read: reader(
      (n) => new Float64Array(n),
      (view, i) => view.getFloat64(8 * i),
    ),
  },
}

/**
 * Reads an IDX file, the format of MNIST: two zero bytes, the element type, the rank D, then D sizes of four bytes
 * each, then the elements; all numbers have the high byte first.
 *
 * Nothing is allocated before the sizes in the header have been found to fit the file.
 *
 * @param bytes the whole file, unpacked
 * @param where the file, for errors
 * @throws NABLA_FILE_FORMAT when the header is cut short or is no IDX header, or when the file holds fewer or more
 *   bytes than the header says
 */
export function parseIdx(bytes: Uint8Array, where: string): IdxArray {
  const { element, rank } = readMagic(bytes, where)
  const header = 4 + 4 * rank
  if (bytes.length < header) {
    throw malformed(
      where,
      "the file ends within its header",
      `a header of ${header} bytes`,
      `${bytes.length} bytes`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const shape = Array.from({ length: rank }, (_, dim) => view.getUint32(4 + 4 * dim))
  const count = shape.reduce((product, size) => product * size, 1)
  const expected = header + count * element.size
  if (bytes.length !== expected) {
    const fewer = bytes.length < expected
    throw malformed(
      where,
      fewer
        ? "the file is cut short: it ends before its last element"
        : "the file goes on after its last element",
      `${expected} bytes for ${element.dtype} elements of shape ${formatShape(shape)}`,
      `${bytes.length} bytes`,
    )
  }
  return { dtype: element.dtype, shape, data: element.read(bytes.subarray(header), count) }
}

function readMagic(bytes: Uint8Array, where: string): { element: Element; rank: number } {
  if (bytes.length < 4) {
    throw malformed(where, "the file ends within its header", "at least 4 bytes", `${bytes.length} bytes`)
  }
  const magic = firstBytes(bytes)
  if (isGzip(bytes))
    throw malformed(where, "the file is gzipped", "an unpacked IDX file", `it begins with ${magic}`)
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw malformed(where, "this is no IDX file", "a file that begins with 00 00", `it begins with ${magic}`)
  }
  const element = elements[bytes[2]!]
  if (element === undefined) {
    const known = Object.keys(elements).map((code) => Number(code).toString(16).padStart(2, "0"))
    throw malformed(
      where,
      "unknown element type",
      `a third byte of ${known.join(", ")}`,
      `it begins with ${magic}`,
    )
  }
  const rank = bytes[3]!
  if (rank === 0)
    throw malformed(where, "the file has no dimension", "a fourth byte above 00", `it begins with ${magic}`)
  return { element, rank }
}

function malformed(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", { message, expected, got, where })
}

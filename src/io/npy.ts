import type { DType } from "../base/index.ts"
import { NablaError, numel } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import type { ElementType } from "./elements.ts"
import { decodeElements, dtypeOf, elementBytes, encodeElements } from "./elements.ts"

/** 0x93 and the letters NUMPY, then two bytes of the version. */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
/** NumPy lets the elements begin at a multiple of this. */
const ALIGNMENT = 64

const written: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  bool: "|b1",
}

const types: Readonly<Record<string, ElementType>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u8: "U64",
  u4: "U32",
  u2: "U16",
  u1: "U8",
  b1: "BOOL",
}

/**
 * Writes a tensor as NumPy's `.npy`, version 1.0, little-endian, row by row.
 *
 * @example const bytes = await encodeNpy(tensor([[1, 2], [3, 4]]))
 */
export async function encodeNpy(t: Tensor): Promise<Uint8Array> {
  const data = encodeElements(await t.data())
  const shape = t.shape.length === 1 ? `${t.shape[0]},` : t.shape.join(", ")
  const text = `{'descr': '${written[t.dtype]}', 'fortran_order': False, 'shape': (${shape}), }`
  const prefix = MAGIC.length + 4
  const total = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT
  const file = new Uint8Array(total + data.length)
  file.set([...MAGIC, 1, 0])
  new DataView(file.buffer).setUint16(MAGIC.length + 2, total - prefix, true)
  file.set(new TextEncoder().encode(`${text.padEnd(total - prefix - 1)}\n`), prefix)
  file.set(data, total)
  return file
}

interface NpyHeader {
  readonly type: ElementType
  readonly littleEndian: boolean
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  readonly dataStart: number
}

/**
 * Reads NumPy's `.npy`, versions 1 to 3, of numbers and bools in either byte order. float16 becomes float32, integers of
 * any width int32. Objects, texts and records are refused: nothing in a file is ever run.
 *
 * @param where the file, for errors
 * @throws NABLA_FILE_FORMAT when the file is damaged, of another kind, or a whole number does not fit 32 bits
 */
export function decodeNpy(bytes: Uint8Array, where = "the file"): Tensor {
  const { type, littleEndian, fortranOrder, shape, dataStart } = parseHeader(bytes, where)
  const expected = dataStart + numel(shape) * elementBytes(type)
  if (bytes.length !== expected)
    throw malformed(
      where,
      "the file has not the length that its header says",
      `${expected} bytes`,
      `${bytes.length}`,
    )
  const data = decodeElements(bytes.subarray(dataStart), type, where, littleEndian)
  const dtype = dtypeOf(type)
  if (!fortranOrder) return tensor(data, { shape: [...shape], dtype })
  const order = shape.map((_, i) => shape.length - 1 - i)
  return tensor(data, { shape: [...shape].reverse(), dtype })
    .permute(order)
    .contiguous()
}

function parseHeader(bytes: Uint8Array, where: string): NpyHeader {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw malformed(where, "this is no .npy file", "0x93 NUMPY at the beginning", `${bytes.length} bytes`)
  const version = bytes[6]!
  if (version < 1 || version > 3)
    throw malformed(where, "the version is not known", "1, 2 or 3", String(version))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = version === 1 ? 10 : 12
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true)
  if (start + length > bytes.length)
    throw malformed(where, "the header is longer than the file", `${start + length} bytes`, `${bytes.length}`)
  const text = new TextDecoder("latin1").decode(bytes.subarray(start, start + length))
  return { ...parseDictionary(text, where), dataStart: start + length }
}

/** The header is a Python literal of this form alone; the order of its keys is free. */
function parseDictionary(text: string, where: string): Omit<NpyHeader, "dataStart"> {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  const descr = /(?:^|,)\s*'descr'\s*:\s*'([<>|=]?)([a-z]\d+)'\s*(?:,|$)/.exec(body ?? "")
  const order = /(?:^|,)\s*'fortran_order'\s*:\s*(True|False)\s*(?:,|$)/.exec(body ?? "")
  const shape = /(?:^|,)\s*'shape'\s*:\s*\(([\d\s,]*)\)\s*(?:,|$)/.exec(body ?? "")
  if (order === null || shape === null || body === undefined)
    throw malformed(
      where,
      "the header is not understood",
      "descr, fortran_order and shape",
      text.slice(0, 80),
    )
  const type = types[descr?.[2] ?? ""]
  if (descr === null || type === undefined) {
    const got = /'descr'\s*:\s*([^}]{0,40})/.exec(text)?.[1] ?? "none"
    throw malformed(where, "elements of this type are not read", Object.keys(types).join(", "), got)
  }
  const sizes = shape[1]!
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    .map(Number)
  if (!sizes.every(Number.isSafeInteger) || !Number.isSafeInteger(numel(sizes)))
    throw malformed(where, "this is no shape", "whole numbers", shape[1]!.slice(0, 80))
  return { type, littleEndian: descr[1] !== ">", fortranOrder: order[1] === "True", shape: sizes }
}

function malformed(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", { message: `${message} (npy)`, expected, got, where })
}

import type { DType, TypedArray } from "../base/index.ts"
import { hostArray, NablaError } from "../base/index.ts"

/** Types of elements that files hold; those that tensors do not have become wider ones. */
export type ElementType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL"

interface Format {
  readonly bytes: number
  readonly dtype: DType
  readonly get: (view: DataView, at: number, little: boolean) => number
}

const formats: Readonly<Record<ElementType, Format>> = {
  F64: { bytes: 8, dtype: "float64", get: (view, at, little) => view.getFloat64(at, little) },
  F32: { bytes: 4, dtype: "float32", get: (view, at, little) => view.getFloat32(at, little) },
  F16: { bytes: 2, dtype: "float32", get: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  BF16: { bytes: 2, dtype: "float32", get: (view, at, little) => brainToNumber(view.getUint16(at, little)) },
  I64: { bytes: 8, dtype: "int32", get: (view, at, little) => Number(view.getBigInt64(at, little)) },
  I32: { bytes: 4, dtype: "int32", get: (view, at, little) => view.getInt32(at, little) },
  I16: { bytes: 2, dtype: "int32", get: (view, at, little) => view.getInt16(at, little) },
  I8: { bytes: 1, dtype: "int32", get: (view, at) => view.getInt8(at) },
  U64: { bytes: 8, dtype: "int32", get: (view, at, little) => Number(view.getBigUint64(at, little)) },
  U32: { bytes: 4, dtype: "int32", get: (view, at, little) => view.getUint32(at, little) },
  U16: { bytes: 2, dtype: "int32", get: (view, at, little) => view.getUint16(at, little) },
  U8: { bytes: 1, dtype: "int32", get: (view, at) => view.getUint8(at) },
  BOOL: { bytes: 1, dtype: "bool", get: (view, at) => view.getUint8(at) },
}

export function isElementType(name: unknown): name is ElementType {
  return typeof name === "string" && Object.hasOwn(formats, name)
}

export const elementTypes = Object.keys(formats) as readonly ElementType[]

export function elementBytes(type: ElementType): number {
  return formats[type].bytes
}

/** The type of tensors that elements of this type become: 16-bit floats float32, integers of any width int32. */
export function dtypeOf(type: ElementType): DType {
  return formats[type].dtype
}

/** 1 sign bit, 5 of the exponent, 10 of the fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

const word = new DataView(new ArrayBuffer(4))

/** The upper half of a float32. */
function brainToNumber(bits: number): number {
  word.setUint32(0, bits * 0x10000)
  return word.getFloat32(0)
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Types whose bytes in memory are those in a little-endian file. */
const plainTypes: ReadonlySet<ElementType> = new Set(["F64", "F32", "I32"] as const)

/**
 * Elements of a file as a host array of their own.
 *
 * @param bytes exactly the elements
 * @param where the tensor and its file, for errors
 * @throws NABLA_FILE_FORMAT for a whole number beyond 32 bits, or a bool that is neither 0 nor 1
 */
export function decodeElements(
  bytes: Uint8Array,
  type: ElementType,
  where: string,
  littleEndian = true,
): TypedArray {
  const { bytes: size, dtype, get } = formats[type]
  const out = hostArray(dtype, bytes.length / size)
  if (littleEndian && hostIsLittleEndian && plainTypes.has(type)) {
    new Uint8Array(out.buffer).set(bytes)
    return out
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < out.length; i++) {
    const value = get(view, i * size, littleEndian)
    out[i] = value
    if (out[i] !== value && dtype === "int32") throw outOfRange(value, type, where)
    if (dtype === "bool" && value > 1) throw outOfRange(value, type, where)
  }
  return out
}

function outOfRange(value: number, type: ElementType, where: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `a number of type ${type} has no place in a tensor`,
    expected: type === "BOOL" ? "0 or 1" : "-2147483648 … 2147483647",
    got: String(value),
    where,
  })
}

/** The bytes of a host array as they stand in a file: little-endian. */
export function encodeElements(value: TypedArray): Uint8Array {
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  if (hostIsLittleEndian || value.BYTES_PER_ELEMENT === 1) return bytes
  const size = value.BYTES_PER_ELEMENT
  return bytes.map((_, i) => bytes[i - (i % size) + (size - 1 - (i % size))]!)
}

import { NablaError, numel } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import type { ElementType } from "./elements.ts"
import { decodeElements, dtypeOf, elementBytes, elementTypes, isElementType } from "./elements.ts"

/** A tensor of a file: what it is, and where its bytes are, counted from the end of the header. */
export interface SafetensorsEntry {
  readonly name: string
  readonly type: ElementType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[]
  /** The strings of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Where the bytes of tensors begin in the file. */
  readonly dataStart: number
}

/** The eight bytes before the header. */
const PREFIX = 8
/** The format's own limit. */
const LARGEST_HEADER = 100_000_000

/**
 * Length of the header, from the first eight bytes of a file.
 *
 * @throws NABLA_FILE_FORMAT when it does not fit the file
 */
export function safetensorsHeaderLength(prefix: Uint8Array, fileBytes: number, where: string): number {
  if (prefix.length < PREFIX || fileBytes < PREFIX) {
    throw malformed(where, "the file is too short", "8 bytes or more", `${fileBytes} bytes`)
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true)
  const most = Math.min(fileBytes - PREFIX, LARGEST_HEADER)
  if (length <= BigInt(most)) return Number(length)
  throw malformed(where, "the header is longer than the file", `at most ${most} bytes`, `${length} bytes`)
}

/**
 * Reads the header of a safetensors file, and holds it to the format: known types, sizes that follow from the shapes,
 * bytes without gaps and without overlap that end where the file ends.
 *
 * @param header the bytes of the header alone
 * @throws NABLA_FILE_FORMAT for whatever does not hold, naming the tensor
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  fileBytes: number,
  where: string,
): SafetensorsHeader {
  const { __metadata__: metadata, ...tensors } = parseObject(header, where)
  const entries = Object.entries(tensors).map(([name, value]) => entryOf(name, value, where))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      const wrong = entry.begin < end ? "bytes of two tensors overlap" : "bytes belong to no tensor"
      throw malformed(place(entry.name, where), wrong, `a beginning at ${end}`, String(entry.begin))
    }
    end = entry.end
  }
  const dataStart = PREFIX + header.length
  if (dataStart + end !== fileBytes) {
    const expected = `${dataStart + end} bytes, as the header says`
    throw malformed(
      where,
      "the file has not the length that its tensors have",
      expected,
      `${fileBytes} bytes`,
    )
  }
  return { entries, metadata: metadataOf(metadata, where), dataStart }
}

function parseObject(header: Uint8Array, where: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header))
  } catch (cause) {
    throw malformed(where, "the header is no JSON text", "a JSON object", String(cause))
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed))
    return parsed as Record<string, unknown>
  throw malformed(where, "the header is no object", "a JSON object", JSON.stringify(parsed).slice(0, 40))
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function entryOf(name: string, value: unknown, file: string): SafetensorsEntry {
  const where = place(name, file)
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  if (!isElementType(dtype))
    throw malformed(where, "the type is not known", elementTypes.join(", "), JSON.stringify(dtype) ?? "none")
  if (!Array.isArray(shape) || !shape.every(isSize) || !isSize(numel(shape)))
    throw malformed(where, "this is no shape", "a list of sizes", JSON.stringify(shape) ?? "none")
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    throw malformed(where, "these are no offsets", "[begin, end]", JSON.stringify(offsets) ?? "none")
  const [begin, end] = offsets as [number, number]
  const bytes = numel(shape) * elementBytes(dtype)
  if (end - begin === bytes) return { name, type: dtype, shape, begin, end }
  const expected = `${bytes} bytes for ${dtype} of shape [${shape.join(", ")}]`
  throw malformed(where, "the bytes do not fit the shape", expected, `${end - begin} bytes`)
}

function metadataOf(value: unknown, where: string): Readonly<Record<string, string>> {
  if (value === undefined) return {}
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value)
  if (isObject && Object.values(value).every((text) => typeof text === "string"))
    return value as Record<string, string>
  throw malformed(
    where,
    "__metadata__ is something else",
    "strings by name",
    JSON.stringify(value).slice(0, 40),
  )
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Record<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Reads tensors from the bytes of a safetensors file. float16 and bfloat16 become float32, integers of any width int32.
 *
 * @param where the file, for errors
 * @throws NABLA_FILE_FORMAT when the file is damaged or lies about sizes, or a whole number does not fit 32 bits
 *
 * @example const { tensors } = decodeSafetensors(await encodeSafetensors({ w: ones([2, 2]) }))
 */
export function decodeSafetensors(bytes: Uint8Array, where = "the file"): SafetensorsFile {
  const length = safetensorsHeaderLength(bytes, bytes.length, where)
  const header = parseSafetensorsHeader(bytes.subarray(PREFIX, PREFIX + length), bytes.length, where)
  const read = header.entries.map((entry) => {
    const own = bytes.subarray(header.dataStart + entry.begin, header.dataStart + entry.end)
    return [entry.name, decodeEntry(entry, own, where)] as const
  })
  // Unlike an assignment it takes the name __proto__ for a name.
  const tensors = Object.fromEntries(read)
  return { tensors, metadata: header.metadata }
}

/** A tensor from its own bytes. */
export function decodeEntry(
  { name, type, shape }: SafetensorsEntry,
  bytes: Uint8Array,
  where: string,
): Tensor {
  return tensor(decodeElements(bytes, type, place(name, where)), { shape: [...shape], dtype: dtypeOf(type) })
}

const place = (name: string, where: string): string => `${where}: ${name.slice(0, 80)}`

function malformed(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", { message: `${message} (safetensors)`, expected, got, where })
}

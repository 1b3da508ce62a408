import type { DType } from "../base/index.ts"
import { hostArray, NablaError, numel } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import type { NamedTensors } from "./safetensors.ts"

/** A tensor as JSON: its elements in row-major order; what JSON has no number for is a text. */
export interface JsonTensor {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: readonly (number | "NaN" | "Infinity" | "-Infinity" | "-0")[]
}

/** Tensors by name as JSON, with whatever texts belong to them. */
export interface JsonWeights {
  readonly format: "nabla-weights"
  readonly version: 1
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: Readonly<Record<string, JsonTensor>>
}

const types: ReadonlySet<unknown> = new Set(["float32", "float64", "int32", "bool"])
const words: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
  ["-Infinity", -Infinity],
  ["-0", -0],
])

/**
 * Writes tensors as JSON text: for reading by eye and by programs that know no other format. It takes about five times
 * the room of safetensors; every value is read back as it was.
 *
 * @example await encodeJsonWeights({ w: ones([2]) }) // {"format":"nabla-weights", … "w":{"dtype":"float32","shape":[2],…
 */
export async function encodeJsonWeights(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const entries = Object.entries(tensors).map(async ([name, t]) => {
    const data = Array.from(await t.data(), (value) => jsonNumber(value, t.dtype))
    return `${JSON.stringify(name)}:{"dtype":"${t.dtype}","shape":${JSON.stringify(t.shape)},"data":[${data}]}`
  })
  const head = `{"format":"nabla-weights","version":1,"metadata":${JSON.stringify(metadata)},"tensors":{`
  return `${head}\n${(await Promise.all(entries)).join(",\n")}\n}}\n`
}

function jsonNumber(value: number, dtype: DType): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value))
  if (Object.is(value, -0)) return '"-0"'
  return dtype === "float32" ? shortest(value) : String(value)
}

/** The fewest digits that are read back as the same float32. */
function shortest(value: number): string {
  for (const digits of [6, 7, 8]) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(Number(value.toPrecision(9)))
}

/**
 * Reads tensors from JSON text.
 *
 * @param where the file, for errors
 * @throws NABLA_FILE_FORMAT for anything else than encodeJsonWeights writes
 *
 * @example const { tensors } = decodeJsonWeights(await encodeJsonWeights({ w: ones([2]) }))
 */
export function decodeJsonWeights(
  text: string,
  where = "the file",
): { tensors: Record<string, Tensor>; metadata: Readonly<Record<string, string>> } {
  const file = parsed(text, where)
  const wrong = (message: string, got: unknown): NablaError => malformed(where, message, got)
  if (file?.format !== "nabla-weights") throw wrong("this is no file of weights", file?.format)
  if (file.version !== 1) throw wrong("the version is not known", file.version)
  const { metadata = {}, tensors } = file
  if (!isRecord(tensors)) throw wrong("there are no tensors", tensors)
  const texts = isRecord(metadata) && Object.values(metadata).every((value) => typeof value === "string")
  if (!texts) throw wrong("metadata are texts by name", metadata)
  const read = Object.entries(tensors).map(([name, value]) => {
    return [name, tensorOf(value, `${where}: ${name.slice(0, 80)}`)] as const
  })
  return { tensors: Object.fromEntries(read), metadata: metadata as Readonly<Record<string, string>> }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

function parsed(text: string, where: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch (cause) {
    throw malformed(where, "this is no JSON", String(cause))
  }
}

function tensorOf(value: unknown, where: string): Tensor {
  const { dtype, shape, data } = isRecord(value) ? value : {}
  if (!types.has(dtype)) throw malformed(where, "the type is not known", dtype)
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!isShape) throw malformed(where, "this is no shape", shape)
  if (!Array.isArray(data) || data.length !== numel(shape)) {
    throw malformed(where, "the elements do not fit the shape", Array.isArray(data) ? data.length : data)
  }
  const out = hostArray(dtype as DType, data.length)
  data.forEach((element, i) => {
    const number = typeof element === "number" ? element : words.get(element)
    out[i] = number ?? 0
    const whole = dtype === "int32" || dtype === "bool"
    if (number === undefined || (whole && out[i] !== number) || (dtype === "bool" && number > 1)) {
      throw malformed(where, `element ${i} does not fit the type`, element)
    }
  })
  return tensor(out, { shape, dtype: dtype as DType })
}

function malformed(where: string, message: string, got: unknown): NablaError {
  const shown = JSON.stringify(got)?.slice(0, 60) ?? "nothing"
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `${message} (JSON weights)`,
    expected:
      '{ "format": "nabla-weights", "version": 1, "metadata": {}, "tensors": { name: { dtype, shape, data } } }',
    got: shown,
    where,
  })
}

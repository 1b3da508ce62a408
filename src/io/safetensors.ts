import type { DType, TypedArray } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { encodeElements } from "./elements.ts"

/** Tensors by name, as `model.stateDict()` gives them. */
export type NamedTensors = Readonly<Record<string, Tensor>>

const typeNames: Readonly<Record<DType, string>> = {
  float32: "F32",
  float64: "F64",
  int32: "I32",
  bool: "BOOL",
}

/** Data starts at a multiple of this, so that readers can map the file and look at it in place. */
const ALIGNMENT = 8

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/**
 * Writes tensors in the safetensors format, which PyTorch, JAX and the browser's libraries read.
 *
 *     8 bytes: size of the header, little-endian · the header, JSON padded with spaces · the elements, little-endian
 *
 * The header gives dtype, shape and the range of bytes of each name. Wide elements come first, so that each tensor is
 * aligned; tensors of one width are in the order of their names, so that equal tensors make equal bytes.
 *
 * @param metadata strings by name, kept under `__metadata__`
 * @throws NABLA_INVALID_ARGUMENT for a tensor named `__metadata__`
 */
export async function encodeSafetensors(
  tensors: NamedTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  checkNames(tensors)
  const read = Object.entries(tensors).map(async ([name, t]) => ({ name, t, data: await t.data() }))
  const sorted = (await Promise.all(read)).sort(byWidthThenName)
  const header: Record<string, Entry | Readonly<Record<string, string>>> = {}
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata
  let end = 0
  for (const { name, t, data } of sorted) {
    const begin = end
    end += data.byteLength
    header[name] = { dtype: typeNames[t.dtype], shape: [...t.shape], data_offsets: [begin, end] }
  }
  return assemble(
    header,
    sorted.map(({ data }) => data),
    end,
  )
}

function checkNames(tensors: NamedTensors): void {
  if (!Object.hasOwn(tensors, "__metadata__")) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the format keeps the name __metadata__ for itself",
    expected: "another name for the tensor",
    where: "encodeSafetensors",
  })
}

interface Named {
  readonly name: string
  readonly data: TypedArray
}

function byWidthThenName(a: Named, b: Named): number {
  return b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (a.name < b.name ? -1 : 1)
}

function assemble(header: object, values: readonly TypedArray[], dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header))
  const headerBytes = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT
  const file = new Uint8Array(8 + headerBytes + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.fill(" ".charCodeAt(0), 8, 8 + headerBytes)
  file.set(text, 8)
  let at = 8 + headerBytes
  for (const value of values) {
    file.set(encodeElements(value), at)
    at += value.byteLength
  }
  return file
}

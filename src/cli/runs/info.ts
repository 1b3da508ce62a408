import { readFileSync, statSync } from "node:fs"
import { NablaError } from "../../base/index.ts"
import { decodeNpy, decodeNpz, decodeSafetensors } from "../../io/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { StoredCheckpoint } from "../../train/index.ts"
import { decodeCheckpoint } from "../../train/index.ts"

/** A tensor of a file, without its values. */
export interface TensorInfo {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly bytes: number
}

/** What is in a file. */
export interface FileInfo {
  readonly file: string
  readonly format: "checkpoint" | "safetensors" | "npz" | "npy"
  readonly bytes: number
  /** Elements of all tensors. */
  readonly elements: number
  readonly tensors: readonly TensorInfo[]
  /** Texts that a safetensors file holds beside its tensors. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly checkpoint?: CheckpointInfo
}

/** Of a checkpoint, whose digest has been compared. */
export interface CheckpointInfo {
  readonly written: string
  readonly writer: string
  readonly epoch: number
  readonly batch: number
  readonly step: number
  readonly parameters: number
  readonly optimizer: string | null
  readonly parts: readonly string[]
  readonly preprocessing: readonly string[]
  readonly config: unknown
}

/**
 * Looks into a file by what it begins with, whatever its name is.
 *
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, NABLA_FILE_FORMAT when it is damaged or of another kind
 * @throws NABLA_CHECKPOINT_DAMAGED or NABLA_CHECKPOINT_VERSION for a checkpoint
 */
export async function infoOf(file: string): Promise<FileInfo> {
  const bytes = read(file)
  const begin = Buffer.from(bytes.subarray(0, 6)).toString("latin1")
  const common = { file, bytes: bytes.length }
  if (begin === "\x93NUMPY") return { ...common, format: "npy", ...listed({ array: decodeNpy(bytes, file) }) }
  if (begin.startsWith("PK")) return { ...common, format: "npz", ...listed(await decodeNpz(bytes, file)) }
  if (!looksLikeSafetensors(bytes)) {
    throw new NablaError("NABLA_FILE_FORMAT", {
      message: "this is no file with tensors",
      expected: "safetensors, a checkpoint, npz or npy",
      where: file,
    })
  }
  if (isCheckpoint(bytes)) {
    const checkpoint = await decodeCheckpoint(bytes, file)
    const { tensors } = decodeSafetensors(bytes, file)
    return { ...common, format: "checkpoint", ...listed(tensors), checkpoint: described(checkpoint) }
  }
  const { tensors, metadata } = decodeSafetensors(bytes, file)
  return { ...common, format: "safetensors", ...listed(tensors), metadata }
}

/** A header that begins as an object does; the rest is found by whoever reads it. */
function looksLikeSafetensors(bytes: Uint8Array): boolean {
  return bytes.length > 8 && bytes[8] === "{".charCodeAt(0)
}

/** The keys of checkpoints stand in the header, and a damaged one must not pass for something else. */
function isCheckpoint(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const header = Number(view.getBigUint64(0, true))
  return Buffer.from(bytes.subarray(8, 8 + Math.min(header, bytes.length))).includes('"nabla.checkpoint"')
}

function described({ origin, position, model, optimizer, ...rest }: StoredCheckpoint): CheckpointInfo {
  const { epoch, batch, step } = position
  const kind = (optimizer as { optimizer?: unknown } | null)?.optimizer
  return {
    written: origin.written,
    writer: origin.writer,
    epoch,
    batch,
    step,
    parameters: Object.values(model).reduce((sum, t) => sum + t.numel(), 0),
    optimizer: typeof kind === "string" ? kind : null,
    parts: Object.keys(rest.parts),
    preprocessing: Object.keys(rest.preprocessing),
    config: rest.config,
  }
}

function listed(tensors: Readonly<Record<string, Tensor>>): Pick<FileInfo, "tensors" | "elements"> {
  const list = Object.entries(tensors).map(([name, t]) => ({
    name,
    dtype: t.dtype,
    shape: [...t.shape],
    bytes: t.numel() * widths[t.dtype],
  }))
  return {
    tensors: list.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true })),
    elements: Object.values(tensors).reduce((sum, t) => sum + t.numel(), 0),
  }
}

const widths = { float64: 8, float32: 4, int32: 4, bool: 1 } as const

function read(file: string): Uint8Array {
  try {
    if (statSync(file).isFile()) return readFileSync(file)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const known = code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
    throw new NablaError(known, { message: `the file cannot be read: ${message}`, where: file, cause })
  }
  throw new NablaError("NABLA_FILE_UNREADABLE", {
    message: "this is a folder",
    expected: "a file",
    where: file,
    hint: "see `nabla runs` for what is in the folders of runs",
  })
}

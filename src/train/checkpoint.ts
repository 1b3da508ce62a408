import { NablaError, version } from "../base/index.ts"
import { decodeSafetensors, encodeSafetensors } from "../io/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { EpochEvent } from "./events.ts"
import type { RunningState } from "./metrics/report.ts"
import { putTogether, takeApart } from "./state-tree.ts"

/** The newest form of checkpoints that this version writes and reads. */
export const CHECKPOINT_VERSION = 1

/**
 * Something whose state belongs to a training: an optimizer's scheduler, an average of weights, a listener that counts.
 * The state is a tree of objects, arrays, numbers, texts and tensors.
 */
export interface Stateful {
  stateDict(): unknown
  // biome-ignore lint/suspicious/noExplicitAny: it is given back what its own stateDict gave
  loadStateDict(state: any): void
}

/** How far a training has come: all finished steps, and where it is in its epoch. */
export interface TrainingPosition {
  /** The epoch that is gone through, or comes next, from 1. */
  readonly epoch: number
  /** Batches of it that have been trained on. */
  readonly batch: number
  /** Whether these were all, so that only its evaluation is left. */
  readonly trained: boolean
  /** Steps since the training began. */
  readonly step: number
  readonly samples: number
  /** Since the training began, pauses left out. */
  readonly seconds: number
  /** Of training alone. */
  readonly trainingSeconds: number
  /** Of these, what went by until batches were there. */
  readonly waitingSeconds: number
  /** Loss and metrics of the epoch so far. */
  readonly running: RunningState
}

/** The state of a stream of random numbers. */
export interface RandomState {
  readonly key: readonly [number, number]
  readonly calls: number
}

/** All that a training depends on beside its code and its data: enough to go on with the same bits. */
export interface Checkpoint {
  readonly position: TrainingPosition
  /** Finished epochs. */
  readonly history: readonly EpochEvent[]
  /** Why a callback had the training end here; null when it goes on. */
  readonly stopped: string | null
  /** Parameters and persistent buffers under the keys of `model.stateDict()`. */
  readonly model: Readonly<Record<string, Tensor>>
  /** Buffers that are no part of the model's state dictionary. */
  readonly buffers: Readonly<Record<string, Tensor>>
  /** Paths of modules in evaluation mode, and names of parameters that do not learn. */
  readonly modes: { readonly evaluating: readonly string[]; readonly frozen: readonly string[] }
  /** The optimizer's state dictionary; null when it has none. */
  readonly optimizer: unknown
  /** Streams of random numbers: `default`, and those of modules and of the optimizer by their paths. */
  readonly random: Readonly<Record<string, RandomState>>
  /** Where the loaders are that train and test. */
  readonly loaders: { readonly train?: unknown; readonly test?: unknown }
  /** States of listeners and of `fit`'s option `state`, by name. */
  readonly parts: Readonly<Record<string, unknown>>
  /** Fitted preprocessing by name, as toJSON gives it. */
  readonly preprocessing: Readonly<Record<string, unknown>>
  /** What the run was asked to do; enough to build model and data again. */
  readonly config: unknown
}

/** What is known of a checkpoint beside its content. */
export interface CheckpointOrigin {
  /** Form of the file. */
  readonly version: number
  /** Version of nabla that wrote it. */
  readonly writer: string
  /** When it was written, as in 2026-01-31T14:25:00.000Z. */
  readonly written: string
}

export type StoredCheckpoint = Checkpoint & { readonly origin: CheckpointOrigin }

/** Where the digest stands until it is known. */
const NO_DIGEST = "0".repeat(64)

/**
 * A checkpoint as one safetensors file: all tensors under their paths (`model.0.weight`, `optimizer.state.0.expAvg` …),
 * everything else as JSON among the metadata, with a digest over the whole file.
 *
 * @throws NABLA_INVALID_ARGUMENT for what cannot be kept, such as a function, with its path
 *
 * @example const bytes = await encodeCheckpoint(checkpoint)
 */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array> {
  const { tree, tensors } = takeApart({ ...checkpoint, origin: undefined })
  const bytes = await encodeSafetensors(tensors, {
    format: "pt",
    "nabla.checkpoint": String(CHECKPOINT_VERSION),
    "nabla.writer": version,
    "nabla.written": new Date().toISOString(),
    "nabla.sha256": NO_DIGEST,
    "nabla.state": JSON.stringify(tree),
  })
  bytes.set(new TextEncoder().encode(await sha256(bytes)), digestPlace(bytes, NO_DIGEST)!)
  return bytes
}

/**
 * Reads what encodeCheckpoint made, after comparing the digest.
 *
 * @param where the file, for errors
 * @throws NABLA_CHECKPOINT_DAMAGED when a bit is not as it was written, or the file is no checkpoint at all
 * @throws NABLA_CHECKPOINT_VERSION when a newer version of nabla has written it
 *
 * @example const { position, model } = await decodeCheckpoint(bytes)
 */
export async function decodeCheckpoint(bytes: Uint8Array, where = "the file"): Promise<StoredCheckpoint> {
  const { tensors, metadata } = contentOf(bytes, where)
  const digest = metadata["nabla.sha256"] ?? ""
  const form = Number(metadata["nabla.checkpoint"])
  if (!/^[0-9a-f]{64}$/.test(digest) || !Number.isInteger(form))
    throw damaged(where, "this is no checkpoint of nabla", "a file that holds a training")
  await checkDigest(bytes, digest, where)
  if (form > CHECKPOINT_VERSION) {
    throw new NablaError("NABLA_CHECKPOINT_VERSION", {
      message: "the checkpoint is of a newer version",
      expected: `form ${CHECKPOINT_VERSION} or older`,
      got: `form ${form}, written by nabla ${metadata["nabla.writer"]}`,
      where,
    })
  }
  const tree = JSON.parse(metadata["nabla.state"]!) as unknown
  const origin = {
    version: form,
    writer: metadata["nabla.writer"]!,
    written: metadata["nabla.written"]!,
  }
  return { ...(putTogether({ tree, tensors }, where) as Checkpoint), origin }
}

function contentOf(bytes: Uint8Array, where: string): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes, where)
  } catch (cause) {
    if (!(cause instanceof NablaError)) throw cause
    const { message, expected, got } = cause.detail
    throw damaged(where, `the checkpoint is damaged: ${message}`, expected, got)
  }
}

async function checkDigest(bytes: Uint8Array, digest: string, where: string): Promise<void> {
  const place = digestPlace(bytes, digest)
  if (place !== null) {
    const copy = bytes.slice()
    copy.set(new TextEncoder().encode(NO_DIGEST), place)
    if ((await sha256(copy)) === digest) return
  }
  throw damaged(where, "the checkpoint is damaged: its content is not what was written", `sha-256 ${digest}`)
}

/** Where the characters of the digest begin; null when it is not there in the way it was written. */
function digestPlace(bytes: Uint8Array, digest: string): number | null {
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  // Each byte is one character here, so that places in the text are places in the file.
  const header = new TextDecoder("latin1").decode(bytes.subarray(8, 8 + headerBytes))
  const key = '"nabla.sha256":"'
  const at = header.indexOf(`${key}${digest}"`)
  return at === -1 ? null : 8 + at + key.length
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
}

function damaged(where: string, message: string, expected?: string, got?: string): NablaError {
  return new NablaError("NABLA_CHECKPOINT_DAMAGED", {
    message,
    ...(expected === undefined ? {} : { expected }),
    ...(got === undefined ? {} : { got }),
    where,
  })
}

import { readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import { basename, join } from "node:path"
import { NablaError } from "../base/index.ts"
import type { Checkpoint, StoredCheckpoint } from "./checkpoint.ts"
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
import { makeFolders, syncFolder, writeFileWhole } from "./files.ts"

export interface SaveCheckpointOptions {
  /** How many checkpoints the folder keeps: the newest ones. Default: 3. */
  readonly keep?: number
  /** Whether this is the best one so far: it is kept as best.safetensors, too. Default: false. */
  readonly best?: boolean
}

export interface LoadCheckpointOptions {
  /** The newest one, or the best one. Default: "last". */
  readonly which?: "last" | "best"
}

/** A file that is no whole checkpoint, and was passed over. */
export interface SkippedCheckpoint {
  readonly path: string
  readonly error: NablaError
}

export interface LoadedCheckpoint {
  readonly checkpoint: StoredCheckpoint
  readonly path: string
  /** Newer ones that are damaged. */
  readonly skipped: readonly SkippedCheckpoint[]
}

const BEST = "best.safetensors"
const pattern = /^step-(\d+)\.safetensors$/
const temporary = /^\.(step-\d+|best)\.safetensors\.\d+\.tmp$/

export const KEPT = 3

/**
 * Writes a checkpoint as `step-00000120.safetensors` into a folder, and removes the oldest ones beyond those to keep. The
 * file is there whole or not at all: it is written under a temporary name, synced and renamed, and the folder is synced
 * before anything is removed.
 *
 * @returns the path of the file
 * @throws NABLA_FILE_WRITE when the system refuses, for instance since the disk is full; older checkpoints stay
 *
 * @example const path = await saveCheckpoint("checkpoints", checkpoint, { keep: 5 })
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  { keep = KEPT, best = false }: SaveCheckpointOptions = {},
): Promise<string> {
  const bytes = await encodeCheckpoint(checkpoint)
  makeFolders(folder)
  const path = join(folder, `step-${String(checkpoint.position.step).padStart(8, "0")}.safetensors`)
  writeFileWhole(path, bytes)
  if (best) writeFileWhole(join(folder, BEST), bytes)
  for (const { name } of listed(folder).slice(Math.max(1, keep))) rmSync(join(folder, name), { force: true })
  return path
}

/**
 * Reads a checkpoint: a file, or the newest whole one of a folder (of checkpoints, or of a run). Damaged files are
 * passed over and reported; nothing of them is used.
 *
 * @throws NABLA_NO_CHECKPOINT when there is none
 * @throws NABLA_CHECKPOINT_DAMAGED when the file is damaged, or all of the folder's are
 * @throws NABLA_CHECKPOINT_VERSION when a newer version of nabla has written it
 * @throws NABLA_FILE_UNREADABLE when the system refuses
 *
 * @example
 * const { checkpoint, skipped } = await loadCheckpoint("runs/first")
 * for (const { path } of skipped) console.warn(`${path} is damaged`)
 * model.loadStateDict(checkpoint.model)
 */
export async function loadCheckpoint(
  path: string,
  { which = "last" }: LoadCheckpointOptions = {},
): Promise<LoadedCheckpoint> {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw nothing(path, "there is no such file or folder")
  if (found.isFile()) return { checkpoint: await readCheckpoint(path), path, skipped: [] }
  const folder = checkpointFolderOf(path)
  const names = which === "best" ? [BEST] : listed(folder).map(({ name }) => name)
  const skipped: SkippedCheckpoint[] = []
  for (const name of names.filter((it) => statSync(join(folder, it), { throwIfNoEntry: false })?.isFile())) {
    const file = join(folder, name)
    try {
      return { checkpoint: await readCheckpoint(file), path: file, skipped }
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_CHECKPOINT_DAMAGED")) throw error
      skipped.push({ path: file, error })
    }
  }
  if (skipped.length > 0) throw skipped[0]!.error
  throw nothing(path, which === "best" ? "there is no best checkpoint" : "the folder holds no checkpoint")
}

/** The files of a folder that have the names of checkpoints, with their steps, the newest first. */
export function listCheckpoints(path: string): readonly { readonly path: string; readonly step: number }[] {
  const folder = checkpointFolderOf(path)
  return listed(folder).map(({ name, step }) => ({ path: join(folder, name), step }))
}

/** Takes away what a process that was killed had begun to write. */
export function removeUnfinished(folder: string): void {
  const left = namesIn(folder).filter((name) => temporary.test(name))
  for (const name of left) rmSync(join(folder, name), { force: true })
  if (left.length > 0) syncFolder(folder)
}

async function readCheckpoint(path: string): Promise<StoredCheckpoint> {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    const message = `the checkpoint cannot be read: ${cause instanceof Error ? cause.message : cause}`
    throw new NablaError("NABLA_FILE_UNREADABLE", { message, where: path, cause })
  }
  return decodeCheckpoint(bytes, path)
}

/** A run keeps its checkpoints in a folder of that name. */
function checkpointFolderOf(path: string): string {
  const below = join(path, "checkpoints")
  const isRun = basename(path) !== "checkpoints" && statSync(below, { throwIfNoEntry: false })?.isDirectory()
  return isRun ? below : path
}

function listed(folder: string): { name: string; step: number }[] {
  const found = namesIn(folder).flatMap((name) => {
    const match = pattern.exec(name)
    return match === null ? [] : [{ name, step: Number(match[1]) }]
  })
  return found.sort((a, b) => b.step - a.step)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []
    const message = `the folder cannot be read: ${(cause as Error).message}`
    throw new NablaError("NABLA_FILE_UNREADABLE", { message, where: folder, cause })
  }
}

function nothing(path: string, message: string): NablaError {
  return new NablaError("NABLA_NO_CHECKPOINT", { message, where: path })
}

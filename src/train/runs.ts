import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { basename, join } from "node:path"
import { NablaError } from "../base/index.ts"
import type { StoredCheckpoint } from "./checkpoint.ts"
import type { LoadCheckpointOptions, LoadedCheckpoint, SkippedCheckpoint } from "./checkpoint-folder.ts"
import { listCheckpoints, loadCheckpoint } from "./checkpoint-folder.ts"
import type { MetricsRecord } from "./metrics-records.ts"
import { parseRecords } from "./metrics-records.ts"
import { LOCK, RunFolder } from "./run-folder.ts"
import { FolderLock } from "./run-lock.ts"

/** "killed": it was running when its process ended without a word. */
export type RunStatus = "running" | "completed" | "interrupted" | "failed" | "killed"

type Json = Readonly<Record<string, unknown>>

/** A run on disk, read without touching it. */
export interface Run {
  readonly path: string
  /** Of its folder. */
  readonly name: string
  readonly status: RunStatus
  /** What it was asked to do. */
  readonly config: Json
  /** Versions, machine, device, seed, commit. */
  readonly environment: Json
  /** Times, steps, last numbers, the error. */
  readonly summary: Json
  /** Its checkpoints, the newest first. */
  readonly checkpoints: readonly { readonly path: string; readonly step: number }[]
  /** The lines of metrics.jsonl. */
  metrics(): MetricsRecord[]
  /** The newest whole checkpoint, or the best one; errors as loadCheckpoint. */
  checkpoint(options?: LoadCheckpointOptions): Promise<LoadedCheckpoint>
}

/**
 * Opens the folder of a run to look at it, or to use its model.
 *
 * @throws NABLA_NO_CHECKPOINT when the folder holds no run
 * @throws NABLA_FILE_FORMAT when its files are no JSON
 *
 * @example
 * const run = loadRun("runs/first")
 * const { checkpoint } = await run.checkpoint({ which: "best" })
 * model.loadStateDict(checkpoint.model)
 */
export function loadRun(path: string): Run {
  const config = readJson(join(path, "config.json"))
  if (config === null) {
    const message = "there is no run in this folder"
    throw new NablaError("NABLA_NO_CHECKPOINT", {
      message,
      expected: "a folder with config.json",
      where: path,
    })
  }
  const summary = readJson(join(path, "summary.json")) ?? {}
  return {
    path,
    name: basename(path),
    status: statusOf(path, summary),
    config,
    environment: readJson(join(path, "environment.json")) ?? {},
    summary,
    checkpoints: listCheckpoints(path),
    metrics: () => parseRecords(readIfThere(join(path, "metrics.jsonl")) ?? ""),
    checkpoint: (options) => loadCheckpoint(path, options),
  }
}

/** The runs of a folder, the oldest first; what is no run is passed over. */
export function listRuns(root: string): Run[] {
  const names = statSync(root, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(root) : []
  const runs = names.flatMap((name) => {
    const path = join(root, name)
    return !name.startsWith(".") && existsSync(join(path, "config.json")) ? [loadRun(path)] : []
  })
  const began = ({ summary }: Run): string => String(summary.started ?? "")
  return runs.sort((a, b) => (began(a) < began(b) ? -1 : began(a) > began(b) ? 1 : 0))
}

/** A run that is to go on: its folder is this process's until it is closed. */
export interface ResumedRun {
  readonly folder: RunFolder
  readonly config: Json
  readonly summary: Json
  /** Where it goes on; null when it had not come to its first checkpoint and begins anew. */
  readonly checkpoint: StoredCheckpoint | null
  /** Damaged checkpoints that were passed over. */
  readonly skipped: readonly SkippedCheckpoint[]
}

/**
 * Opens the folder of a run to go on with it, for `new RunRecorder(model, { resume })` and fit's option `resume`. When
 * all its checkpoints are damaged, it begins anew.
 *
 * @throws NABLA_NO_CHECKPOINT when the folder holds no run
 * @throws NABLA_RUN_LOCKED when another process works in it
 * @throws NABLA_CHECKPOINT_VERSION when a newer version of nabla has written its newest checkpoint
 *
 * @example
 * const run = await resumeRun("runs/first")
 * const recorder = new RunRecorder(model, { resume: run })
 * const resume = run.checkpoint
 * await fit(model, loader, { optimizer, epochs: 10, listeners: [recorder], checkpoint: recorder.checkpoints, resume })
 */
export async function resumeRun(path: string): Promise<ResumedRun> {
  const { config } = loadRun(path)
  const folder = RunFolder.open(path)
  try {
    // Read only now: whoever had the folder before may have written more.
    const { summary } = loadRun(path)
    return { folder, config, summary, ...(await newest(path)) }
  } catch (error) {
    folder.close()
    throw error
  }
}

async function newest(path: string): Promise<Pick<ResumedRun, "checkpoint" | "skipped">> {
  if (listCheckpoints(path).length === 0) return { checkpoint: null, skipped: [] }
  try {
    return await loadCheckpoint(path)
  } catch (error) {
    if (!(error instanceof NablaError && error.code === "NABLA_CHECKPOINT_DAMAGED")) throw error
    return { checkpoint: null, skipped: listCheckpoints(path).map((it) => ({ path: it.path, error })) }
  }
}

function statusOf(path: string, { status }: Json): RunStatus {
  const known = ["completed", "interrupted", "failed"] as const
  const held = FolderLock.isHeld(join(path, LOCK))
  return held ? "running" : (known.find((it) => it === status) ?? "killed")
}

function readJson(path: string): Json | null {
  const text = readIfThere(path)
  if (text === null) return null
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json
  } catch {
    // Said below.
  }
  throw new NablaError("NABLA_FILE_FORMAT", { message: "this is no JSON object", where: path })
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === "ENOENT" || code === "ENOTDIR") return null
    throw new NablaError("NABLA_FILE_UNREADABLE", {
      message: `the file cannot be read: ${message}`,
      where: path,
      cause,
    })
  }
}

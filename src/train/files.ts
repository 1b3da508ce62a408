import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { NablaError } from "../base/index.ts"

/**
 * Writes a file so that it is either there whole or not at all: to a temporary name beside it, synced, then renamed.
 *
 * @throws NABLA_FILE_WRITE when the system refuses; nothing is left behind, and a former file stays as it was
 */
export function writeFileWhole(path: string, content: string | Uint8Array): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    const file = openSync(temporary, "w")
    try {
      writeAll(file, typeof content === "string" ? Buffer.from(content) : content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (cause) {
    removeQuietly(temporary)
    throw writeError(path, cause)
  }
}

/** Cleaning up must not hide the error that made it necessary. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true })
  } catch {
    // Whatever stands in the way here stood in the way of writing, too.
  }
}

/** Writes all bytes: a single call may write fewer. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

/** Makes a rename or a new file survive a power failure; not every system can. */
export function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r")
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  } catch {
    // Windows opens no folders; the files themselves are synced all the same.
  }
}

/**
 * Makes a folder with whatever folders lead to it.
 *
 * @returns the outermost folder that was made, or undefined when all were there
 * @throws NABLA_FILE_WRITE when the system refuses
 */
export function makeFolders(path: string): string | undefined {
  try {
    return mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw writeError(path, cause)
  }
}

/** Whether the folder was made: false when there is already something of that name. */
export function makeNewFolder(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false
    throw writeError(path, cause)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "part of the path is a file, not a folder",
  EEXIST: "part of the path is a file, not a folder",
  ENOENT: "part of the path does not exist",
}

export function writeError(path: string, cause: unknown): NablaError {
  if (cause instanceof NablaError) return cause
  const code = systemCode(cause)
  const reason = reasons[code]
  return new NablaError("NABLA_FILE_WRITE", {
    message: "this cannot be written",
    got: reason === undefined ? code : `${reason} (${code})`,
    where: path,
    cause,
  })
}

function systemCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)
}

import { readdirSync, renameSync, rmdirSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { removeUnfinished } from "./checkpoint-folder.ts"
import { makeFolders, makeNewFolder, removeQuietly, syncFolder, writeError, writeFileWhole } from "./files.ts"
import { MetricsLog } from "./metrics-log.ts"
import { FolderLock } from "./run-lock.ts"

/** The name of a folder that is being made, with the process that makes it. */
const unfinished = /^\..+\.(\d+)\.new$/
/** Of writeFileWhole. */
const temporary = /^\..+\.\d+\.tmp$/

export const LOCK = "lock"

/**
 * The folder of one run, which no other process works in as long as this one does. Every file in it is whole at any
 * moment: they are written under temporary names and renamed, and the logs grow by whole lines. The folder itself
 * appears under its name with its first files in it.
 */
export class RunFolder {
  readonly path: string
  readonly metrics: MetricsLog
  private readonly lock: FolderLock
  /** The outermost folder that was made for this run. */
  private readonly made: string | undefined
  private open = true

  private constructor(path: string, made: string | undefined) {
    this.path = path
    this.made = made
    this.lock = FolderLock.acquire(join(path, LOCK))
    try {
      this.metrics = new MetricsLog(path)
    } catch (error) {
      this.lock.release()
      throw error
    }
  }

  /**
   * Makes `root/name`, or `root/name-2`, `root/name-3` … when that is taken: no run writes into another's folder.
   *
   * @param files that are in it from the first moment, as JSON
   * @throws NABLA_FILE_WRITE when the system refuses; nothing is left behind
   */
  static create(root: string, name: string, files: Readonly<Record<string, object>>): RunFolder {
    const made = makeFolders(root)
    removeAbandoned(root)
    const hidden = join(root, `.${name}.${process.pid}.new`)
    try {
      makeNewFolder(hidden)
      for (const [file, content] of Object.entries(files)) writeFileWhole(join(hidden, file), json(content))
      const path = appearAs(hidden, join(root, name))
      syncFolder(root)
      return new RunFolder(path, made)
    } catch (cause) {
      removeQuietly(hidden)
      removeMade(made, root)
      throw writeError(join(root, name), cause)
    }
  }

  /**
   * Opens the folder of a run to go on with it. What a process that was killed left unfinished in it is removed.
   *
   * @throws NABLA_RUN_LOCKED when another process works in it
   * @throws NABLA_FILE_WRITE when the system refuses
   */
  static open(path: string): RunFolder {
    const folder = new RunFolder(path, undefined)
    for (const name of readdirSync(path)) if (temporary.test(name)) removeQuietly(join(path, name))
    removeUnfinished(folder.checkpoints)
    return folder
  }

  get checkpoints(): string {
    return join(this.path, "checkpoints")
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileWhole(join(this.path, name), content)
  }

  writeJson(name: string, content: object): void {
    this.write(name, json(content))
  }

  /** Nothing can be written from here on; others may work in the folder. */
  close(): void {
    if (!this.open) return
    this.open = false
    try {
      this.metrics.close()
    } finally {
      this.lock.release()
    }
  }

  /** Takes the folder away, with the folders that were made to hold it. */
  discard(): void {
    this.close()
    removeQuietly(this.path)
    removeMade(this.made, dirname(this.path))
  }
}

const json = (content: object): string => `${JSON.stringify(content, null, 2)}\n`

/** Gives a folder the name, or the name with the first number that is free. */
function appearAs(hidden: string, path: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`
    if (statSync(candidate, { throwIfNoEntry: false }) !== undefined) continue
    try {
      renameSync(hidden, candidate)
      return candidate
    } catch (cause) {
      // Another process was faster.
      if (
        !["EEXIST", "ENOTEMPTY", "ENOTDIR", "EPERM"].includes(String((cause as NodeJS.ErrnoException).code))
      )
        throw cause
      if (statSync(candidate, { throwIfNoEntry: false }) === undefined) throw cause
    }
  }
}

/** Folders whose processes were killed before they were finished. */
function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = Number(unfinished.exec(name)?.[1] ?? process.pid)
    if (pid !== process.pid && !runs(pid)) removeQuietly(join(root, name))
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

/** Removes folders from the innermost to the outermost that was made, as long as they are empty. */
function removeMade(made: string | undefined, innermost: string): void {
  if (made === undefined) return
  try {
    const outermost = resolve(made)
    for (let at = resolve(innermost); at.length >= outermost.length; at = dirname(at)) rmdirSync(at)
  } catch {
    // Somebody else has put something there meanwhile: it stays.
  }
}

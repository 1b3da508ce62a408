import { closeSync, fsyncSync, openSync, rmdirSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import {
  makeFolders,
  makeNewFolder,
  removeQuietly,
  syncFolder,
  writeAll,
  writeError,
  writeFileWhole,
} from "./files.ts"

/**
 * The folder of one run. Every file in it is whole at any moment: they are written under temporary names and renamed,
 * and the log grows by whole lines.
 */
export class RunFolder {
  readonly path: string
  private readonly log: number
  /** The outermost folder that was made for this run. */
  private readonly made: string | undefined
  private open = true

  /**
   * Makes `root/name`, or `root/name-2`, `root/name-3` … when that is taken: no run writes into another's folder.
   *
   * @throws NABLA_FILE_WRITE when the system refuses; nothing is left behind
   */
  constructor(root: string, name: string) {
    this.made = makeFolders(root)
    this.path = makeNumbered(join(root, name))
    try {
      this.log = openSync(join(this.path, "metrics.jsonl"), "ax")
    } catch (cause) {
      removeQuietly(this.path)
      throw writeError(this.path, cause)
    }
    syncFolder(root)
  }

  /** Appends a record to metrics.jsonl as one line of JSON. */
  append(record: object): void {
    try {
      writeAll(this.log, Buffer.from(`${JSON.stringify(record)}\n`))
    } catch (cause) {
      throw writeError(join(this.path, "metrics.jsonl"), cause)
    }
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileWhole(join(this.path, name), content)
  }

  writeJson(name: string, content: object): void {
    this.write(name, `${JSON.stringify(content, null, 2)}\n`)
  }

  /** Nothing can be appended from here on. */
  close(): void {
    if (!this.open) return
    this.open = false
    try {
      fsyncSync(this.log)
    } finally {
      closeSync(this.log)
    }
  }

  /** Takes the folder away, with the folders that were made to hold it. */
  discard(): void {
    this.close()
    removeQuietly(this.path)
    if (this.made === undefined) return
    try {
      const outermost = resolve(this.made)
      for (let at = dirname(resolve(this.path)); at.length >= outermost.length; at = dirname(at))
        rmdirSync(at)
    } catch {
      // Somebody else has put something there meanwhile: it stays.
    }
  }
}

function makeNumbered(path: string): string {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`
    if (makeNewFolder(candidate)) return candidate
  }
}

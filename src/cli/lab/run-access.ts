import { constants, existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import { extname, join, sep } from "node:path"
import { Refusal } from "./refusal.ts"

/** Files of a run that are shown, by their ending. */
const shown: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".jsonl": "application/x-ndjson",
  ".csv": "text/csv",
  ".txt": "text/plain",
  ".md": "text/plain",
  ".html": "text/html",
  ".svg": "image/svg+xml",
  ".png": "image/png",
}

/** Files that make up a run: a link in the place of one could lead anywhere. */
const parts = ["config.json", "environment.json", "summary.json", "metrics.jsonl", "report.json", "lock"]

/** How much of a file is sent at most. */
const LARGEST = 256 * 2 ** 20

/** The folder of runs, seen from outside: what is given is a name, and nothing but what lies in the folder is reached. */
export class RunAccess {
  private readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Names of all runs. */
  names(): string[] {
    if (!existsSync(this.root)) return []
    return readdirSync(this.root).filter((name) => this.find(name) !== null)
  }

  /**
   * The folder of a run.
   *
   * @throws Refusal when there is none of that name in the folder of runs itself
   */
  folder(name: string): string {
    const found = this.find(name)
    if (found === null) throw new Refusal(404, "there is no run of this name")
    return found
  }

  /**
   * Opens a file of a run for reading.
   *
   * @param path its names from the folder of the run on
   * @throws Refusal for links, for what lies elsewhere, and for files that are of no kind to be shown
   */
  async open(
    run: string,
    path: readonly string[],
  ): Promise<{ file: FileHandle; size: number; type: string }> {
    const folder = this.folder(run)
    const type = shown[extname(path.at(-1) ?? "")]
    if (type === undefined || !path.every(isPlainName))
      throw new Refusal(404, "there is no such file to be shown")
    const asked = [folder, ...path].join(sep)
    if (realOrNull(asked) !== asked) throw new Refusal(404, "there is no such file in the run")
    const file = await open(asked, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const found = await file.stat()
      if (!found.isFile()) throw new Refusal(404, "this is no file")
      if (found.size > LARGEST) throw new Refusal(413, "the file is too large to be shown")
      return { file, size: found.size, type }
    } catch (error) {
      await file.close()
      throw error
    }
  }

  private find(name: string): string | null {
    const root = realOrNull(this.root)
    if (root === null || !isPlainName(name)) return null
    const path = join(root, name)
    if (realOrNull(path) !== path || !statSync(path).isDirectory()) return null
    return existsSync(join(path, "config.json")) && parts.every((part) => isPlainOrAbsent(join(path, part)))
      ? path
      : null
  }
}

/** A name within a folder, which leads nowhere else and is not hidden. */
function isPlainName(name: string): boolean {
  return /^[^./\\\0][^/\\\0]*$/.test(name) && name.length <= 255
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}

function isPlainOrAbsent(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found === undefined || found.isFile()
}

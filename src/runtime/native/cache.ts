import { createHash, randomBytes } from "node:crypto"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"

/** Bytes of compiled code that are kept on disk. */
export const CACHE_LIMIT = 2 ** 28
/** Files added before the size is looked at again. */
const PRUNE_EVERY = 16

export function cacheFolder(): string {
  const chosen = process.env.NABLA_CACHE_DIR
  if (chosen !== undefined && chosen !== "") return chosen
  const base = process.env.XDG_CACHE_HOME
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".cache"), "nabla")
}

export const objectFolder = (): string => join(cacheFolder(), "native")

const digest = (data: string | Uint8Array): string =>
  createHash("sha256").update(data).digest("hex").slice(0, 32)

/**
 * Compiled objects on disk, as `<key>.<digest>.so`: the key is that of the text and of everything that it was compiled
 * with, the digest that of the object, so that a damaged file is found. Files appear whole, by renaming, so that
 * processes may share the folder. Whatever fails here costs time and nothing else.
 */
export class ObjectCache {
  private readonly folder: string
  private readonly work: string
  private readonly limit: number
  private added = 0

  constructor(folder = objectFolder(), limit = CACHE_LIMIT) {
    this.folder = folder
    this.limit = limit
    this.work = workFolder()
  }

  /** A folder of this process alone, for files on their way. */
  get scratch(): string {
    return this.work
  }

  key(parts: readonly string[]): string {
    return digest(parts.join("\0"))
  }

  private names(): string[] {
    try {
      return readdirSync(this.folder).filter((name) => name.endsWith(".so"))
    } catch {
      return []
    }
  }

  /** The path of a whole object, or undefined. A damaged one is removed. */
  find(key: string): string | undefined {
    for (const name of this.names()) {
      if (!name.startsWith(`${key}.`)) continue
      const path = join(this.folder, name)
      try {
        if (name === `${key}.${digest(readFileSync(path))}.so`) {
          this.touch(path)
          return path
        }
        rmSync(path, { force: true })
      } catch {
        // Another process removed it, or it cannot be read: as if it were not there.
      }
    }
    return undefined
  }

  private touch(path: string): void {
    try {
      const now = new Date()
      utimesSync(path, now, now)
    } catch {
      // In a folder that cannot be written to nothing is removed either.
    }
  }

  /** Keeps an object, if the folder can be written to and has room; gives the path to load it from. */
  keep(key: string, object: string): string {
    const target = join(this.folder, `${key}.${digest(readFileSync(object))}.so`)
    const passing = join(this.folder, `${randomBytes(8).toString("hex")}.part`)
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 })
      copyFileSync(object, passing)
      renameSync(passing, target)
    } catch {
      this.drop(passing)
      return object
    }
    if (this.added++ % PRUNE_EVERY === 0) this.prune()
    // What another process removes meanwhile is loaded from this process's own copy.
    return object
  }

  drop(path: string): void {
    try {
      rmSync(path, { force: true })
    } catch {
      // It stays, and is found damaged the next time.
    }
  }

  /** Removes what was used longest ago until a fifth of the room is free. */
  prune(): void {
    try {
      const files = readdirSync(this.folder).map((name) => {
        const path = join(this.folder, name)
        const { size, mtimeMs } = statSync(path)
        return { path, size, mtimeMs }
      })
      let total = files.reduce((sum, { size }) => sum + size, 0)
      if (total <= this.limit) return
      files.sort((a, b) => a.mtimeMs - b.mtimeMs)
      for (const { path, size } of files) {
        if (total <= 0.8 * this.limit) break
        rmSync(path, { force: true })
        total -= size
      }
    } catch {
      // Another process is tidying up.
    }
  }
}

const WORK_PREFIX = "nabla-native-"

/** Removes the folders of processes that were killed before they could. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(WORK_PREFIX)
      ? Number.parseInt(name.slice(WORK_PREFIX.length), 10)
      : Number.NaN
    if (Number.isNaN(owner)) continue
    try {
      process.kill(owner, 0)
    } catch (error) {
      // ESRCH: there is no such process. Otherwise it is somebody else's.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") continue
      rmSync(join(parent, name), { recursive: true, force: true })
    }
  }
}

/** What cannot be removed is left to the next process. */
function removeFolder(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch {
    // Whoever ends has nobody to tell.
  }
}

let work: string | undefined

/** Made once in a process and removed at its end. */
function workFolder(): string {
  if (work !== undefined) return work
  for (const parent of [tmpdir(), cacheFolder()]) {
    try {
      mkdirSync(parent, { recursive: true })
      removeAbandoned(parent)
      const folder = mkdtempSync(join(parent, `${WORK_PREFIX}${process.pid}-`))
      process.once("exit", () => removeFolder(folder))
      work = folder
      return folder
    } catch {
      // The next one.
    }
  }
  throw new NablaError("NABLA_DEVICE_UNAVAILABLE", {
    message: "the native device finds no folder that it can write to",
    where: "native device",
    got: `${tmpdir()}, ${cacheFolder()}`,
    hint: "name a folder in TMPDIR or NABLA_CACHE_DIR, or use the wasm device",
  })
}

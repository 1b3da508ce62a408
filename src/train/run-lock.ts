import { randomUUID } from "node:crypto"
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { basename, dirname, join } from "node:path"
import { NablaError } from "../base/index.ts"
import { removeQuietly, writeError } from "./files.ts"

/** Who has a lock. */
interface Holder {
  /** Of this lock, and of no other. */
  readonly id: string
  readonly pid: number
  readonly host: string
  /** When the process began, where the system says so: another process may have its number by now. */
  readonly began: string | null
}

/** A file that says that a process works in a folder. It outlives a process that is killed, and then counts no more. */
export class FolderLock {
  private readonly path: string
  private readonly id: string

  /** Others have the lock: see acquire. */
  private constructor(path: string, id: string) {
    this.path = path
    this.id = id
  }

  /**
   * @param path of the file
   * @throws NABLA_RUN_LOCKED when a living process has it, or one of another machine, of which nothing can be known
   * @throws NABLA_FILE_WRITE when the system refuses
   */
  static acquire(path: string): FolderLock {
    const own: Holder = { id: randomUUID(), pid: process.pid, host: hostname(), began: beganAt(process.pid) }
    const prepared = `${path}.${own.id}`
    try {
      writeFileSync(prepared, `${JSON.stringify(own)}\n`, { flag: "wx" })
      while (!placed(prepared, path)) {
        const holder = readHolder(path)
        if (holder === null) continue
        if (isAlive(holder)) throw locked(path, holder)
        replace(path, holder, prepared)
      }
    } catch (cause) {
      throw writeError(path, cause)
    } finally {
      removeQuietly(prepared)
    }
    removeLeft(path)
    return new FolderLock(path, own.id)
  }

  /** Whether a living process has the lock. */
  static isHeld(path: string): boolean {
    const holder = readHolder(path)
    return holder !== null && isAlive(holder)
  }

  /** Gives the lock back. */
  release(): void {
    if (readHolder(this.path)?.id === this.id) removeQuietly(this.path)
  }
}

/** Puts a file that is whole already under the lock's name, unless there is one. */
function placed(prepared: string, path: string): boolean {
  try {
    linkSync(prepared, path)
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false
    throw cause
  }
}

/**
 * Puts a lock in the place of one whose process is gone. Of several processes that want to, only the one that has the
 * lock for this may, so that none takes away the lock that another has just got.
 */
function replace(path: string, gone: Holder, prepared: string): void {
  const claim = FolderLock.acquire(`${path}.${gone.id}.claim`)
  try {
    // Removed, not replaced: whether the lock is free is decided in one place.
    if (readHolder(path)?.id === gone.id) renameSync(path, `${prepared}.gone`)
  } finally {
    rmSync(`${prepared}.gone`, { force: true })
    claim.release()
  }
}

/** Takes away what processes that were killed while they took the lock have left. */
function removeLeft(path: string): void {
  const folder = dirname(path)
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(path)}.`)) continue
    const holder = readHolder(join(folder, name))
    if (holder !== null && !isAlive(holder)) removeQuietly(join(folder, name))
  }
}

/** Null when there is no lock any more. */
function readHolder(path: string): Holder | null {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null
    throw cause
  }
  try {
    const { id, pid, host, began } = JSON.parse(text) as Partial<Holder>
    if (typeof id === "string" && /^[\w-]+$/.test(id) && typeof pid === "number" && typeof host === "string")
      return { id, pid, host, began: typeof began === "string" ? began : null }
  } catch {
    // Said below.
  }
  // It is written whole before it gets its name, so only a power failure makes such a file.
  return { id: "unreadable", pid: 0, host: hostname(), began: null }
}

function isAlive({ pid, host, began }: Holder): boolean {
  if (host !== hostname()) return true
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return false
  }
  return began === null || beganAt(pid) === began
}

/** When a process began, counted from the start of the system; null where that is not told. */
function beganAt(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")
    // A process that has ended and was not yet collected by its parent works no more.
    if (fields[0] === "Z") return null
    return `${boot} ${fields[19]}`
  } catch {
    return null
  }
}

function locked(path: string, { pid, host }: Holder): NablaError {
  const here = host === hostname()
  return new NablaError("NABLA_RUN_LOCKED", {
    message: "another process is training in this folder",
    got: here ? `process ${pid}` : `process ${pid} on ${host}`,
    where: path,
    ...(here ? {} : { hint: `when that process is gone, remove ${path}` }),
  })
}

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, readSync } from "node:fs"
import { writeAll, writeError, writeFileWhole } from "./files.ts"

const NEWLINE = 10

/** A file that grows by whole lines. */
export class LogFile {
  readonly path: string
  private file: number
  private open = true

  /** Opens a file to append to it, or makes it. @throws NABLA_FILE_WRITE when the system refuses */
  constructor(path: string) {
    this.path = path
    this.file = openToAppend(path)
  }

  get bytes(): number {
    return fstatSync(this.file).size
  }

  text(): string {
    return readFileSync(this.path, "utf8")
  }

  append(line: string): void {
    try {
      writeAll(this.file, Buffer.from(`${line}\n`))
    } catch (cause) {
      throw writeError(this.path, cause)
    }
  }

  /** Has the lines survive a power failure. */
  sync(): void {
    if (!this.open) return
    try {
      fsyncSync(this.file)
    } catch (cause) {
      throw writeError(this.path, cause)
    }
  }

  /**
   * Cuts off what stands behind so many bytes.
   *
   * @returns whether these bytes were there, and ended with a line
   */
  cutTo(bytes: number): boolean {
    if (bytes > 0 && (this.bytes < bytes || this.byteAt(bytes - 1) !== NEWLINE)) return false
    try {
      ftruncateSync(this.file, bytes)
    } catch (cause) {
      throw writeError(this.path, cause)
    }
    return true
  }

  /** Has these lines be all that there is. */
  replace(lines: readonly string[]): void {
    writeFileWhole(this.path, lines.map((line) => `${line}\n`).join(""))
    closeSync(this.file)
    this.file = openToAppend(this.path)
  }

  /** Nothing can be appended from here on. */
  close(): void {
    if (!this.open) return
    this.open = false
    try {
      fsyncSync(this.file)
    } finally {
      closeSync(this.file)
    }
  }

  private byteAt(place: number): number {
    const byte = Buffer.alloc(1)
    readSync(this.file, byte, 0, 1, place)
    return byte[0]!
  }
}

function openToAppend(path: string): number {
  try {
    return openSync(path, "a+")
  } catch (cause) {
    throw writeError(path, cause)
  }
}

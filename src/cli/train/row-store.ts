import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NablaError } from "../../base/index.ts"

/** Values that are kept in memory, 32 MB; beyond it rows go to a file. */
const IN_MEMORY = 2 ** 23

/**
 * Rows of numbers that are appended, then read in any order. Many of them go to a file in the system's folder for
 * temporary files, which goes away with the process, however that ends.
 */
export class RowStore {
  readonly width: number
  private readonly most: number
  private values = new Float32Array(0)
  /** Values so far. */
  private count = 0
  private file: number | null = null

  /** @param most values that are kept in memory */
  constructor(width: number, most = IN_MEMORY) {
    this.width = width
    this.most = most
  }

  get length(): number {
    return this.count / this.width
  }

  /** All rows, where they are in memory; null where they are in a file. */
  get inMemory(): Float32Array | null {
    return this.file === null ? this.values.subarray(0, this.count) : null
  }

  /** @throws NABLA_FILE_WRITE when the folder for temporary files is full, or cannot be written */
  append(rows: Float32Array): void {
    if (this.file === null && this.count + rows.length > this.most) this.moveToFile()
    if (this.file !== null) this.write(rows)
    else {
      if (this.count + rows.length > this.values.length) {
        const larger = new Float32Array(Math.max(2 * this.values.length, this.count + rows.length))
        larger.set(this.values)
        this.values = larger
      }
      this.values.set(rows, this.count)
    }
    this.count += rows.length
  }

  /**
   * The rows at `indices`.
   *
   * @param rows where they go. Default: an array of their own
   */
  read(
    indices: ArrayLike<number>,
    rows: Float32Array = new Float32Array(indices.length * this.width),
  ): Float32Array {
    const { width, file } = this
    if (file === null) {
      for (let i = 0; i < indices.length; i++)
        rows.set(this.values.subarray(indices[i]! * width, (indices[i]! + 1) * width), i * width)
      return rows
    }
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
    const size = 4 * width
    for (let begin = 0, end = 0; begin < indices.length; begin = end) {
      // Neighbours are read together.
      for (end = begin + 1; end < indices.length && indices[end] === indices[end - 1]! + 1; ) end++
      let [at, left] = [size * begin, size * (end - begin)]
      for (let from = size * indices[begin]!; left > 0; ) {
        const read = readSync(file, bytes, at, left, from)
        if (read === 0) throw new RangeError(`there is no row ${indices[end - 1]}`)
        at += read
        from += read
        left -= read
      }
    }
    return rows
  }

  /** Gives memory and file back. */
  close(): void {
    if (this.file !== null) closeSync(this.file)
    this.file = null
    this.values = new Float32Array(0)
    this.count = 0
  }

  private moveToFile(): void {
    try {
      const folder = mkdtempSync(join(tmpdir(), "nabla-rows-"))
      this.file = openSync(join(folder, "rows"), "wx+")
      removeNowOrLater(folder)
    } catch (cause) {
      throw unwritable(cause)
    }
    const { values, count } = this
    this.values = new Float32Array(0)
    this.write(values.subarray(0, count))
  }

  private write(rows: Float32Array): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file!, bytes, at)
    } catch (cause) {
      throw unwritable(cause)
    }
  }
}

/** Most systems keep an open file until it is closed; Windows refuses to remove one. */
function removeNowOrLater(folder: string): void {
  try {
    rmSync(folder, { recursive: true })
  } catch {
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }))
  }
}

function unwritable(cause: unknown): NablaError {
  return new NablaError("NABLA_FILE_WRITE", {
    message: "a large table needs a file for its rows, which cannot be written",
    got: (cause as NodeJS.ErrnoException).code ?? String(cause),
    where: tmpdir(),
    hint: "make room there, or set TMPDIR to a folder with room",
    cause,
  })
}

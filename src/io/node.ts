import { createReadStream } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { CsvOptions, Table } from "./csv/table.ts"
import { csvBatches, readCsv } from "./csv/table.ts"
import type { SafetensorsEntry, SafetensorsFile, SafetensorsHeader } from "./safetensors-read.ts"
import { decodeEntry, parseSafetensorsHeader, safetensorsHeaderLength } from "./safetensors-read.ts"

// This file is the front door of src/io for programs on Node: what reads files.

/** A safetensors file whose tensors are read one by one, when they are asked for. */
export class SafetensorsReader {
  private readonly path: string
  private readonly file: FileHandle
  private readonly header: SafetensorsHeader

  private constructor(path: string, file: FileHandle, header: SafetensorsHeader) {
    this.path = path
    this.file = file
    this.header = header
  }

  /**
   * Reads the header of a file, and nothing else yet.
   *
   * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, and NABLA_FILE_FORMAT as decodeSafetensors
   */
  static async open(path: string): Promise<SafetensorsReader> {
    const file = await open(path).catch((cause: NodeJS.ErrnoException) => {
      throw unreadable(path, cause)
    })
    try {
      const { size } = await file.stat()
      const length = safetensorsHeaderLength(await part(file, path, 0, Math.min(8, size)), size, path)
      const header = parseSafetensorsHeader(await part(file, path, 8, length), size, path)
      return new SafetensorsReader(path, file, header)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get entries(): readonly SafetensorsEntry[] {
    return this.header.entries
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata
  }

  /** @throws NABLA_FILE_FORMAT when the file has no such tensor, or a number in it does not fit */
  async read(name: string): Promise<Tensor> {
    const entry = this.header.entries.find((it) => it.name === name)
    if (entry === undefined) {
      const names = this.header.entries.map((it) => it.name).join(", ")
      const expected = names.length > 300 ? `${names.slice(0, 300)} …` : names
      throw new NablaError("NABLA_FILE_FORMAT", {
        message: "the file has no such tensor",
        expected,
        got: name,
        where: this.path,
      })
    }
    const { begin, end } = entry
    return decodeEntry(
      entry,
      await part(this.file, this.path, this.header.dataStart + begin, end - begin),
      this.path,
    )
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

function unreadable(path: string, cause: NodeJS.ErrnoException): NablaError {
  const code = cause.code === "ENOENT" ? "NABLA_FILE_NOT_FOUND" : "NABLA_FILE_UNREADABLE"
  return new NablaError(code, { message: `the file cannot be read: ${cause.message}`, where: path, cause })
}

async function part(file: FileHandle, path: string, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await file
      .read(bytes, done, length - done, position + done)
      .catch((cause: NodeJS.ErrnoException) => {
        throw unreadable(path, cause)
      })
    if (bytesRead === 0) {
      const got = `its end after ${position + done} bytes`
      throw new NablaError("NABLA_FILE_FORMAT", { message: "the file became shorter", got, where: path })
    }
    done += bytesRead
  }
  return bytes
}

/**
 * Reads all tensors of a safetensors file, one after the other.
 *
 * @throws as SafetensorsReader.open and decodeSafetensors
 */
export async function loadSafetensors(path: string): Promise<SafetensorsFile> {
  const reader = await SafetensorsReader.open(path)
  try {
    const read: [string, Tensor][] = []
    for (const { name } of reader.entries) read.push([name, await reader.read(name)])
    return { tensors: Object.fromEntries(read), metadata: reader.metadata }
  } finally {
    await reader.close()
  }
}

/**
 * Reads a CSV or TSV file in batches of rows: a file of any size takes the memory of one batch.
 *
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, and the errors of csvBatches
 *
 * @example for await (const table of csvFileBatches("houses.csv")) console.log(table.length)
 */
export async function* csvFileBatches(path: string, options: CsvOptions = {}): AsyncGenerator<Table> {
  yield* csvBatches(fileParts(path), { where: path, ...options })
}

/** Reads a whole CSV or TSV file. Errors as csvFileBatches. */
export async function readCsvFile(path: string, options: CsvOptions = {}): Promise<Table> {
  return readCsv(fileParts(path), { where: path, ...options })
}

async function* fileParts(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of createReadStream(path, { highWaterMark: 2 ** 18 })) yield part as Uint8Array
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}

import { createReadStream } from "node:fs"
import type { Tensor } from "../tensor/index.ts"
import type { CsvOptions, Table } from "./csv/table.ts"
import { csvBatches, readCsv } from "./csv/table.ts"
import { unreadable } from "./file-parts.ts"
import { openSafetensors } from "./open-safetensors.ts"
import type { SafetensorsFile } from "./safetensors-read.ts"

// This file is the front door of src/io for programs on Node: what reads files.

export { openSafetensors, SafetensorsArchive } from "./open-safetensors.ts"
export { parquetFileBatches, readParquetFile } from "./parquet-file.ts"
export { SafetensorsReader } from "./safetensors-reader.ts"

/**
 * Reads all tensors of a safetensors file, or of the index of several, one after the other.
 *
 * @throws as openSafetensors and decodeSafetensors
 */
export async function loadSafetensors(path: string): Promise<SafetensorsFile> {
  const archive = await openSafetensors(path)
  try {
    const read: [string, Tensor][] = []
    for (const name of archive.names) read.push([name, await archive.read(name)])
    return { tensors: Object.fromEntries(read), metadata: archive.metadata }
  } finally {
    await archive.close()
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

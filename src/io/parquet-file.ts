import * as zlib from "node:zlib"
import type { Table } from "./csv/table.ts"
import { joinTables } from "./csv/table.ts"
import { openFile, part } from "./file-parts.ts"
import type { ParquetOptions, Unpack } from "./parquet.ts"
import { parquetBatches } from "./parquet.ts"

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

/** Output beyond what the file says is an error of zlib, not memory. */
const bounded =
  (inflate: Inflate): Unpack =>
  (bytes, length) =>
    inflate(bytes, { maxOutputLength: Math.max(1, length) })

/** What Node unpacks by itself; zstd since 22.15. */
const unpackers: Readonly<Record<string, Unpack>> = {
  GZIP: bounded(zlib.gunzipSync),
  BROTLI: bounded(zlib.brotliDecompressSync),
  ...("zstdDecompressSync" in zlib && { ZSTD: bounded(zlib.zstdDecompressSync as Inflate) }),
}

/**
 * Reads a Parquet file in tables, one for each of its row groups. Besides none and SNAPPY the compressions GZIP and
 * BROTLI are known, and ZSTD from Node 22.15 on.
 *
 * @throws NABLA_FILE_NOT_FOUND, NABLA_FILE_UNREADABLE, and the errors of parquetBatches
 *
 * @example for await (const table of parquetFileBatches("houses.parquet")) console.log(table.length)
 */
export async function* parquetFileBatches(path: string, options: ParquetOptions = {}): AsyncGenerator<Table> {
  const file = await openFile(path)
  try {
    const { size } = await file.stat()
    const slice = async (begin: number, end = size): Promise<ArrayBuffer> =>
      (await part(file, path, begin, Math.max(0, Math.min(end, size) - begin))).buffer as ArrayBuffer
    const all = { where: path, ...options, unpackers: { ...unpackers, ...options.unpackers } }
    yield* parquetBatches({ byteLength: size, slice }, all)
  } finally {
    await file.close()
  }
}

/** Reads a whole Parquet file. Errors as {@link parquetFileBatches}, and NABLA_EMPTY_DATA without a row. */
export async function readParquetFile(path: string, options: ParquetOptions = {}): Promise<Table> {
  const tables: Table[] = []
  for await (const table of parquetFileBatches(path, options)) tables.push(table)
  return joinTables(tables, path, "Parquet")
}

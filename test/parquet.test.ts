import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Table } from "nabla/io"
import { parquetBatches, readParquet } from "nabla/io"
import { parquetFileBatches, readParquetFile } from "nabla/io/node"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { checksums, encodings, encodingsPacked, gzipped, houses, nested, odd } from "./fixtures/parquet.ts"

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"))
const valuesOf = ({ columns }: Table): Record<string, unknown> =>
  Object.fromEntries(columns.map(({ name, values }) => [name, [...values]]))
const coded = (code: string): unknown => expect.objectContaining({ code })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nabla-parquet-"))
})
afterAll(() => rm(folder, { recursive: true }))

const HOUSES = {
  id: [1, 2, 3, 4, 5],
  price: [1.5, Number.NaN, -300, 0, 7.25],
  town: ["Ulm", "Bonn", null, "Ulm", "Köln"],
  sold: [0, 86_400_000, 1.7e12, 1, 2],
  new: [1, 0, 1, 1, 0],
  number: [1, 2, 3, 4, 5],
}

describe("Parquet", () => {
  it("gives the columns with types and missing values as a CSV does", async () => {
    const table = await readParquet(bytes(houses))
    expect(valuesOf(table)).toEqual(HOUSES)
    expect(table.columns.map(({ type }) => type)).toEqual([
      "number",
      "number",
      "text",
      "number",
      "number",
      "number",
    ])
    expect(valuesOf(await readParquet(new Blob([bytes(houses) as BlobPart])))).toEqual(HOUSES)
  })

  it("reads one row group after the other, of the columns that are asked for", async () => {
    const lengths: number[] = []
    const towns: unknown[] = []
    for await (const table of parquetBatches(bytes(houses), { columns: ["town", "id"] })) {
      lengths.push(table.length)
      expect(table.columns.map(({ name }) => name)).toEqual(["town", "id"])
      towns.push(...table.columns[0]!.values)
    }
    expect(lengths).toEqual([3, 2])
    expect(towns).toEqual(HOUSES.town)
  })

  it("reads parts of a file, and what Node can unpack", async () => {
    const [plain, packed] = [join(folder, "houses.parquet"), join(folder, "packed.parquet")]
    await writeFile(plain, bytes(houses))
    await writeFile(packed, bytes(gzipped))
    expect(valuesOf(await readParquetFile(plain))).toEqual(HOUSES)
    const x = Array.from({ length: 100 }, (_, i) => i * 1.5)
    expect(valuesOf(await readParquetFile(packed))).toEqual({ x })
    await expect(readParquet(bytes(gzipped))).rejects.toThrow(/column x cannot be read[\s\S]*GZIP/)
    await expect(readParquetFile(join(folder, "none.parquet"))).rejects.toThrow(
      coded("NABLA_FILE_NOT_FOUND") as Error,
    )
    for await (const _ of parquetFileBatches(plain)) break
  })

  it.each([
    ["pages of the second form", encodings],
    ["pages of the first form, with Snappy", encodingsPacked],
    ["pages of the second form, with Snappy and checksums", checksums],
  ])("reads every encoding: %s", async (_, file) => {
    const rows = Array.from({ length: 40 }, (_, i) => i)
    expect(valuesOf(await readParquet(bytes(file)))).toEqual({
      count: rows.map((i) => ((i * i * 7919) % 1000003) - 5000),
      big: rows.map((i) => (i % 9 === 4 ? Number.NaN : (i * 123456789) % 2 ** 40)),
      shared: rows.map((i) => `street ${String(Math.floor(i / 3)).padStart(3, "0")} number ${i}`),
      joined: rows.map((i) => (i % 7 === 0 ? null : `${"x".repeat(i % 5)}ä`)),
      split: rows.map((i) => i / 8 - 3),
      kind: rows.map((i) => (i < 35 ? ["Ulm", "Bonn", null, "Köln"][i % 4]! : "Ulm")),
      flag: rows.map((i) => (i % 11 === 3 ? Number.NaN : Number(i % 3 === 0))),
      same: rows.map(() => 2.5),
      cents: rows.map((i) => (i - 9) / 4),
      day: rows.map((i) => 3 * i * 86_400_000),
    })
  })

  it("sees damage by a page's checksum where there is one", async () => {
    const file = bytes(checksums)
    // Within the first column's values: no length, no count.
    file[60]! ^= 1
    await expect(readParquet(file, { columns: ["count"] })).rejects.toThrow(/checksum/)
  })

  it("refuses more values than the bytes of a file may stand for", async () => {
    await expect(readParquet(bytes(houses), { mostValues: 29 })).rejects.toThrow(/holds 30 values/)
    await expect(readParquet(bytes(houses), { mostValues: 30 })).resolves.toMatchObject({ length: 5 })
  })

  it("refuses what is no number that a double holds, raw bytes and nested columns, by name", async () => {
    const refused = expect.objectContaining({ code: "NABLA_FILE_FORMAT" }) as Error
    await expect(readParquet(bytes(odd), { columns: ["big"] })).rejects.toThrow(/column big is no number/)
    await expect(readParquet(bytes(nested))).rejects.toThrow(/column list is nested/)
    await expect(readParquet(bytes(nested), { columns: ["x"] })).resolves.toMatchObject({ length: 2 })
    await expect(readParquet(bytes(odd), { columns: ["y"] })).rejects.toThrow(
      coded("NABLA_INVALID_ARGUMENT") as Error,
    )
    for (const text of ["", "PAR1", "no parquet file at all"])
      await expect(readParquet(new TextEncoder().encode(text))).rejects.toThrow(refused)
    await expect(readParquet(bytes(houses).slice(0, 900))).rejects.toThrow(refused)
  })
})

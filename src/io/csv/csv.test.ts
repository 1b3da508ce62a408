import { expect, test } from "vitest"
import type { TextSource } from "./records.ts"
import type { CsvOptions, Table } from "./table.ts"
import { csvBatches, readCsv } from "./table.ts"

const plain = ({ columns }: Table) =>
  Object.fromEntries(columns.map(({ name, values }) => [name, [...values]]))

const text = `name,height,note
Ada,1.65,"a, ""quoted"" one"
Alan,,"two
lines"
"Émilie",-1e-2,NA
`
const expected = {
  name: ["Ada", "Alan", "Émilie"],
  height: [1.65, Number.NaN, -0.01],
  note: ['a, "quoted" one', "two\nlines", null],
}

test("names, types, quotes, line breaks within quotes, missing values", async () => {
  expect(plain(await readCsv(text))).toEqual(expected)
  const { columns, length } = await readCsv(text)
  expect([length, columns.map(({ type }) => type)]).toEqual([3, ["text", "number", "text"]])
})

test("however the bytes come in, the table is the same", async () => {
  const bytes = new TextEncoder().encode(text)
  for (let size = 1; size <= bytes.length; size++) {
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    )
    expect(plain(await readCsv(parts))).toEqual(expected)
  }
  async function* stream(): AsyncGenerator<string> {
    for (const character of text) yield character
  }
  expect(plain(await readCsv(stream()))).toEqual(expected)
})

test.each<[string, TextSource, CsvOptions, object]>([
  ["tabs", "a\tb\n1\tx\n", {}, { a: [1], b: ["x"] }],
  ["semicolons", "a;b\n1;2,5\n", {}, { a: [1], b: ["2,5"] }],
  ["a delimiter that is given", "a;b,c\n1,2\n", { delimiter: "," }, { "a;b": [1], c: [2] }],
  ["lines that end as on Windows", "a,b\r\n1,x\r\n\r\n2,y\r\n", {}, { a: [1, 2], b: ["x", "y"] }],
  ["lines that end in two ways", "a,b\n1,x\r\n2,y\n", {}, { a: [1, 2], b: ["x", "y"] }],
  ["no line break at the end", "a,b\n1,2", {}, { a: [1], b: [2] }],
  ["a mark of the byte order", new TextEncoder().encode("\ufeffa\n1\n"), {}, { a: [1] }],
  ["no header", "1,x\n2,y\n", { header: false }, { column1: [1, 2], column2: ["x", "y"] }],
  ["a header alone", "a,b\n", {}, { a: [], b: [] }],
  ["types that are given", "a\n1\n02\n", { types: { a: "text" } }, { a: ["1", "02"] }],
  ["other words for missing", "a\n1\n-\n", { missing: ["-"] }, { a: [1, Number.NaN] }],
  ["what only looks like a number", "a,b\n0x10,1\nInfinity,2\n", {}, { a: ["0x10", "Infinity"], b: [1, 2] }],
  ["names of all objects", "__proto__,constructor\n1,2\n", {}, { ["__proto__"]: [1], constructor: [2] }],
])("%s", async (_, source, options, table) => {
  expect((await readCsv(source, options)).columns.map(({ name, values }) => [name, [...values]])).toEqual(
    Object.entries(table),
  )
})

test("batches have one schema and a bounded size", async () => {
  const lines = Array.from({ length: 10 }, (_, i) => `${i},t${i}`)
  const tables: Table[] = []
  for await (const table of csvBatches(`n,t\n${lines.join("\n")}`, { batchSize: 4 })) tables.push(table)
  expect(tables.map(({ length }) => length)).toEqual([4, 4, 2])
  expect(tables.flatMap((table) => [...table.columns[0]!.values])).toEqual(lines.map((_, i) => i))
})

test.each<[string, TextSource, RegExp]>([
  ["a quote that is never closed", 'a,b\n"1,2\n3,4\n', /not well formed/],
  ["a quote within a field", 'a,b\n"1"x,2\n', /not well formed/],
  ["a row with too few fields", "a,b\n1,2\n3\n", /row 2 .*number of fields/],
  ["a row with too many fields", "a,b\n1,2,3\n", /row 1 .*number of fields/],
  ["a name that comes twice", "a,a\n1,2\n", /not distinct/],
  ["a name that is empty", "a,\n1,2\n", /not distinct/],
  ["bytes that are no text", Uint8Array.of(0x61, 0x0a, 0xff, 0xfe), /UTF-8/],
  ["bytes that end within a character", Uint8Array.of(0x61, 0x0a, 0xc3), /UTF-8/],
  ["a number beyond all numbers", "a\n1e999\n", /row 1 of column a is no number/],
  ["a record without an end", `a\n"${"x".repeat(1_200_000)}"\n`, /longer than/],
])("%s is refused", async (_, source, message) => {
  await expect(readCsv(source)).rejects.toThrow(message)
  await expect(readCsv(source)).rejects.toThrow("NABLA_FILE_FORMAT")
})

test("a word among numbers is found in a later batch too", async () => {
  await expect(readCsv("a,b\n1,2\n3,4\n5,x\n", { batchSize: 2 })).rejects.toThrow(
    /row 3 of column b[\s\S]*types/,
  )
  await expect(readCsv("a\n1\n", { types: { c: "text" } })).rejects.toThrow("NABLA_INVALID_ARGUMENT")
  await expect(readCsv("")).rejects.toThrow("NABLA_EMPTY_DATA")
})

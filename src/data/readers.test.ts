import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { readCsv } from "../io/index.ts"
import { csvFileBatches, readCsvFile } from "../io/node.ts"
import { cifarDataset } from "./cifar.ts"
import { loadCifar } from "./node.ts"
import { TableEncoder } from "./tables.ts"

/** Records of CIFAR: the labels, then a red, a green and a blue plane. */
function records(labels: readonly number[][]): Uint8Array {
  return Uint8Array.from(
    labels.flatMap((bytes, i) => [...bytes, ...Array.from({ length: 3072 }, (_, at) => (at >> 10) * 50 + i)]),
  )
}

test("CIFAR-10 in several files", () => {
  const { length, inputs, inputShape, targets, classes } = cifarDataset(
    [records([[3], [9]]), records([[0]])],
    { classes: 10 },
  )
  expect([length, inputShape, [...targets], classes]).toEqual([3, [3, 32, 32], [3, 9, 0], 10])
  expect([inputs[0], inputs[1024], inputs[3072 + 2048]]).toEqual(
    [0, 50, 101].map((byte) => Math.fround(byte / 255)),
  )
})

test("CIFAR-100 has two labels", () => {
  const file = [records([[19, 99]])]
  expect([...cifarDataset(file, { classes: 100 }).targets]).toEqual([99])
  const coarse = cifarDataset(file, { classes: 100, labels: "coarse" })
  expect([coarse.targets[0], coarse.classes]).toEqual([19, 20])
})

test("the folder of CIFAR's archive", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nabla-cifar-"))
  try {
    for (const [i, name] of [1, 2, 3, 4, 5].entries())
      writeFileSync(join(folder, `data_batch_${name}.bin`), records([[i]]))
    await expect(loadCifar(folder, { classes: 10 })).rejects.toThrow(
      /test_batch\.bin[\s\S]*NABLA_FILE_NOT_FOUND/,
    )
    writeFileSync(join(folder, "test_batch.bin"), records([[7]]))
    const { train, test: held } = await loadCifar(folder, { classes: 10 })
    expect([[...train.targets], [...held.targets]]).toEqual([[0, 1, 2, 3, 4], [7]])
    await expect(loadCifar(folder, { classes: 11 as 10 })).rejects.toThrow("NABLA_INVALID_ARGUMENT")
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("a CSV file, at once or in batches", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nabla-csv-"))
  try {
    const path = join(folder, "a.csv")
    writeFileSync(path, "x,y\n1,a\n2,b\n3,c\n")
    expect((await readCsvFile(path)).length).toBe(3)
    const lengths: number[] = []
    for await (const { length } of csvFileBatches(path, { batchSize: 2 })) lengths.push(length)
    expect(lengths).toEqual([2, 1])
    await expect(readCsvFile(join(folder, "b.csv"))).rejects.toThrow("NABLA_FILE_NOT_FOUND")
    await expect(readCsvFile(folder)).rejects.toThrow("NABLA_FILE_UNREADABLE")
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test("files that are not CIFAR are refused", () => {
  expect(() => cifarDataset([new Uint8Array(3074)], { classes: 10 }, ["a.bin"])).toThrow(
    /a\.bin[\s\S]*NABLA_FILE_FORMAT/,
  )
  expect(() => cifarDataset([records([[10]])], { classes: 10 })).toThrow("NABLA_LABEL_RANGE")
  expect(() => cifarDataset([], { classes: 10 })).toThrow("NABLA_EMPTY_DATA")
})

const table = await readCsv("x,colour,kind\n1,red,b\n,blue,a\n3,,b\n")

test("a table becomes a data set, and a later one by the same categories", async () => {
  const encoder = new TableEncoder(table, { target: "kind" })
  const dataset = encoder.encode(table, "things")
  expect([...dataset.inputs]).toEqual([1, 1, Number.NaN, 0, 3, Number.NaN])
  expect([dataset.name, [...dataset.targets], dataset.classes]).toEqual(["things", [1, 0, 1], 2])
  expect(encoder.state.features).toEqual([
    { name: "x", categories: null },
    { name: "colour", categories: ["blue", "red"] },
  ])
  const later = encoder.encode(await readCsv("kind,colour,x\nb,green,7\nb,red,8\n"))
  expect([...later.inputs]).toEqual([7, Number.NaN, 8, 1])
  expect([...later.targets]).toEqual([1, 1])
})

test("numbers as targets are values, or classes when that is the task", async () => {
  const numbers = await readCsv("x,y\n1,20\n2,10\n3,20\n")
  const values = new TableEncoder(numbers, { target: "y" }).encode(numbers)
  expect([[...values.targets], values.targetShape, values.classes]).toEqual([[20, 10, 20], [1], undefined])
  const encoder = new TableEncoder(numbers, { target: "y", task: "classification" })
  expect([...encoder.encode(numbers).targets]).toEqual([1, 0, 1])
  expect(encoder.state.classes).toEqual(["10", "20"])
})

test("wrong columns and targets are refused", async () => {
  const encoder = new TableEncoder(table, { target: "kind" })
  const other = await readCsv("x,colour,kind\n1,red,c\n")
  expect(() => encoder.encode(other)).toThrow(/row 1[\s\S]*NABLA_DATA_MISMATCH/)
  expect(() => new TableEncoder(table, { target: "x" }).encode(table)).toThrow(/missing value/)
  expect(() => new TableEncoder(table, { target: "y" })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => new TableEncoder(table, { target: "kind", features: [] })).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => new TableEncoder(table, { target: "kind", task: "regression" })).toThrow(
    "NABLA_INVALID_ARGUMENT",
  )
  expect(() => encoder.encode({ length: 0, columns: [] })).toThrow(/no such column/)
})

import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { gather, TableEncoder } from "../../data/index.ts"
import { readCsvFile } from "../../io/node.ts"
import { encodeTable, loadTable } from "./table-data.ts"

const folder = mkdtempSync(join(tmpdir(), "nabla-table-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** A table of n rows with numbers that are missing here and there, towns, and a kind. */
function written(
  name: string,
  n: number,
  town = (i: number): string => ["Ulm", "Bonn", "Köln"][i % 3]!,
): string {
  const path = join(folder, name)
  const lines = Array.from(
    { length: n },
    (_, i) => `${i % 7 === 3 ? "" : (i * 0.37).toFixed(3)},${town(i)},${i % 4 === 0 ? "a" : "b"},${i / 3}`,
  )
  writeFileSync(path, `x,town,kind,y\n${lines.join("\n")}\n`)
  return path
}

test.each(["kind", "y"])(
  "rows to train on and held-out ones are encoded as a table in memory is: %s",
  async (target) => {
    const path = written("plain.csv", 200)
    const none = [{ name: "none", options: {}, text: "none" }]
    const loaded = await loadTable(path, { target, preprocess: none })
    expect([loaded.train.length, loaded.test.length]).toEqual([160, 40])
    const table = await readCsvFile(path)
    const encoder = TableEncoder.restore(loaded.table.encoder)
    expect(encoder.state).toEqual(new TableEncoder(table, { target }).state)
    // Each row once: matched by the number that no other row has.
    const whole = encoder.encode(table)
    const all = [loaded.train, loaded.test].flatMap((data) => [
      ...gather(
        data,
        Array.from({ length: data.length }, (_, i) => i),
      ).targets,
    ])
    const { mean, std } = loaded.table.target ?? { mean: 0, std: 1 }
    const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b)
    const expected = sorted(whole.targets)
    for (const [i, value] of sorted(all).entries()) expect(value * std + mean).toBeCloseTo(expected[i]!, 3)
    const held = await encodeTable(path, loaded.table, "held out")
    expect(held.unseen).toEqual([])
    expect(held.data).toEqual({ ...loaded.test, name: held.data.name })
  },
)

test("texts that the training rows did not have are told by row and column", async () => {
  const { table } = await loadTable(written("train.csv", 60), { target: "y" })
  const others = written("others.csv", 10, (i) => (i === 4 ? "Paris" : i === 7 ? "" : "Ulm"))
  const { data, unseen } = await encodeTable(others, table, "all")
  expect(data.length).toBe(10)
  expect(unseen.map(({ column, text }) => [column, text])).toEqual([["town", "Paris"]])
})

test("what is no table to learn from is refused", async () => {
  const path = written("few.csv", 4)
  await expect(loadTable(path, { target: "y" })).rejects.toThrow("NABLA_EMPTY_DATA")
  await expect(loadTable(path, { target: "z" })).rejects.toThrow(/no such column[\s\S]*x, town, kind, y/)
  const empty = join(folder, "empty.csv")
  writeFileSync(empty, "")
  await expect(loadTable(empty, { target: "y" })).rejects.toThrow("NABLA_EMPTY_DATA")
  await expect(loadTable(written("more.csv", 40), { target: "y", features: ["x", "w"] })).rejects.toThrow(
    "NABLA_INVALID_ARGUMENT",
  )
})

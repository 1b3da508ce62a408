import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { DataLoader, gauss } from "../data/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import { makeNewFolder, writeFileWhole } from "./files.ts"
// Under its own name the linter takes it for a focused test.
import { fit as fitModel } from "./fit.ts"
import { RunRecorder } from "./recorder.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nabla-run-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8")

function setup(root: string) {
  const model = nn.sequential(nn.linear(2, 2))
  const data = new DataLoader(gauss({ n: 20 }), { batchSize: 5 })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 })
  const recorder = new RunRecorder(model, { root, name: "run", config: { answer: 42 } })
  return { model, data, optimizer, recorder }
}

test("a run is readable at any moment", async () => {
  const { model, data, optimizer, recorder } = setup(folder)
  const seen: [string, number][] = []
  const look = {
    onStep: () => {
      const lines = read("run/metrics.jsonl").trimEnd().split("\n")
      seen.push([JSON.parse(read("run/summary.json")).status, lines.map((line) => JSON.parse(line)).length])
    },
  }
  await fitModel(model, data, { optimizer, listeners: [recorder, look] })
  expect(seen).toEqual([1, 2, 3, 4].map((lines) => ["running", lines]))
  expect(JSON.parse(read("run/config.json"))).toEqual({ answer: 42 })
  expect(JSON.parse(read("run/summary.json"))).toMatchObject({ status: "completed", steps: 4 })
  expect(recorder.path).toBe(join(folder, "run"))
})

test("a run that fails before its first step is finished leaves nothing, not even the folders above", async () => {
  const { model, optimizer, recorder } = setup(join(folder, "a/b"))
  const broken = {
    [Symbol.iterator](): Iterator<never> {
      throw new Error("no data")
    },
  }
  await expect(fitModel(model, broken, { optimizer, listeners: [recorder] })).rejects.toThrow("no data")
  expect(readdirSync(folder)).toEqual([])
  expect(recorder.path).toBeUndefined()
})

test("what others have put beside it stays", async () => {
  const { model, optimizer, recorder } = setup(join(folder, "a"))
  const intruder = {
    onStart: () => {
      writeFileSync(join(folder, "a/notes"), "mine")
      throw new Error("stop")
    },
  }
  await expect(fitModel(model, [], { optimizer, listeners: [recorder, intruder] })).rejects.toThrow("stop")
  expect(readdirSync(join(folder, "a"))).toEqual(["notes"])
})

test("a later failure leaves the folder, with its status and the error", async () => {
  const { model, data, optimizer, recorder } = setup(folder)
  const broken = {
    onStep: ({ step }: { step: number }) => {
      if (step === 3) throw new Error("power cut")
    },
  }
  await expect(fitModel(model, data, { optimizer, listeners: [recorder, broken] })).rejects.toThrow(
    "power cut",
  )
  const summary = JSON.parse(read("run/summary.json"))
  expect(summary).toMatchObject({ status: "failed", steps: 3, error: { message: "Error: power cut" } })
  expect(existsSync(join(folder, "run/model.safetensors"))).toBe(true)
})

test("a file is replaced whole or not at all", () => {
  const path = join(folder, "file")
  writeFileWhole(path, "first")
  writeFileWhole(path, "second")
  expect(read("file")).toBe("second")
  expect(readdirSync(folder)).toEqual(["file"])
  expect(() => writeFileWhole(join(path, "below"), "x")).toThrow("[NABLA_FILE_WRITE]")
  expect(makeNewFolder(path)).toBe(false)
  // A folder stands where the file is to be: the rename fails, and the temporary file goes.
  expect(makeNewFolder(join(folder, "taken"))).toBe(true)
  writeFileSync(join(folder, "taken/inside"), "")
  expect(() => writeFileWhole(join(folder, "taken"), "x")).toThrow("[NABLA_FILE_WRITE]")
  expect(readdirSync(folder).sort()).toEqual(["file", "taken"])
})

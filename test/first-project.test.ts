import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { CommandLine } from "./cli-harness.ts"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const page = readFileSync(join(root, "docs/first-project.md"), "utf8")

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

interface Step {
  readonly file?: readonly [name: string, text: string]
  readonly command?: readonly string[]
}

/** What the page does, in order: files to write and commands to run. */
function steps(): Step[] {
  return [...page.matchAll(/^```(sh|yaml)\n([\s\S]*?)^```$/gm)].flatMap(([, form, text]): Step[] => {
    if (form === "yaml") return [{ file: [/# (\S+)/.exec(text!)![1]!, text!] }]
    return text!
      .trim()
      .split("\n")
      .map((line) => ({ command: line.replace(/^npx nabla /, "").split(" ") }))
  })
}

test("the page's commands do what it says: trained, evaluated, predicted, exported", {
  timeout: 120_000,
}, async () => {
  mkdirSync(nabla.path("examples"))
  copyFileSync(join(root, "examples/houses.csv"), nabla.path("examples/houses.csv"))
  const outputs = new Map<string, string>()
  for (const { file, command } of steps()) {
    if (file !== undefined) writeFileSync(nabla.path(file[0]), file[1])
    if (command === undefined) continue
    const { code, out, err } = await nabla.run(...command)
    expect({ command, code, err }).toEqual({ command, code: 0, err: "" })
    outputs.set(command.join(" "), out)
  }
  const said = (start: string): string => [...outputs].find(([command]) => command.startsWith(start))![1]
  expect(said("train --recipe")).toContain("ended early")
  const { loss, r2 } = JSON.parse(said("eval runs/houses --metrics")) as { loss: number; r2: number }
  expect(r2).toBeGreaterThan(0.9)
  // The weights are those of the best epoch, whose loss is among the run's records.
  const records = readFileSync(nabla.path("runs/houses/metrics.jsonl"), "utf8").trim().split("\n")
  const epochs = records.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "epoch")
  expect(loss).toBeCloseTo(Math.min(...epochs.map(({ test }) => test.loss)), 6)
  expect(JSON.parse(records[0]!)).toMatchObject({ kind: "step", lr: 0.01 })
  const predictions = outputs.get("predict runs/houses examples/houses.csv")!.trim().split("\n")
  expect(predictions).toHaveLength(400)
  expect(JSON.parse(said("predict runs/houses examples/houses.csv --format"))).toEqual(
    predictions.map((line) => JSON.parse(line)),
  )
  for (const name of ["houses.onnx", "houses.safetensors"])
    expect(statSync(nabla.path(name)).size).toBeGreaterThan(1000)
  expect(said("train --epochs 3 --quiet").trim()).toBe(join("runs", "houses-from-file"))
  const config = JSON.parse(readFileSync(nabla.path("runs/houses-from-file/config.json"), "utf8"))
  expect(config).toMatchObject({ epochs: 3, optimizer: "adamw", metrics: ["rmse", "r2"], warmUp: "5%" })
})

import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Diagnosis } from "../src/diagnostics/index.ts"
import { CommandLine } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const LIMIT = { timeout: 120_000 }

function write(name: string, text: string): string {
  const path = join(nabla.folder, name)
  writeFileSync(path, `import * as nabla from ${JSON.stringify(pathToFileURL(nabla.library).href)}\n${text}`)
  return path
}

const training = (last: string) => `
const { data, nn, optim } = nabla
nabla.manualSeed(1)
const loader = new data.DataLoader(data.moons({ n: 200, seed: 1 }), { batchSize: 32 })
const model = nn.sequential(nn.linear(2, 16), nn.relu(), nn.linear(16, 2)${last})
const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
`

test("a script with a fault: named first, with the remedy, and exit code 1", LIMIT, async () => {
  const text = `${training(", nn.softmax({ dim: 1 })")}\nexport { model, optimizer, loader as data }`
  const script = write("sick.mjs", text)
  const { code, out } = await nabla.run("doctor", script, "--out", "report.html")
  expect(out).toMatch(/Softmax \(or sigmoid\) is applied twice/)
  expect(out).toMatch(/checked, fine/)
  expect(code).toBe(1)
  expect(readFileSync(join(nabla.folder, "report.html"), "utf8")).toMatch(/Softmax/)
})

test("a healthy one that a function gives, as JSON", LIMIT, async () => {
  const script = write(
    "well.mjs",
    `export default () => {${training("")} return { model, optimizer, data: loader }}`,
  )
  const { code, out } = await nabla.run("doctor", script, "--json")
  const { findings, passed } = JSON.parse(out) as Diagnosis
  expect(findings.filter(({ severity }) => severity === "error")).toEqual([])
  expect(passed.length).toBeGreaterThan(10)
  expect(code).toBe(0)
})

test("a configuration, and the run that it makes", LIMIT, async () => {
  const config = join(nabla.folder, "nabla.config.json")
  writeFileSync(
    config,
    JSON.stringify({ recipe: "mlp", data: "moons", samples: 200, epochs: 2, name: "run" }),
  )
  const before = await nabla.run("doctor", config, "--json")
  expect((JSON.parse(before.out) as Diagnosis).passed.map(({ name }) => name)).toContain("weights-too-small")
  await nabla.run("train", "--quiet", "--no-report")
  const folder = join(nabla.folder, "runs/run")
  expect(existsSync(folder)).toBe(true)
  const { out } = await nabla.run("doctor", folder, "--json")
  const { passed, title } = JSON.parse(out) as Diagnosis & { title: string }
  expect(title).toBe("run")
  // Of the model as it began, which is made anew.
  expect(passed.map(({ name }) => name)).toContain("weights-too-small")
})

test("what is no training is said", LIMIT, async () => {
  const { code, err } = await nabla.run("doctor", write("empty.mjs", "export const model = 3"))
  expect(err).toMatch(/exports no training.*NABLA_CONFIG/)
  expect(code).not.toBe(0)
})

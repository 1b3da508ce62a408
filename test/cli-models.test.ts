import { createHash } from "node:crypto"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tensor } from "nabla"
import { glyphs } from "nabla/data"
import { encodePng } from "nabla/io"
import { afterAll, beforeAll, expect, test } from "vitest"
import { CommandLine } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const lines = (text: string): Record<string, never>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
const json = (...path: string[]) => JSON.parse(readFileSync(nabla.path(...path), "utf8"))
const slow = { timeout: 120_000 }

test("a text that the training rows did not have is named in its line and in a warning", slow, async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${["Ulm", "Bonn", "Köln"][i % 3]},${i % 7}.5`)
  writeFileSync(nabla.path("towns.csv"), `x,town,y\n${rows.join("\n")}\n`)
  const train = "train --recipe mlp --data towns.csv --target y --epochs 2 --no-report -q --name towns"
  expect((await nabla.run(...train.split(" "))).code).toBe(0)
  writeFileSync(nabla.path("new.csv"), "x,town\n1,Ulm\n2,Paris\n3,\n4,Oslo\n")
  const { code, out, err } = await nabla.run("predict", "runs/towns", "new.csv")
  expect(code).toBe(0)
  expect(lines(out).map(({ unknown = null }) => unknown)).toEqual([
    null,
    { town: "Paris" },
    null,
    { town: "Oslo" },
  ])
  expect(err).toMatch(/^warning: town: .*"Paris", "Oslo", taken as missing \[NABLA_UNKNOWN_CATEGORY\]\n$/)
  writeFileSync(nabla.path("others.csv"), "x,town,y\n1,Ulm,1.5\n2,Rome,2.5\n")
  const evaluated = await nabla.run("eval", "runs/towns", "--data", "others.csv", "--json")
  expect(evaluated.code).toBe(0)
  expect(evaluated.err).toContain("NABLA_UNKNOWN_CATEGORY")
  expect((await nabla.run("eval", "runs/towns", "--json")).err).toBe("")
})

test("pictures: each file has its class and the shares of all", slow, async () => {
  const train = "train --recipe mlp --data glyphs --samples 600 --epochs 3 --no-report -q --name digits"
  expect((await nabla.run(...train.split(" "))).code).toBe(0)
  const { inputs, targets } = glyphs({ n: 12, seed: 0, start: 600 })
  const names = Array.from({ length: 12 }, (_, i) => `digit-${i}.png`)
  for (const [i, name] of names.entries()) {
    const picture = tensor(inputs.slice(784 * i, 784 * (i + 1)), { shape: [28, 28] })
    writeFileSync(nabla.path(name), await encodePng(picture))
  }
  const { code, out, err } = await nabla.run("predict", "runs/digits", ...names, "--format", "json")
  expect([code, err]).toEqual([0, ""])
  const found = JSON.parse(out) as {
    file: string
    prediction: number
    probabilities: Record<string, number>
  }[]
  expect(found.map(({ file }) => file)).toEqual(names)
  for (const { prediction, probabilities } of found) {
    const shares = Object.values(probabilities)
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5)
    expect(probabilities[prediction]).toBe(Math.max(...shares))
  }
  const right = found.filter(({ prediction }, i) => prediction === targets[i]).length
  // Chance is 1.2 of 12; the run's own accuracy on such digits is above 0.6.
  expect(right).toBeGreaterThanOrEqual(5)
  const wrong = await nabla.run("predict", "runs/digits", "towns.csv")
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("NABLA_INVALID_OPTION")])
  const none = await nabla.run("predict", "runs/digits", "none.png")
  expect(none.code).toBe(1)
})

test(
  "a run on a text is evaluated on what it held out, or on another text, and predicts no samples",
  slow,
  async () => {
    const text = Array.from({ length: 400 }, (_, i) => `the ${i % 10} cats sat on ${i % 7} mats. `).join("")
    writeFileSync(nabla.path("cats.txt"), text)
    const train =
      "train --recipe char-rnn:hidden=16 --data cats.txt --epochs 1 --no-report -q --name cats --batch-size 32"
    expect((await nabla.run(...train.split(" "))).code).toBe(0)
    const own = await nabla.run("eval", "runs/cats", "--json")
    expect([own.code, own.err]).toEqual([0, ""])
    expect(Number(lines(own.out)[0]!.loss)).toBeCloseTo(json("runs/cats/summary.json").test.loss, 5)
    writeFileSync(nabla.path("dogs.txt"), text.slice(0, 3000).replaceAll("cats", "mats"))
    const other = await nabla.run("eval", "runs/cats", "--data", "dogs.txt", "--json")
    expect([other.code, other.err]).toEqual([0, ""])
    expect(Number(lines(other.out)[0]!.loss)).toBeGreaterThan(0)
    const refused = await nabla.run("predict", "runs/cats", "new.csv")
    expect(refused.code).toBe(1)
    expect(refused.err).toContain("NABLA_DATA_MISMATCH")
  },
)

test(
  "--resume writes the report that a complete run lacks, once, and changes nothing else",
  slow,
  async () => {
    const train =
      "train --recipe mlp --data moons --epochs 3 --ema 0.9 --early-stopping 1 --lr 0.3 -q --name moons"
    expect((await nabla.run(...train.split(" "))).code).toBe(0)
    const digest = (name: string): string =>
      createHash("sha256")
        .update(readFileSync(nabla.path("runs/moons", name)))
        .digest("hex")
    const before = ["model.safetensors", "summary.json", "metrics.jsonl"].map(digest)
    rmSync(nabla.path("runs/moons/report.html"))
    rmSync(nabla.path("runs/moons/report.json"))
    const { code, out, err } = await nabla.run("train", "--resume", "runs/moons")
    expect([code, err]).toEqual([0, "note: runs/moons is complete: its report is written\n"])
    expect(out).toContain("report: runs/moons/report.html")
    for (const form of ["html", "md", "json"])
      expect(existsSync(nabla.path(`runs/moons/report.${form}`))).toBe(true)
    expect(json("runs/moons/report.json")).toMatchObject({ title: "moons" })
    expect(["model.safetensors", "summary.json", "metrics.jsonl"].map(digest)).toEqual(before)
    const again = await nabla.run("train", "--resume", "runs/moons")
    expect(again.err).toContain("there is nothing left to do")
    // It ended with the average as it was evaluated in the best epoch.
    const losses = lines(readFileSync(nabla.path("runs/moons/metrics.jsonl"), "utf8"))
      .filter(({ kind }) => kind === "epoch")
      .map(({ test }) => (test as { loss: number }).loss)
    const [evaluated] = lines((await nabla.run("eval", "runs/moons", "--json")).out)
    expect(Number(evaluated!.loss)).toBeCloseTo(Math.min(...losses), 5)
  },
)

test(
  "images are mixed by --augment, equally for equal seeds; data without classes are refused",
  slow,
  async () => {
    const train = "train --samples 128 --epochs 1 --batch-size 32 --no-report -q --augment crop,mixup,cutmix"
    for (const name of ["mixed", "mixed-again"])
      expect((await nabla.run(...train.split(" "), "--name", name)).code).toBe(0)
    const weights = (name: string): Buffer => readFileSync(nabla.path("runs", name, "model.safetensors"))
    expect(weights("mixed-again").equals(weights("mixed"))).toBe(true)
    expect(json("runs/mixed/config.json").augment).toEqual(["crop", "mixup", "cutmix"])
    const points = await nabla.run("train", "--data", "moons", "--augment", "mixup")
    expect([points.code, points.err]).toEqual([2, expect.stringContaining("NABLA_INVALID_OPTION")])
  },
)

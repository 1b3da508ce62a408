import { readFileSync, writeFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { CommandLine } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const write = (name: string, text: string): string => {
  writeFileSync(nabla.path(name), text)
  return name
}

const table = (): string =>
  [
    "a,b,kind",
    ...Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 5},${i % 7 > 3 ? "high" : "low"}`),
  ].join("\n")

const slow = { timeout: 120_000 }

describe("nabla train on a table", slow, () => {
  test("classes by name, metrics that were asked for, lines of JSON", async () => {
    write("kinds.csv", table())
    const trained = ["train", "--recipe", "mlp", "--data", "kinds.csv", "--target", "kind", "--epochs", "15"]
    const { code, out } = await nabla.run(
      ...trained,
      "--metrics",
      "accuracy",
      "auc",
      "--json",
      "--name",
      "kinds",
    )
    expect(code).toBe(0)
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ kind: "start", recipe: "mlp" })
    expect(lines.at(-1)).toMatchObject({ kind: "end", status: "completed", epochs: 15 })
    expect(Object.keys(lines.at(-1).test)).toEqual(["loss", "accuracy", "auc"])
    write("new.csv", "b,a\n1,6\n2,0\n")
    const predicted = await nabla.run("predict", "runs/kinds", "new.csv")
    const rows = predicted.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(rows.map(({ prediction }) => prediction)).toEqual(["high", "low"])
    expect(rows[0].probabilities.high + rows[0].probabilities.low).toBeCloseTo(1, 5)
    const evaluated = await nabla.run("eval", "runs/kinds", "--json")
    expect(JSON.parse(evaluated.out)).toMatchObject(lines.at(-1).test)
  })

  test("what cannot be, with its reason", async () => {
    write("kinds.csv", table())
    for (const [args, reason] of [
      [["train", "--data", "kinds.csv"], /--target/],
      [["train", "--data", "kinds.csv", "--target", "sort"], /a, b, kind/],
      [["train", "--data", "kinds.csv", "--target", "kind", "--preprocess", "wash"], /standardize \| whiten/],
      [["train", "--metrics", "f2"], /accuracy \| top-5/],
      [["train", "--early-stoping", "3"], /Did you mean --early-stopping/],
      [["predict", "runs/none", "x.csv"], /NABLA_NO_CHECKPOINT/],
      [["eval", "runs/none"], /NABLA_NO_CHECKPOINT/],
    ] as const) {
      const { code, out, err } = await nabla.run(...args)
      expect({ args, failed: code !== 0, out }).toEqual({ args, failed: true, out: "" })
      expect(err).toMatch(reason)
    }
  })
})

describe("a configuration", slow, () => {
  const small = { recipe: "mlp:hidden=4", data: "xor", epochs: 2, samples: 40 }

  test("in TypeScript, JavaScript, JSON and YAML says the same; the command line goes first", async () => {
    const files = {
      "a.ts": `const n: number = 2\nexport default { ...${JSON.stringify(small)}, epochs: n }`,
      "a.mjs": `export default ${JSON.stringify(small)}`,
      "a.json": JSON.stringify(small),
      "a.yaml": "recipe: {name: mlp, options: {hidden: 4}}\ndata: xor\nepochs: 2\nsamples: 40\n",
    }
    const ends = []
    for (const [name, text] of Object.entries(files)) {
      const { code, out, err } = await nabla.run(
        "train",
        "--config",
        write(name, text),
        "--seed",
        "5",
        "--quiet",
      )
      expect({ name, code, err }).toEqual({ name, code: 0, err: "" })
      const config = JSON.parse(readFileSync(nabla.path(out.trim(), "config.json"), "utf8"))
      expect(config).toMatchObject({ seed: 5, epochs: 2, recipe: "mlp", model: { hidden: 4 } })
      ends.push(readFileSync(nabla.path(out.trim(), "model.safetensors")).toString("hex"))
    }
    expect(new Set(ends).size).toBe(1)
  })

  test("says every place that is wrong, and the nearest key", async () => {
    const file = write("bad.yaml", "epoch: 3\nlr: fast\nmetrics: [accuracy, f2]\n")
    const { code, err } = await nabla.run("train", "--config", file)
    expect(code).toBe(2)
    expect(err).toMatch(/wrong in 3 places[\s\S]*NABLA_CONFIG/)
    expect(err).toContain('lr: expected a number > 0, got "fast"')
    expect(err).toContain("epoch: there is no such key; did you mean epochs?")
    const option = await nabla.run("train", "--config", write("option.json", '{"recipe": "mlp:hide=3"}'))
    expect(option.err).toMatch(/option.json: recipe[\s\S]*hidden, dropout/)
    const none = await nabla.run("train", "--config", write("none.json", "{"))
    expect(none.err).toMatch(/this is no JSON[\s\S]*NABLA_CONFIG/)
    const thrown = await nabla.run("train", "--config", write("thrown.mjs", "throw new Error('mine')"))
    expect([thrown.code, thrown.err]).toEqual([2, expect.stringMatching(/NABLA_CONFIG[\s\S]*mine/)])
    expect((await nabla.run("train", "--config", "missing.yaml")).err).toContain("NABLA_FILE_NOT_FOUND")
  })
})

describe("the terminal", slow, () => {
  test("completion scripts for shells, with the words of options", async () => {
    for (const shell of ["bash", "zsh", "fish"])
      expect((await nabla.run("completion", shell)).out).toMatch(/nabla/)
    const complete = async (...words: string[]) =>
      (await nabla.run("complete", "--", ...words)).out.split("\n").map((line) => line.split("\t")[0])
    expect(await complete("tr")).toContain("train")
    expect(await complete("train", "--early")).toContain("--early-stopping")
    expect(await complete("train", "--recipe", "")).toContain("resnet20")
    expect((await nabla.run("completion", "tcsh")).code).toBe(2)
  })

  test("errors are a line of JSON too where lines of JSON are asked for", async () => {
    const { code, out } = await nabla.run("train", "--data", "no/such/file", "--json")
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ kind: "error", code: "NABLA_FILE_NOT_FOUND" })
  })

  test("every command has examples in its help", async () => {
    const { out } = await nabla.run("--help")
    const commands = [...out.matchAll(/^ {2}([a-z][\w-]*) /gm)].map(([, name]) => name!)
    expect(commands).toContain("predict")
    for (const command of commands) {
      const help = await nabla.run(command, "--help")
      expect(help.out, command).toMatch(/Examples:[\s\S]*\$ nabla/)
    }
  })
})

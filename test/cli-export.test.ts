import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { randint, randn } from "nabla"
import { decodeEvents, decodeJsonWeights, decodeNpz, decodeOnnx, decodeSafetensors } from "nabla/io"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { CommandLine } from "./cli-harness.ts"
import { runOnnx } from "./onnx/harness.ts"

const nabla = new CommandLine()
const run = (): string => nabla.path("runs/points")
const text = (): string => nabla.path("runs/text")

beforeAll(async () => {
  await nabla.build()
  const out = nabla.path("runs")
  const common = ["--quiet", "--out", out, "--epochs", "1"]
  const points = await nabla.run("train", "--recipe", "mlp", "--data", "moons", "--name", "points", ...common)
  const words = nabla.path("words.txt")
  writeFileSync(words, "the quick brown fox jumps over the lazy dog. ".repeat(40))
  const small = "char-rnn:hidden=8,embedding=4,context=12,steps=3"
  const letters = await nabla.run("train", "--recipe", small, "--data", words, "--name", "text", ...common)
  expect([points.code, letters.code, points.err, letters.err]).toEqual([0, 0, "", ""])
}, 120_000)
afterAll(() => nabla.remove())

const exported = async (source: string, name: string, ...more: string[]): Promise<Buffer> => {
  const output = nabla.path(name)
  const { code, err } = await nabla.run("export", source, "--output", output, ...more)
  expect({ code, err }).toEqual({ code: 0, err: "" })
  return readFileSync(output)
}

describe("nabla export", () => {
  test("writes the weights of a run in every format, and of files in others", async () => {
    const own = decodeSafetensors(readFileSync(join(run(), "model.safetensors"))).tensors
    const names = Object.keys(own).sort()
    const weights = decodeSafetensors(await exported(run(), "a.safetensors")).tensors
    const arrays = await decodeNpz(await exported(run(), "a.npz"))
    const json = decodeJsonWeights((await exported(run(), "a.json")).toString()).tensors
    const again = decodeSafetensors(
      await exported(nabla.path("a.json"), "b", "--format", "safetensors"),
    ).tensors
    for (const tensors of [weights, arrays, json, again]) {
      expect(Object.keys(tensors).sort()).toEqual(names)
      for (const name of names) expect(await tensors[name]!.data()).toEqual(await own[name]!.data())
    }
  })

  test("writes the model of a run as ONNX, for batches of any size", async () => {
    const file = await exported(run(), "a.onnx")
    expect(await decodeOnnx(file)).toMatchObject({
      metadata: { recipe: "mlp" },
      inputs: [{ shape: ["batch", 2] }],
    })
    expect((await runOnnx(file, [randn([3, 2])]))[0]!.shape).toEqual([3, 2])
    const language = await exported(text(), "text.onnx", "--weights", "last")
    const [logits] = await runOnnx(language, [randint(0, 5, [2, 12])])
    expect(logits!.shape.slice(0, 2)).toEqual([2, 12])
  })

  test("a run has a file for TensorBoard", async () => {
    const [name] = readdirSync(run()).filter((file) => file.startsWith("events.out.tfevents."))
    const events = await decodeEvents(readFileSync(join(run(), name!)))
    const tags = new Set(events.flatMap(({ values = [] }) => values.map(({ tag }) => tag)))
    expect([...tags]).toEqual(
      expect.arrayContaining(["config", "step/loss", "step/lr", "train/loss", "test/loss"]),
    )
  })

  test.each([
    ["a format that the name does not say", ["points.bin"], 2, "NABLA_INVALID_OPTION"],
    ["an unknown format", ["points.bin", "--format", "pickle"], 2, "NABLA_INVALID_OPTION"],
  ])("refuses %s", async (_, [name, ...more], exit, errorCode) => {
    const { code, err } = await nabla.run("export", run(), "--output", nabla.path(name!), ...more)
    expect(code).toBe(exit)
    expect(err).toContain(errorCode)
  })

  test("refuses what is not there, and ONNX of weights alone", async () => {
    const missing = await nabla.run("export", nabla.path("none.npz"), "--output", nabla.path("x.json"))
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("NABLA_FILE_NOT_FOUND")])
    const file = join(run(), "model.safetensors")
    const weights = await nabla.run("export", file, "--output", nabla.path("x.onnx"))
    expect([weights.code, weights.err]).toEqual([1, expect.stringContaining("folder of a run")])
  })
})

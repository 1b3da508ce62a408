import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { CommandLine, ended, idx, quarters } from "./cli-harness.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"))

/** The records of metrics.jsonl; every line must be whole. */
function records(folder: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, "metrics.jsonl"), "utf8")
  expect(text.endsWith("\n")).toBe(true)
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
}

/** The only run in a folder of runs. */
function onlyRun(out: string): string {
  const [name, ...others] = readdirSync(out)
  expect(others).toEqual([])
  return join(out, name)
}

/** A small, quick run. */
const small = ["train", "--samples", "200", "--epochs", "1", "--batch-size", "50"]

describe("nabla train", () => {
  test("trains, evaluates on held-out data, and leaves a folder that holds it all", async () => {
    const out = nabla.path("whole")
    const { code, out: printed, err } = await nabla.run(...small, "--out", out)
    expect(err).toBe("")
    expect(code).toBe(0)
    const folder = onlyRun(out)
    expect(printed).toContain("cnn with 28,938 parameters on glyphs")
    expect(printed).toMatch(/epoch 1\/1 \| training: loss .* \| held out: loss .*, accuracy .* %/)
    expect(printed).toMatch(/│ held out +│ +\d\.\d+ │ +\d+\.\d\d % │/)
    expect(printed).toContain(`run folder: ${folder}`)
    expect(
      readdirSync(folder)
        .sort()
        .filter((name) => !name.startsWith("events.out")),
    ).toEqual([
      "checkpoints",
      "config.json",
      "environment.json",
      "metrics.csv",
      "metrics.jsonl",
      "model.safetensors",
      "report.html",
      "report.json",
      "report.md",
      "summary.json",
    ])
    expect(printed).toContain(`report: ${join(folder, "report.html")}`)
    expect(readJson(folder, "config.json")).toMatchObject({ recipe: "cnn", seed: 0, optimizer: "adam" })
    expect(readJson(folder, "environment.json")).toMatchObject({ node: process.versions.node })
    expect(readJson(folder, "summary.json")).toMatchObject({ status: "completed", steps: 4, epochs: 1 })
    expect(records(folder).map(({ kind }) => kind)).toEqual(["step", "step", "step", "step", "epoch"])
    const weights = readFileSync(join(folder, "model.safetensors"))
    const header = weights.subarray(8, 8 + Number(weights.readBigUInt64LE())).toString()
    expect(JSON.parse(header)["0.weight"]).toMatchObject({ dtype: "F32", shape: [16, 1, 5, 5] })
  })

  test("learns points with the recipe that fits them, whatever the device", async () => {
    const out = nabla.path("moons")
    const options = ["train", "--data", "moons", "--samples", "200", "--epochs", "20", "--out", out]
    const { code, err } = await nabla.run(...options)
    expect(err).toBe("")
    expect(code).toBe(0)
    const folder = onlyRun(out)
    expect(readJson(folder, "config.json").recipe).toBe("mlp")
    expect(readJson(folder, "summary.json").test.accuracy).toBeGreaterThan(0.9)

    const slow = nabla.path("reference")
    const xor = ["--data", "xor", "--samples", "40", "--epochs", "1", "--device", "reference"]
    expect(await nabla.run("train", ...xor, "--out", slow)).toMatchObject({ code: 0, err: "" })
    expect(readJson(onlyRun(slow), "environment.json").device.name).toBe("reference")
  })

  test("takes IDX files, plain and gzipped, with a pair for testing or without", async () => {
    const { images, labels } = quarters(80)
    const held = quarters(20)
    const files = nabla.files("idx", {
      "train-images-idx3-ubyte": images,
      "train-labels-idx1-ubyte.gz": gzipSync(labels),
      "t10k-images-idx3-ubyte.gz": gzipSync(held.images),
      "t10k-labels-idx1-ubyte": held.labels,
    })
    const options = ["--epochs", "2", "--batch-size", "20", "--lr", "0.01", "--out", nabla.path("from-idx")]
    expect(await nabla.run("train", "--data", files, ...options)).toMatchObject({ code: 0, err: "" })
    const config = readJson(onlyRun(nabla.path("from-idx")), "config.json")
    expect(config.data).toMatchObject({ train: { length: 80 }, test: { length: 20 } })

    const single = [...options.slice(0, -1), nabla.path("from-one")]
    const file = join(files, "train-images-idx3-ubyte")
    expect(await nabla.run("train", "--data", file, ...single)).toMatchObject({ code: 0, err: "" })
    const split = readJson(onlyRun(nabla.path("from-one")), "config.json")
    expect(split.data).toMatchObject({ train: { length: 64 }, test: { length: 16 } })
  })

  test("two runs with one seed are bit-identical, another seed is not", async () => {
    const trained = async (name: string, seed: string) => {
      const out = nabla.path(name)
      expect((await nabla.run(...small, "--samples", "100", "--seed", seed, "--out", out)).code).toBe(0)
      const folder = onlyRun(out)
      const timeless = records(folder).map(({ seconds, samplesPerSecond, dataWaitShare, ...rest }) => rest)
      return { metrics: timeless, weights: readFileSync(join(folder, "model.safetensors")).toString("hex") }
    }
    const [a, b, c] = [await trained("a", "5"), await trained("b", "5"), await trained("c", "6")]
    expect(b).toEqual(a)
    expect(c.weights).not.toBe(a.weights)
  })

  test("never writes into the folder of another run", async () => {
    const out = nabla.path("names")
    const options = ["train", "--data", "gauss", "--samples", "20", "--epochs", "1", "--out", out]
    await nabla.run(...options, "--name", "mine")
    await nabla.run(...options, "--name", "mine")
    expect(readdirSync(out).sort()).toEqual(["mine", "mine-2"])
  })
})

describe("nabla graph", () => {
  const script = (name: string, text: string): string => {
    writeFileSync(
      nabla.path(name),
      `import * as nabla from ${JSON.stringify(pathToFileURL(nabla.library).href)}\n${text}`,
    )
    return nabla.path(name)
  }

  test("writes the graph of what a script exports", async () => {
    const file = script(
      "model.mjs",
      "export default nabla.softmax(nabla.tensor([1, 2]).mul(nabla.tensor([3, 4])), 0)\n",
    )
    const { code, out, err } = await nabla.run("graph", file)
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/^flowchart TD\n[\s\S]*mul[\s\S]*softmax/)
    const out2 = nabla.path("graph.json")
    expect(await nabla.run("graph", file, "--format", "json", "--values", "--out", out2)).toMatchObject({
      code: 0,
      out: "",
    })
    const graph = JSON.parse(readFileSync(out2, "utf8"))
    expect(graph.nodes.map(({ op }: { op: string }) => op)).toEqual(["input", "input", "mul", "softmax"])
    expect(graph.nodes[2].value).toEqual([3, 8])
  })

  test("says what is wrong with a script", async () => {
    const missing = await nabla.run("graph", "nowhere.mjs")
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("NABLA_FILE_NOT_FOUND")])
    const empty = await nabla.run("graph", script("empty.mjs", "export const n = 3\n"))
    expect([empty.code, empty.err]).toEqual([1, expect.stringContaining("exports no tensor")])
  })
})

describe("schedules", () => {
  const spiral = ["train", "--data", "spiral", "--samples", "96", "--epochs", "2", "--batch-size", "32"]

  test("rates set in a file are kept in the folder, and can be replayed", async () => {
    const [out, file] = [nabla.path("by hand"), nabla.path("rate.txt")]
    writeFileSync(file, "0.003\n")
    const options = ["--optimizer", "adamw:weight-decay=0.1", "--out", out]
    const first = await nabla.run(...spiral, ...options, "--schedule", `graduate-student:file=${file}`)
    expect([first.code, first.err]).toEqual([0, expect.stringContaining("learning rate 0.003")])
    const rates = join(onlyRun(out), "rates.json")
    expect(readJson(rates)).toMatchObject({ steps: 6, changes: [{ step: 0, rate: 0.003 }] })
    const replayed = nabla.path("replayed")
    const again = [...spiral, "--optimizer", "adamw:weight-decay=0.1", "--out", replayed]
    const second = await nabla.run(...again, "--schedule", `replay:file=${rates}`)
    expect([second.code, second.err]).toEqual([0, ""])
    const lossesOf = (folder: string) => records(onlyRun(folder)).map(({ loss }) => loss)
    expect(lossesOf(replayed)).toEqual(lossesOf(out))
  })

  test("a schedule, a warm-up and momentum that cycles are in the settings", async () => {
    const out = nabla.path("one cycle")
    const options = [
      "--optimizer",
      "sgd:lr=0.2",
      "--schedule",
      "one-cycle:momentum=0.8/0.9",
      "--warm-up",
      "1ep",
    ]
    const { code, out: text, err } = await nabla.run(...spiral, ...options, "--out", out)
    expect([code, err]).toEqual([0, ""])
    expect(text).toContain("schedule one-cycle:momentum=0.8/0.9 after a warm-up of 1ep")
    const settings = { optimizer: "sgd", lr: 0.2, schedule: "one-cycle:momentum=0.8/0.9", warmUp: "1ep" }
    expect(readJson(onlyRun(out), "config.json")).toMatchObject(settings)
  })
})

describe("finding a rate", () => {
  test("suggests one with its reason, and draws the losses", async () => {
    const picture = nabla.path("range.svg")
    const data = ["--data", "gauss", "--samples", "400", "--batch-size", "100", "--optimizer", "sgd"]
    const { code, out, err } = await nabla.run(
      "find-lr",
      ...data,
      "--from",
      "1e-3",
      "--to",
      "100",
      "--svg",
      picture,
    )
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/--lr [\d.]+: the loss falls fastest/)
    expect(readFileSync(picture, "utf8")).toMatch(/^<svg[\s\S]*<\/svg>\n$/)
  })
})

describe("a race", () => {
  test("names what each optimizer did, and draws it", async () => {
    const picture = nabla.path("race.svg")
    const optimizers = ["--optimizers", "sgd:lr=0.05", "sgd:lr=0.3", "adam:lr=0.1"]
    const options = ["--surface", "quadratic", "--steps", "400", "--svg", picture]
    const { code, out, err } = await nabla.run("race", ...options, ...optimizers)
    expect([code, err]).toEqual([0, ""])
    expect(out).toMatch(/sgd:lr=0.05 .* converged/)
    expect(out).toMatch(/sgd:lr=0.3 .* diverging/)
    expect(out).toContain("✕")
    const svg = readFileSync(picture, "utf8")
    expect(svg.match(/<polyline/g)?.length).toBe(3)
    expect(svg).not.toMatch(/NaN|Infinity/)
  })

  test("runs on a formula", async () => {
    const options = ["--expression", "x^2 + y^2", "--start", "1,2", "--steps", "5"]
    const { out } = await nabla.run("race", ...options, "--optimizers", "sgd:lr=0.5")
    expect(out).toMatch(/f = x\^2 \+ y\^2/)
    expect(out).toContain("converged")
  })
})

describe("help", () => {
  test("names every option, with examples and exit codes", async () => {
    const { code, out, err } = await nabla.run("train", "--help")
    expect([code, err]).toEqual([0, ""])
    const page = readFileSync("docs/cli.md", "utf8")
    const options = [...out.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option!)
    expect(options.length).toBeGreaterThan(30)
    // Those that all commands have are told of once.
    const common = ["help"]
    for (const option of options.filter((name) => !common.includes(name)))
      expect(page).toMatch(new RegExp(`\\| (\`-\\w\`, )?\`--${option}\` \\|`))
    expect(out).toContain("$ nabla train --recipe mlp --data spiral")
    expect(out).toMatch(/Exit codes:\n.*130/)
    expect((await nabla.run("--help")).out).toContain("train [options]")
  })

  test("the version is the package's", async () => {
    const { version } = readJson("package.json")
    expect(await nabla.run("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" })
  })
})

/** Arguments that are not understood, the code, and what the message has to name. */
const misuses: [args: string, code: string, mention: string][] = [
  ["", "NABLA_UNKNOWN_COMMAND", "no command"],
  ["fly", "NABLA_UNKNOWN_COMMAND", "fly"],
  ["train --speed 3", "NABLA_UNKNOWN_OPTION", "--speed"],
  ["train extra", "NABLA_INVALID_OPTION", "too many arguments"],
  ["train --recipe transformer", "NABLA_UNKNOWN_RECIPE", "cnn | mlp | linear"],
  ["train --epochs 0", "NABLA_INVALID_OPTION", "--epochs"],
  ["train --epochs 1.5", "NABLA_INVALID_OPTION", "a whole number"],
  ["train --lr fast", "NABLA_INVALID_OPTION", "--lr"],
  ["train --lr -1", "NABLA_INVALID_OPTION", "> 0"],
  ["train --lr", "NABLA_INVALID_OPTION", "argument missing"],
  ["train --batch-size 0", "NABLA_INVALID_OPTION", "--batch-size"],
  ["train --optimizer speedy", "NABLA_INVALID_OPTION", "adagrad | adam | "],
  ["train --optimizer adam:betas=1/2", "NABLA_INVALID_OPTION", "betas[0]"],
  ["train --optimizer sgd:momentun=1", "NABLA_INVALID_OPTION", "there is no such option"],
  ["train --optimizer sgd:momentum=", "NABLA_INVALID_OPTION", "NAME[:option=value"],
  ["train --optimizer sgd:lr=1 --lr 2", "NABLA_INVALID_OPTION", "one learning rate"],
  ["train --optimizer lbfgs", "NABLA_INVALID_OPTION", "no closure"],
  ["train --data moons --schedule sine", "NABLA_INVALID_OPTION", "constant | step"],
  ["train --data moons --schedule cosine:mim=1", "NABLA_INVALID_OPTION", "min, total, past"],
  ["train --data moons --schedule step:size=fast", "NABLA_INVALID_OPTION", "epochs such as 2ep"],
  ["train --data moons --schedule cyclical:mode=round", "NABLA_INVALID_OPTION", "triangular2"],
  ["train --data moons --schedule replay", "NABLA_INVALID_OPTION", "rates.json"],
  ["train --data moons --warm-up 100%", "NABLA_INVALID_OPTION", "less than the training"],
  [
    "train --data moons --optimizer adagrad --schedule one-cycle:momentum=0.8/0.9",
    "NABLA_INVALID_OPTION",
    "an optimizer with momentum",
  ],
  ["find-lr --from 1 --to 0.1", "NABLA_INVALID_OPTION", "less than --to"],
  ["find-lr --steps 3", "NABLA_INVALID_OPTION", "--steps"],
  ["race --surface moon", "NABLA_INVALID_OPTION", "rosenbrock | beale"],
  ["race --surface saddle:angle=3", "NABLA_INVALID_OPTION", "curvature, rotation"],
  ["race --surface quadratic:condition=0", "NABLA_INVALID_OPTION", "condition"],
  ["race --expression x+*y", "NABLA_INVALID_OPTION", "character 3"],
  ["race --expression x*y --surface beale", "NABLA_INVALID_OPTION", "no --surface"],
  ["race --start 1", "NABLA_INVALID_OPTION", "two numbers"],
  ["race --optimizers speedy", "NABLA_INVALID_OPTION", "adam"],
  ["train --momentum 0.5", "NABLA_INVALID_OPTION", "--optimizer sgd"],
  ["train --seed -3", "NABLA_INVALID_OPTION", "--seed"],
  ["train --device gpu", "NABLA_INVALID_OPTION", "wasm | "],
  ["train --name ../up", "NABLA_INVALID_OPTION", "--name"],
]

test.for(misuses)("`nabla %s` is a usage error: %s", async ([args, code, mention]) => {
  const result = await nabla.run(...args.split(" ").filter(Boolean))
  expect(result.code).toBe(2)
  expect(result.err).toContain(`[${code}]`)
  expect(result.err).toContain(mention)
  expect(existsSync(nabla.path("runs"))).toBe(false)
})

/** Data that cannot be trained on: how to call for it, the code, and what the message has to name. */
const badData: [what: string, args: () => string[], code: string, mention: string][] = [
  ["a missing file", () => ["--data", "nowhere"], "NABLA_FILE_NOT_FOUND", "spiral"],
  [
    "a file of another kind",
    () => ["--data", join(nabla.files("kind", { "notes.idx": Uint8Array.of(1) }), "notes.idx")],
    "NABLA_FILE_FORMAT",
    "notes.idx",
  ],
  ["points for the cnn", () => ["--data", "moons", "--recipe", "cnn"], "NABLA_DATA_MISMATCH", "--recipe mlp"],
  [
    "a truncated file",
    () => pair("truncated", quarters(8).images.subarray(0, 300), quarters(8).labels),
    "NABLA_FILE_FORMAT",
    "x-images-idx3-ubyte",
  ],
  [
    "a truncated gzip file",
    () => {
      const { images, labels } = quarters(8)
      const packed = gzipSync(images)
      const files = { "x-images-idx3-ubyte.gz": packed.subarray(0, packed.length / 2) }
      return ["--data", nabla.files("cut", { ...files, "x-labels-idx1-ubyte": labels })]
    },
    "NABLA_FILE_FORMAT",
    "x-images-idx3-ubyte.gz",
  ],
  [
    "images and labels swapped",
    () => pair("swapped", quarters(8).labels, quarters(8).images),
    "NABLA_DATA_MISMATCH",
    "swapped",
  ],
  [
    "fewer labels than images",
    () => pair("fewer", quarters(8).images, quarters(7).labels),
    "NABLA_DATA_MISMATCH",
    "8 labels",
  ],
  [
    "a label out of range",
    () => pair("range", quarters(8).images, idx([8], [0, 1, 2, 3, 4, 10, 6, 7])),
    "NABLA_LABEL_RANGE",
    "sample 5",
  ],
  [
    "test images of another size",
    () => [
      "--data",
      nabla.files("sizes", {
        "train-images-idx3-ubyte": quarters(8).images,
        "train-labels-idx1-ubyte": quarters(8).labels,
        "t10k-images-idx3-ubyte": quarters(8, 6).images,
        "t10k-labels-idx1-ubyte": quarters(8).labels,
      }),
    ],
    "NABLA_DATA_MISMATCH",
    "[1, 6, 6]",
  ],
  [
    "images too small for the recipe",
    () => pair("tiny", quarters(8, 2).images, quarters(8, 2).labels),
    "NABLA_SHAPE_MISMATCH",
    "[1, 2, 2]",
  ],
]

function pair(name: string, images: Uint8Array, labels: Uint8Array): string[] {
  return ["--data", nabla.files(name, { "x-images-idx3-ubyte": images, "x-labels-idx1-ubyte": labels })]
}

test.for(badData)("%s ends with an error and leaves nothing", async ([what, args, code, mention]) => {
  const out = nabla.path(`out of ${what}`)
  const result = await nabla.run("train", ...args(), "--out", out)
  expect(result.code).toBe(1)
  expect(result.err).toContain(`[${code}]`)
  expect(result.err).toContain(mention)
  expect(existsSync(out)).toBe(false)
})

describe("a run that fails on its way", () => {
  test("a loss that is not finite names the step and the layer, and the folder says so", async () => {
    const out = nabla.path("diverged")
    const { code, err } = await nabla.run(...small, "--optimizer", "sgd", "--lr", "1e20", "--out", out)
    expect(code).toBe(1)
    expect(err).toContain("[NABLA_NON_FINITE]")
    expect(err).toMatch(/the loss is (NaN|Infinity) at step \d/)
    const folder = onlyRun(out)
    const summary = readJson(folder, "summary.json")
    expect(summary).toMatchObject({ status: "failed", error: { code: "NABLA_NON_FINITE" } })
    expect(records(folder).length).toBe(summary.steps)
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([])
  })

  test("an output folder that cannot be made ends it before the first step", async () => {
    writeFileSync(nabla.path("file"), "")
    const { code, err } = await nabla.run(...small, "--out", nabla.path("file", "runs"))
    expect(code).toBe(1)
    expect(err).toContain("[NABLA_FILE_WRITE]")
  })

  test("an output folder that is read-only ends it before the first step", async (ctx) => {
    if (process.getuid?.() === 0) ctx.skip("root writes into read-only folders all the same")
    const folder = nabla.files("read-only", {})
    chmodSync(folder, 0o555)
    const { code, err } = await nabla.run(...small, "--out", folder)
    expect(code).toBe(1)
    expect(err).toContain("[NABLA_FILE_WRITE]")
    expect(readdirSync(folder)).toEqual([])
  })

  const signals = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const
  test.for(signals)("%s ends it after the step at hand, with exit code %i", async ([signal, code]) => {
    const out = nabla.path(signal)
    const child = nabla.start("train", "--data", "circle", "--epochs", "100000", "--out", out, "--name", "x")
    const end = ended(child)
    const log = join(out, "x/metrics.jsonl")
    await until(() => existsSync(log) && readFileSync(log, "utf8").includes('"step":3'))
    child.kill(signal)
    const result = await end
    expect(result.err).toContain("stopping after this step")
    expect(result.out).toContain(`run folder: ${join(out, "x")}`)
    expect(result.code).toBe(code)
    const summary = readJson(out, "x/summary.json")
    expect(summary.status).toBe("interrupted")
    expect(records(join(out, "x")).filter(({ kind }) => kind === "step").length).toBe(summary.steps)
    expect(existsSync(join(out, "x/model.safetensors"))).toBe(true)
  })
})

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error("waited too long")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

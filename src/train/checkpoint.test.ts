import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { NablaError, Random } from "../base/index.ts"
import { DataLoader, gauss } from "../data/index.ts"
import { decodeSafetensors } from "../io/index.ts"
import * as nn from "../nn/index.ts"
import * as optim from "../optim/index.ts"
import { manualSeed, tensor } from "../tensor/index.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-folder.ts"
import { CheckpointFolder } from "./checkpoint-keeper.ts"
// Under its own name the linter takes it for a focused test.
import { fit as fitModel } from "./fit.ts"
import { RunRecorder } from "./recorder.ts"
import { FolderLock } from "./run-lock.ts"
import { listRuns, loadRun, resumeRun } from "./runs.ts"
import { takeApart } from "./state-tree.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nabla-checkpoint-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

function at(step: number): Checkpoint {
  const running = { loss: 0, samples: 0, states: [] }
  const times = { seconds: 1, trainingSeconds: 1, waitingSeconds: 0 }
  return {
    position: { epoch: 1, batch: step, trained: false, step, samples: step, ...times, running },
    history: [],
    stopped: null,
    model: {
      "layer.weight": tensor([[1, -0, Number.NaN, step]]),
      "layer.count": tensor(3, { dtype: "int32" }),
    },
    buffers: {},
    modes: { evaluating: [], frozen: [] },
    optimizer: { steps: step, best: Number.POSITIVE_INFINITY, zero: -0, $odd: [null, true, "text"] },
    random: { default: { key: [1, 2], calls: step } },
    loaders: {},
    parts: {},
    preprocessing: { inputs: { kind: "PCA", learned: [0.1, 2 / 3] } },
    config: { name: "é" },
  }
}

describe("a checkpoint", () => {
  test("is read as it was written, to the last bit", async () => {
    const bytes = await encodeCheckpoint(at(7))
    const { model, origin, ...rest } = await decodeCheckpoint(bytes)
    const { model: wanted, ...plain } = at(7)
    expect(rest).toEqual(plain)
    expect(Object.is((rest.optimizer as { zero: number }).zero, -0)).toBe(true)
    expect(origin.version).toBe(1)
    for (const [name, t] of Object.entries(wanted)) {
      expect(model[name]!.dataSync()).toEqual(t.dataSync())
      expect([model[name]!.dtype, model[name]!.shape]).toEqual([t.dtype, t.shape])
    }
  })

  test("is a safetensors file with the tensors under their paths", async () => {
    const { tensors } = decodeSafetensors(await encodeCheckpoint(at(7)))
    expect(Object.keys(tensors).sort()).toEqual(["model.layer.count", "model.layer.weight"])
  })

  test("keeps a tensor that stands in two places once", () => {
    const t = tensor([1])
    const { tree, tensors } = takeApart({ a: t, b: [t], "b.0": tensor([2]) })
    expect(Object.keys(tensors)).toEqual(["a", "b.0"])
    expect(tree).toMatchObject({ a: { $tensor: "a" }, b: [{ $tensor: "a" }] })
  })

  test("cannot hold a function, and says where", async () => {
    const odd = { ...at(1), parts: { mine: { rates: [1, () => 2] } } }
    await expect(encodeCheckpoint(odd)).rejects.toThrow(/parts.mine.rates.1.*NABLA_INVALID_ARGUMENT/s)
  })

  test("is refused when any bit has changed or any byte is missing", async () => {
    const good = await encodeCheckpoint(at(7))
    const random = new Random(3)
    for (let round = 0; round < 600; round++) {
      const bad = good.slice(0, round < 300 ? good.length : random.integer(good.length))
      if (round < 300) bad[random.integer(bad.length)]! ^= 1 << random.integer(8)
      const error = await decodeCheckpoint(bad).catch((it: unknown) => it)
      expect(error).toBeInstanceOf(NablaError)
      expect((error as NablaError).code).toBe("NABLA_CHECKPOINT_DAMAGED")
    }
    await expect(decodeCheckpoint(Uint8Array.from([...good, 0]))).rejects.toThrow("NABLA_CHECKPOINT_DAMAGED")
    await expect(decodeCheckpoint(new TextEncoder().encode("no checkpoint"))).rejects.toThrow("DAMAGED")
  })

  test("of a newer version is refused", async () => {
    const newer = await resealed(
      await encodeCheckpoint(at(7)),
      '"nabla.checkpoint":"1"',
      '"nabla.checkpoint":"2"',
    )
    await expect(decodeCheckpoint(newer)).rejects.toThrow("NABLA_CHECKPOINT_VERSION")
  })
})

/** A checkpoint with another text in its header, and the digest that belongs to it. */
async function resealed(bytes: Uint8Array, from: string, to: string): Promise<Uint8Array> {
  const text = Buffer.from(bytes).toString("latin1").replace(from, to)
  const open = text.replace(/("nabla.sha256":")[0-9a-f]{64}/, `$1${"0".repeat(64)}`)
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(open, "latin1"))).toString(
    "hex",
  )
  return new Uint8Array(Buffer.from(open.replace(`"${"0".repeat(64)}"`, `"${digest}"`), "latin1"))
}

describe("a folder of checkpoints", () => {
  test("keeps the newest ones and the best one, and nothing else", async () => {
    for (const step of [1, 2, 10, 9]) await saveCheckpoint(folder, at(step), { keep: 2, best: step === 2 })
    expect(readdirSync(folder).sort()).toEqual([
      "best.safetensors",
      "step-00000009.safetensors",
      "step-00000010.safetensors",
    ])
    expect((await loadCheckpoint(folder)).checkpoint.position.step).toBe(10)
    expect((await loadCheckpoint(folder, { which: "best" })).checkpoint.position.step).toBe(2)
  })

  test("gives the last good one when newer ones are torn, and says so", async () => {
    for (const step of [1, 2, 3]) await saveCheckpoint(folder, at(step))
    const [second, third] = [2, 3].map((step) => join(folder, `step-0000000${step}.safetensors`))
    const size = readFileSync(third!).length
    for (const length of [0, 7, 8, 200, size - 1]) {
      truncateSync(third!, Math.min(length, readFileSync(third!).length))
      const { checkpoint, skipped } = await loadCheckpoint(folder)
      expect(checkpoint.position.step).toBe(2)
      expect(skipped.map(({ path }) => path)).toEqual([third])
      expect(skipped[0]!.error.code).toBe("NABLA_CHECKPOINT_DAMAGED")
      await saveCheckpoint(folder, at(3))
    }
    appendFileSync(third!, "x")
    const bytes = readFileSync(second!)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(second!, bytes)
    expect((await loadCheckpoint(folder)).checkpoint.position.step).toBe(1)
    writeFileSync(join(folder, "step-00000001.safetensors"), "")
    await expect(loadCheckpoint(folder)).rejects.toThrow("NABLA_CHECKPOINT_DAMAGED")
  })

  test("that is empty or is not there has no checkpoint", async () => {
    await expect(loadCheckpoint(folder)).rejects.toThrow("NABLA_NO_CHECKPOINT")
    await expect(loadCheckpoint(join(folder, "none"))).rejects.toThrow("NABLA_NO_CHECKPOINT")
  })

  test.each([
    [{ everySteps: -1 }, "everySteps"],
    [{ keep: 0 }, "keep"],
    [{ best: "loss" }, "best"],
    [{ mode: "least" as "min" }, "mode"],
    [{ every: 3 } as object, "no such option"],
  ])("refuses %j", (options, message) => {
    expect(() => new CheckpointFolder(folder, options)).toThrow(message)
  })
})

function setup() {
  manualSeed(1)
  const model = nn.sequential(nn.linear(2, 2))
  const data = new DataLoader(gauss({ n: 20 }), { batchSize: 5, shuffle: true })
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 })
  return { model, data, optimizer }
}

/** Trains until the third step, where something fails, or to the end. */
async function train(recorder: (model: nn.AnyModule) => RunRecorder, resume: Checkpoint | null, failAt = 0) {
  const { model, data, optimizer } = setup()
  const keeper = recorder(model)
  const broken = {
    onStep: ({ step }: { step: number }) => {
      if (step === failAt) throw new Error("power cut")
    },
  }
  const listeners = [keeper, broken]
  await fitModel(model, data, { optimizer, epochs: 2, listeners, checkpoint: keeper.checkpoints, resume })
}

const lines = (run: string, file: string) =>
  readFileSync(join(folder, run, file), "utf8")
    .replace(/"(seconds|samplesPerSecond|dataWaitShare)":[\d.e-]+/g, "")
    .split("\n")

describe("a run", () => {
  const options = { checkpoints: { everySteps: 2 } }
  const fresh = (name: string) => (model: nn.AnyModule) =>
    new RunRecorder(model, { root: folder, name, config: { lr: 0.1 }, ...options })

  test("goes on with its logs as if nothing had happened", async () => {
    await train(fresh("whole"), null)
    for (const failAt of [1, 3, 6]) {
      await expect(train(fresh("cut"), null, failAt)).rejects.toThrow("power cut")
      expect(loadRun(join(folder, "cut")).status).toBe("failed")
      appendFileSync(join(folder, "cut/metrics.jsonl"), '{"kind":"step","st')
      const run = await resumeRun(join(folder, "cut"))
      expect(run.checkpoint?.position.step ?? 0).toBe(failAt - (failAt % 2 === 0 ? 2 : 1))
      await train((model) => new RunRecorder(model, { resume: run, ...options }), run.checkpoint)
      expect(lines("cut", "metrics.jsonl")).toEqual(lines("whole", "metrics.jsonl"))
      expect(lines("cut", "metrics.csv").length).toBe(lines("whole", "metrics.csv").length)
      const weights = ["cut", "whole"].map((name) => readFileSync(join(folder, name, "model.safetensors")))
      expect(weights[0]!.equals(weights[1]!)).toBe(true)
      const { status, summary } = loadRun(join(folder, "cut"))
      expect([status, (summary.resumed as unknown[]).length]).toEqual(["completed", 1])
      rmSync(join(folder, "cut"), { recursive: true })
    }
  })

  test("whose lines are missing keeps those before, and says so", async () => {
    await expect(train(fresh("cut"), null, 7)).rejects.toThrow("power cut")
    truncateSync(join(folder, "cut/metrics.jsonl"), 150)
    const run = await resumeRun(join(folder, "cut"))
    await train((model) => new RunRecorder(model, { resume: run, ...options }), run.checkpoint)
    const { summary, metrics } = loadRun(join(folder, "cut"))
    expect(summary.metricsIncomplete).toBe(true)
    expect(metrics().map(({ step }) => step)).toEqual([1, 7, 8, 8])
  })

  test("is nobody else's while it is trained, and anybody's after its process is gone", async () => {
    await train(fresh("whole"), null)
    const path = join(folder, "whole")
    const first = await resumeRun(path)
    expect(loadRun(path).status).toBe("running")
    await expect(resumeRun(path)).rejects.toThrow("NABLA_RUN_LOCKED")
    first.folder.close()
    expect(existsSync(join(path, "lock"))).toBe(false)
    // A process of that number runs, but began at another time; or there is none.
    const lock = { id: "x", pid: process.pid, host: (await import("node:os")).hostname(), began: "earlier" }
    for (const holder of [lock, { ...lock, pid: 2 ** 22 + 1, began: null }]) {
      writeFileSync(join(path, "lock"), JSON.stringify(holder))
      writeFileSync(join(path, "lock.x.claim"), JSON.stringify({ ...holder, id: "y" }))
      expect(FolderLock.isHeld(join(path, "lock"))).toBe(false)
      const again = await resumeRun(path)
      again.folder.close()
      expect(readdirSync(path).filter((name) => name.startsWith("lock"))).toEqual([])
    }
    writeFileSync(join(path, "lock"), JSON.stringify({ ...lock, host: "elsewhere" }))
    await expect(resumeRun(path)).rejects.toThrow(
      /elsewhere.*NABLA_RUN_LOCKED|NABLA_RUN_LOCKED[\s\S]*elsewhere/,
    )
  })

  test("can be listed, looked at and used", async () => {
    await train(fresh("one"), null)
    await train(fresh("two"), null)
    writeFileSync(join(folder, "stray"), "")
    expect(listRuns(folder).map(({ name }) => name)).toEqual(["one", "two"])
    const run = loadRun(join(folder, "two"))
    expect(run).toMatchObject({ status: "completed", config: { lr: 0.1 }, environment: { seed: 1 } })
    const { checkpoint } = await run.checkpoint({ which: "best" })
    const { model } = setup()
    model.loadStateDict(checkpoint.model)
    expect(() => loadRun(folder)).toThrow("NABLA_NO_CHECKPOINT")
  })
})

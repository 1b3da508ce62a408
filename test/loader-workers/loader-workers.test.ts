import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { build } from "esbuild"
import type { Tensor } from "nabla"
import type { WorkerLoader, WorkerLoaderOptions } from "nabla/data/node"
import { workerLoader } from "nabla/data/node"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { failing, images, nested, text } from "./loaders.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const folder = join(root, "node_modules/.cache/nabla")
const outfile = join(folder, `loaders-${process.pid}.mjs`)
const module = pathToFileURL(outfile)

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  const entry = fileURLToPath(new URL("./loaders.ts", import.meta.url))
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    tsconfig: join(root, "tsconfig.json"),
  })
})
afterAll(() => rmSync(outfile, { force: true }))

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const loader of open.splice(0)) await loader.close()
})

async function inWorkers<Batch = [Tensor, Tensor]>(
  name: string,
  options: unknown,
  more: WorkerLoaderOptions = {},
): Promise<WorkerLoader<Batch>> {
  const loader = await workerLoader<Batch>({ module, export: name, options }, more)
  open.push(loader)
  return loader
}

const values = (batches: Iterable<readonly [Tensor, Tensor]>): string[] =>
  Array.from(
    batches,
    ([x, y]) => `${x.shape} ${x.dtype} ${x.dataSync()} | ${y.shape} ${y.dtype} ${y.dataSync()}`,
  )

describe("workerLoader", () => {
  it.each([1, 2, 3])("gives the same bits as without workers: %i", async (workers) => {
    const plain = images({ n: 18 })
    const ahead = await inWorkers("images", { n: 18 }, { workers, prefetch: 2 })
    expect(ahead.length).toBe(plain.length)
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(values(ahead)).toEqual(values(plain))
      expect(ahead.state()).toEqual(plain.state())
    }
  })

  it("works for windows of a text, which are drawn one after the other", async () => {
    expect(values(await inWorkers("text", undefined, { workers: 2 }))).toEqual(values(text()))
  })

  it("continues within an epoch, after an early break too, as the loader itself does", async () => {
    const partly = (loader: Iterable<[Tensor, Tensor]>, n: number): string[] => {
      const seen: string[] = []
      for (const batch of loader) {
        seen.push(...values([batch]))
        if (seen.length === n) break
      }
      return seen
    }
    const whole = values(images({ n: 18 }))
    const loader = await inWorkers("images", { n: 18 }, { workers: 2 })
    expect(partly(loader, 2)).toEqual(whole.slice(0, 2))
    const state = loader.state()
    expect(state).toEqual({ epoch: 0, batch: 2, seed: 3, samples: 18 })
    const next = partly(loader, 1)
    loader.load(state)
    expect(values(loader)).toEqual(whole.slice(2))
    expect(partly(loader, 1)).toEqual(next)
    const fresh = await inWorkers("images", { n: 18 })
    fresh.load(state)
    expect(values(fresh)).toEqual(whole.slice(2))
  })

  it("gives batches of any form", async () => {
    type Nested = { parts: [Tensor, { name: string; flags: Tensor }]; samples: number[] }
    const [first] = await inWorkers<Nested>("nested", { n: 7 })
    const [same] = (await nested({ n: 7 })) as Iterable<object> as Nested[]
    expect(first!.samples).toEqual([0, 1, 2])
    expect(first!.parts[0].dtype).toBe("float64")
    expect([...first!.parts[0].dataSync()]).toEqual([...same!.parts[0].dataSync()])
    expect([first!.parts[1].name, first!.parts[1].flags.dtype]).toEqual(["rest", "bool"])
  })

  it("prepares no more than it may be ahead", async () => {
    const counter = new Int32Array(new SharedArrayBuffer(4))
    const loader = await inWorkers<number>("counting", { counter }, { workers: 2, prefetch: 3 })
    const batches = loader[Symbol.iterator]()
    for (let taken = 1; taken <= 5; taken++) {
      expect(batches.next().value).toBe(taken - 1)
      await new Promise((resolve) => setTimeout(resolve, 30))
      expect(Atomics.load(counter, 0)).toBeLessThanOrEqual(taken + 6)
    }
    // All that may be prepared is, while nobody asks.
    await expect.poll(() => Atomics.load(counter, 0), { timeout: 10_000 }).toBe(5 + 6)
  })

  const coded = (code: string, ...texts: string[]): unknown =>
    expect.objectContaining({
      code,
      message: expect.stringMatching(new RegExp(texts.map((it) => `(?=[\\s\\S]*${it})`).join(""))),
    })

  it.each([
    ["coded", coded("NABLA_FILE_FORMAT", "epoch 0, batch 2", "worker 1", "cat.png", "damaged")],
    ["plain", coded("NABLA_DATA_WORKER", "epoch 0, batch 2", "no such thing")],
    ["exit", coded("NABLA_DATA_WORKER", "epoch 0, batch 2", "it has ended")],
    ["hang", coded("NABLA_DATA_WORKER", "epoch 0, batch 2", "no answer within 0.5 seconds")],
  ] as const)("tells an error of a worker with its place: %s", async (how, error) => {
    const timeout = how === "hang" ? 0.5 : 60
    const loader = await inWorkers<number>("failing", { how }, { timeout })
    const seen: number[] = []
    expect(() => {
      for (const it of loader) seen.push(it)
    }).toThrow(error as Error)
    expect(seen).toEqual([0, 1])
    if (how === "coded") expect(() => [...failing({ how })]).toThrow("damaged")
  })

  it("refuses what makes no loader, and options that are none", async () => {
    const made = (name: string, address: string | URL = module): Promise<unknown> =>
      workerLoader({ module: address, export: name })
    await expect(made("missing")).rejects.toThrow(coded("NABLA_DATA_WORKER", "no function missing") as Error)
    await expect(made("notAFunction")).rejects.toThrow(coded("NABLA_DATA_WORKER") as Error)
    await expect(made("noLoader")).rejects.toThrow(coded("NABLA_DATA_WORKER", "gives no loader") as Error)
    await expect(made("images", "file:///nowhere/at/all.mjs")).rejects.toThrow(
      coded("NABLA_DATA_WORKER") as Error,
    )
    await expect(workerLoader({ module, export: "text" }, { workers: 0 })).rejects.toThrow(
      coded("NABLA_INVALID_ARGUMENT") as Error,
    )
  })

  it("gives no batch after close", async () => {
    const loader = await inWorkers("images", { n: 18 })
    await loader.close()
    expect(() => [...loader]).toThrow(coded("NABLA_DATA_WORKER") as Error)
  })
})

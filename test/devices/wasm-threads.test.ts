import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import { build } from "esbuild"
import { afterEach, describe, expect, it, vi } from "vitest"
import { NablaError, Random } from "../../src/base/index.ts"
import type { Kernel } from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { renderWasm } from "../../src/render/wasm/index.ts"
import type { WasmDevice, WasmDeviceOptions, WorkerHandle, WorkerHost } from "../../src/runtime/wasm/index.ts"
import { createWasmDevice } from "../../src/runtime/wasm/index.ts"
import { nodeWorkers } from "../../src/runtime/wasm/node.ts"
import { workerText } from "../../src/runtime/wasm/worker.ts"

/** The wasm device on several threads: the same bits, whatever happens to the workers. */

const random = new Random(3)
const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal())

function product(rows: number, columns: number, depth: number, batch = 1): Kernel {
  const dims = (extent: number, stride: number): k.StridedDim[] => [{ extent, stride }]
  const lhs = {
    length: batch * rows * depth,
    offset: 0,
    batch: dims(batch, rows * depth),
    free: dims(rows, depth),
    contract: dims(depth, 1),
  }
  const rhs = {
    length: batch * depth * columns,
    offset: 0,
    batch: dims(batch, depth * columns),
    free: dims(columns, 1),
    contract: dims(depth, columns),
  }
  return k.gemm("product", "f32", lhs, rhs, k.gemmTile(false, 16, 8))
}

function exponentials(length: number): Kernel {
  const b = new k.KernelBuilder()
  const [from, to] = [b.buffer("f32", length, "read"), b.buffer("f32", length, "write")]
  for (const [extent, lanes, start] of [
    [length - (length % 4), 4, 0],
    [length % 4, 1, length - (length % 4)],
  ] as const) {
    if (extent === 0) continue
    const loop = b.open(b.root, extent, lanes, start, true)
    b.store(to, b.index(loop), b.unary("exp", b.load(from, b.index(loop))), loop)
    b.close(loop)
  }
  return b.finish("exponentials")
}

/** The sum of all elements, over the largest magnitude: a value at the top that a shared loop needs, and two passes. */
function sum(length: number): Kernel {
  const b = new k.KernelBuilder()
  const [from, scale, to] = [
    b.buffer("f32", length, "read"),
    b.buffer("f32", 1, "read"),
    b.buffer("f32", 1, "write"),
  ]
  const by = b.load(scale, k.Index.constant(0))
  const total = k.reduce(b, b.root, [length], "f32", { op: "add", identity: 0 }, 4, ([i]) =>
    b.binary("div", b.load(from, i!), by),
  )
  b.store(to, k.Index.constant(0), total, b.root)
  return b.finish("sum")
}

const open: WasmDevice[] = []

function make(options: WasmDeviceOptions): WasmDevice {
  const device = createWasmDevice({ workers: nodeWorkers(), startWork: 0, maximumPages: 4096, ...options })
  open.push(device)
  return device
}

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
  for (const device of open.splice(0)) device.close()
})

interface Runner {
  run(): void
  result(): Float32Array
}

function prepare(device: WasmDevice, kernel: Kernel, inputs: readonly Float32Array[]): Runner {
  const program = device.compile(renderWasm([kernel], device.renderOptions))
  const buffers = kernel.buffers.map(({ length }) => ({
    allocation: device.allocate(4 * length),
    byteOffset: 0,
  }))
  for (const [i, input] of inputs.entries()) device.write(buffers[i]!, "float32", input)
  const out = kernel.buffers.findIndex(({ access }) => access === "write")
  return {
    run: () => device.run(program, [{ kernel: 0, buffers }]),
    result: () => device.readSync(buffers[out]!, "float32", kernel.buffers[out]!.length) as Float32Array,
  }
}

/** Runs until workers have done a part, or as often as `most`; how often was enough does not matter. */
async function runTogether(device: WasmDevice, { run }: Runner, most = 5000): Promise<void> {
  const before = device.helped
  for (let i = 0; i < most && device.helped === before; i++) {
    run()
    if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  if (most === 5000) expect(device.helped).toBeGreaterThan(before)
}

const cases: [string, Kernel, Float32Array[]][] = [
  ["a product of rows", product(301, 130, 420), [numbers(301 * 420), numbers(420 * 130)]],
  ["a product of columns", product(40, 700, 90), [numbers(40 * 90), numbers(90 * 700)]],
  ["a batch of products", product(96, 64, 70, 6), [numbers(6 * 96 * 70), numbers(6 * 70 * 64)]],
  ["a product in slices", product(16, 27, 5003), [numbers(16 * 5003), numbers(5003 * 27)]],
  ["elementwise", exponentials(80_003), [numbers(80_003)]],
  ["a sum", sum(400_003), [numbers(400_003), Float32Array.of(3)]],
]

describe.each(cases)("%s", (_, kernel, inputs) => {
  it("has the same bits with 1, 2 and 4 threads", async () => {
    const one = prepare(createWasmDevice(), kernel, inputs)
    one.run()
    for (const threads of [2, 4]) {
      const device = make({ threads })
      const runner = prepare(device, kernel, inputs)
      await runTogether(device, runner)
      expect(runner.result()).toEqual(one.result())
      expect(device.description).toContain(`${threads} threads`)
    }
  })
})

const example = { kernel: product(256, 256, 128), inputs: [numbers(256 * 128), numbers(128 * 256)] }

function expected(): Float32Array {
  const one = prepare(createWasmDevice(), example.kernel, example.inputs)
  one.run()
  return one.result()
}

it("starts workers from what a bundler makes of their text", async () => {
  const source = fileURLToPath(new URL("../../src/runtime/wasm/worker.ts", import.meta.url))
  const built = await build({
    entryPoints: [source],
    bundle: true,
    minify: true,
    keepNames: true,
    write: false,
    format: "esm",
    target: "es2020",
  })
  const { workerText: bundled } = (await import(
    `data:text/javascript,${encodeURIComponent(built.outputFiles[0]!.text)}`
  )) as typeof import("../../src/runtime/wasm/worker.ts")
  const start: WorkerHost["start"] = (workerData, ended) => {
    const text = bundled(`require("node:worker_threads").workerData`)
    const worker = new Worker(text, { eval: true, workerData })
    worker.on("error", (error) => ended(String(error)))
    return { terminate: () => void worker.terminate() }
  }
  const device = make({ threads: 2, workers: { cores: 2, start } })
  const runner = prepare(device, example.kernel, example.inputs)
  await runTogether(device, runner)
  expect(runner.result()).toEqual(expected())
})

it("runs many programs, on memory that grows", async () => {
  const device = make({ threads: 2, initialPages: 4 })
  const right = expected()
  for (let round = 0; round < 4; round++) {
    device.allocate(3 * 2 ** 20)
    const runner = prepare(device, example.kernel, example.inputs)
    await runTogether(device, runner)
    expect(runner.result()).toEqual(right)
  }
})

it("changes the number of threads at any time", async () => {
  const device = make({ threads: 1 })
  const runner = prepare(device, example.kernel, example.inputs)
  const right = expected()
  for (const threads of [1, 3, 1, 2, 4]) {
    device.setThreads(threads)
    await runTogether(device, runner, threads === 1 ? 20 : 5000)
    if (threads === 1) expect(device.description).toContain("one thread")
    else expect(device.description).toContain(`${threads} threads`)
    expect(runner.result()).toEqual(right)
  }
})

it("takes no worker for little work", () => {
  const start = vi.fn()
  const device = make({ threads: 2, workers: { cores: 2, start } })
  prepare(device, exponentials(2000), [numbers(2000)]).run()
  expect(start).not.toHaveBeenCalled()
})

describe("workers that fail", () => {
  it("do not start: one thread, and why", () => {
    const start = (): never => {
      throw new Error("a policy forbids it")
    }
    const device = make({ threads: 4, workers: { cores: 4, start } })
    const runner = prepare(device, example.kernel, example.inputs)
    for (let i = 0; i < 3; i++) runner.run()
    expect(runner.result()).toEqual(expected())
    expect(device.description).toContain("one thread (workers do not start: a policy forbids it)")
  })

  it("never come up: nobody waits for them", () => {
    const device = make({ threads: 2, workers: { cores: 2, start: () => ({ terminate: () => {} }) } })
    const runner = prepare(device, example.kernel, example.inputs)
    for (let i = 0; i < 3; i++) runner.run()
    expect(runner.result()).toEqual(expected())
  })

  it("die between kernels: the rest goes on", async () => {
    const handles: WorkerHandle[] = []
    const real = nodeWorkers()
    const workers: WorkerHost = {
      cores: 2,
      start: (start, ended) => {
        handles.push(real.start(start, ended))
        return handles.at(-1)!
      },
    }
    const device = make({ threads: 2, workers })
    const runner = prepare(device, example.kernel, example.inputs)
    await runTogether(device, runner)
    for (const handle of handles) handle.terminate()
    // Before anybody can have heard of it, and after.
    await new Promise((resolve) => setTimeout(resolve, 0))
    runner.run()
    expect(runner.result()).toEqual(expected())
    await vi.waitFor(() => expect(device.description).toContain("one thread (a worker ended"), 20_000)
    runner.run()
    expect(runner.result()).toEqual(expected())
  })

  it("die in the middle of a kernel: one clear error, and the step can be computed again", async () => {
    const workers: WorkerHost = {
      cores: 2,
      start: (start) => {
        const text = workerText(`require("node:worker_threads").workerData`)
        expect(text).toContain("stage.apply(null, parameters)")
        const deadly = text.replace("stage.apply(null, parameters)", "process.exit(3)")
        const worker = new Worker(deadly, { eval: true, workerData: start })
        worker.unref()
        return { terminate: () => void worker.terminate() }
      },
    }
    const device = make({ threads: 2, workers, patience: 100 })
    const runner = prepare(device, example.kernel, example.inputs)
    let error: NablaError | undefined
    for (let i = 0; i < 5000 && error === undefined; i++) {
      try {
        runner.run()
      } catch (thrown) {
        error = thrown as NablaError
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    expect(error).toBeInstanceOf(NablaError)
    expect(error!.code).toBe("NABLA_DEVICE_FAILED")
    expect(error!.message).toContain("compute the step again")
    runner.run()
    expect(runner.result()).toEqual(expected())
    expect(device.description).toContain("one thread (a worker stopped in the middle of its work)")
  })

  it("meet a trap: the error is the kernel's own", async () => {
    const device = make({ threads: 2 })
    const runner = prepare(device, example.kernel, example.inputs)
    await runTogether(device, runner)
    const program = device.compile(renderWasm([exponentials(80_000)], device.renderOptions))
    const [small, gone] = [device.allocate(4), device.allocate(4)]
    device.free(gone)
    for (const buffer of [
      { allocation: small, byteOffset: 2 ** 31 },
      { allocation: gone, byteOffset: 0 },
    ]) {
      const buffers = [buffer, buffer]
      for (let i = 0; i < 20; i++) {
        expect(() => device.run(program, [{ kernel: 0, buffers }])).toThrow(/kernel 0 .*NABLA_DEVICE_FAILED/)
      }
    }
    runner.run()
    expect(runner.result()).toEqual(expected())
  })
})

describe("engines that lack something", () => {
  it("shared memory: one thread, and why", () => {
    vi.stubGlobal("SharedArrayBuffer", undefined)
    const device = make({ threads: 2 })
    const runner = prepare(device, example.kernel, example.inputs)
    runner.run()
    expect(runner.result()).toEqual(expected())
    expect(device.description).toContain("one thread (no shared memory: a page must be cross-origin isolated")
  })

  it("SIMD: scalars, on threads all the same", async () => {
    const { validate } = WebAssembly
    // The type v128 is refused.
    vi.spyOn(WebAssembly, "validate").mockImplementation(
      (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(0x7b) && validate(bytes),
    )
    const device = make({ threads: 2 })
    expect(device.capabilities).toMatchObject({ vectorBytes: 0, tiledContractions: false })
    expect(device.description).toContain("no SIMD")
    const b = new k.KernelBuilder()
    const [from, to] = [b.buffer("f32", 100_000, "read"), b.buffer("f32", 100_000, "write")]
    const loop = b.open(b.root, 100_000, 1, 0, true)
    b.store(to, b.index(loop), b.unary("sqrt", b.load(from, b.index(loop))), loop)
    b.close(loop)
    const input = numbers(100_000).map(Math.abs)
    const runner = prepare(device, b.finish("roots"), [input])
    await runTogether(device, runner)
    expect(runner.result()).toEqual(input.map(Math.sqrt))
  })
})

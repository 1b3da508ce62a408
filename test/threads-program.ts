// A program for threads.test.ts: trains a small net and prints what came of it, in this thread or in one of its own.
import { isMainThread, Worker } from "node:worker_threads"
import type { Tensor } from "nabla"

const [mode] = process.argv.slice(2)
// Before nabla is there.
if (mode === "no shared memory") Reflect.deleteProperty(globalThis, "SharedArrayBuffer")

/** Two convolutions, a normalisation and a softmax, trained for some steps; then numbers that everything went into. */
async function train(): Promise<{ numbers: number[]; description: string }> {
  const nb = await import("nabla")
  nb.manualSeed(5)
  const images = nb.randn([64, 1, 20, 20])
  const labels = nb.oneHot(nb.arange(64).remainder(10), 10)
  let weights = [nb.randn([16, 1, 5, 5]), nb.randn([32, 16, 3, 3]), nb.randn([10, 32 * 9])].map((w) =>
    w.mul(0.1),
  )
  const loss = ([first, second, last]: Tensor[]): Tensor => {
    const small = nb.maxPool2d(nb.relu(nb.conv2d(images, first!)), 2)
    const deep = nb.maxPool2d(nb.relu(nb.conv2d(small, second!)), 2)
    const flat = deep.flatten(1)
    const normal = flat.sub(flat.mean(0)).div(flat.std(0).add(1e-3))
    return nb.logSoftmax(normal.matmul(last!.t()), 1).mul(labels).sum(1).mean().neg()
  }
  const step = nb.valueAndGrad(loss)
  const numbers: number[] = []
  for (let i = 0; i < 12; i++) {
    const [value, slopes] = step(weights)
    weights = weights.map((weight, n) => weight.sub(slopes[n]!.mul(0.1)))
    numbers.push(...[value, ...weights.map((weight) => weight.square().sum())].map((t) => t.itemSync()))
  }
  return { numbers, description: nb.deviceInfo().description }
}

if (mode === "nested" && isMainThread) new Worker(new URL(import.meta.url), { argv: [mode] })
else console.log(JSON.stringify(await train()))

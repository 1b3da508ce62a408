// A program for surroundings.test.ts: trains a small net and prints how that went.
// Arguments: device, steps (0: some more than it takes to move to compiled C, or to give that up), what is odd here.
import { createRequire, syncBuiltinESMExports } from "node:module"
import type { DeviceName } from "nabla"

const [device, count, oddity = ""] = process.argv.slice(2)
// Before nabla is there.
if (oddity === "no shared memory") Reflect.deleteProperty(globalThis, "SharedArrayBuffer")
if (oddity === "no SIMD") refuseVectors()
if (oddity === "mortal workers") shortenLives()

/** An engine that does not know the type v128. */
function refuseVectors(): void {
  const { validate } = WebAssembly
  WebAssembly.validate = (bytes) => !new Uint8Array(bytes as ArrayBuffer).includes(0x7b) && validate(bytes)
}

/** Worker threads that end after a while, whatever they are at. */
function shortenLives(): void {
  const threads = createRequire(import.meta.url)(
    "node:worker_threads",
  ) as typeof import("node:worker_threads")
  threads.Worker = class extends threads.Worker {
    constructor(...parameters: ConstructorParameters<typeof threads.Worker>) {
      super(...parameters)
      setTimeout(() => void this.terminate(), 150)
    }
  }
  syncBuiltinESMExports()
}

/** Seconds after which a training that moves nowhere ends. */
const PATIENCE = 40
const STEPS_AFTERWARDS = 50

async function train(): Promise<object> {
  const nb = await import("nabla")
  nb.setDefaultDevice(device as DeviceName)
  nb.manualSeed(5)
  const x = nb.randn([128, 96])
  const y = x.narrow(1, 0, 4).sin()
  const model = nb.nn.sequential(nb.nn.linear(96, 128), nb.nn.tanh(), nb.nn.linear(128, 4))
  // Whose end is a point that every path leads to, however long it takes to get there.
  const optimizer = new nb.optim.SGD(model.parameters(), { lr: 0.02, momentum: 0.9, weightDecay: 0.02 })
  const step = nb.compile(() => {
    const loss = nb.nn.mse(model.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  })
  const decided = (): boolean => {
    const { description, limits } = nb.deviceInfo()
    return description.includes("moved") || limits.some((limit) => limit.startsWith("no compiled code"))
  }
  // Who was told how many steps takes them all.
  const until = Number(count) > 0 ? Number.POSITIVE_INFINITY : performance.now() + 1000 * PATIENCE
  const errors: string[] = []
  let end = Number(count) || Number.POSITIVE_INFINITY
  let [loss, early, steps] = [Number.NaN, 0, 0]
  for (; steps < end && performance.now() < until; steps++) {
    try {
      loss = step().itemSync()
    } catch (error) {
      errors.push((error as Error).message)
      if (errors.length > 1) break
      steps--
    }
    if (steps === 60) early = nb.memory().liveBytes
    if (end === Number.POSITIVE_INFINITY && decided()) end = steps + STEPS_AFTERWARDS
    // Events are heard of: workers that end, for one.
    if (oddity === "mortal workers") await new Promise((resolve) => setImmediate(resolve))
  }
  return { loss, steps, errors, grown: nb.memory().liveBytes - early, ...nb.deviceInfo() }
}

console.log(JSON.stringify(await train()))

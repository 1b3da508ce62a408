/**
 * How a step grows with the batch, and what a second thread makes of it: the mlp and the cnn of the workloads, batch 64 to
 * 4096, one and two threads in turns, wasm and native. Prints the fastest and the median step in milliseconds.
 *
 *     node scripts/run-ts.mjs bench/scaling.ts [wasm|native] [mlp|cnn|tiny|elementwise]
 */
import {
  compile,
  Generator,
  nn,
  optim,
  randint,
  randn,
  setDefaultDevice,
  setThreads,
  type Tensor,
} from "nabla"

const ROUNDS = 7

interface Case {
  readonly batches: readonly number[]
  model(): nn.Module<[Tensor], Tensor>
  readonly input: readonly number[]
}

const cases: Readonly<Record<string, Case>> = {
  tiny: {
    batches: [10],
    model: () => nn.sequential(nn.linear(2, 4), nn.tanh(), nn.linear(4, 2), nn.tanh(), nn.linear(2, 10)),
    input: [2],
  },
  mlp: {
    batches: [1, 16, 64, 128, 256, 512, 1024, 2048, 4096],
    model: () =>
      nn.sequential(nn.linear(784, 256), nn.relu(), nn.linear(256, 128), nn.relu(), nn.linear(128, 10)),
    input: [784],
  },
  cnn: {
    batches: [1, 16, 64, 128, 256, 512, 1024, 2048, 4096],
    model: () =>
      nn.sequential(
        nn.conv2d(1, 16, 5, { padding: 2 }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.conv2d(16, 32, 5, { padding: 2 }),
        nn.relu(),
        nn.maxPool2d(2),
        nn.flatten(),
        nn.linear(1568, 10),
      ),
    input: [1, 28, 28],
  },
}

function stepOf({ model: make, input }: Case, batch: number): () => number {
  const generator = new Generator(1)
  const model = make()
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  const x = randn([batch, ...input], { generator })
  const y = randint(0, 10, [batch], { generator })
  const step = compile(
    () => {
      const loss = nn.crossEntropy(model.forward(x), y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      return loss
    },
    { reuse: true },
  )
  return () => step().itemSync()
}

const timed = (step: () => number, count: number): number => {
  const start = performance.now()
  for (let i = 0; i < count; i++) step()
  return (performance.now() - start) / count
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
const shown = (ms: number): string => ms.toPrecision(3).padStart(8)

const [device = "wasm", only] = process.argv.slice(2)
setDefaultDevice(device as "wasm")
for (const [name, one] of Object.entries(cases)) {
  if (only !== undefined && only !== name) continue
  for (const batch of one.batches) {
    const step = stepOf(one, batch)
    const times: Record<number, number[]> = { 1: [], 2: [] }
    for (let i = 0; i < 4; i++) step()
    const count = Math.max(2, Math.min(2000, Math.ceil(60 / timed(step, 2))))
    for (let round = 0; round < ROUNDS; round++) {
      for (const threads of [1, 2]) {
        setThreads(threads)
        timed(step, 2)
        times[threads]!.push(timed(step, count))
      }
    }
    const [one1, two] = [1, 2].map((threads) => Math.min(...times[threads]!)) as [number, number]
    console.log(
      `${device} ${name.padEnd(5)} batch ${String(batch).padStart(4)}: one thread ${shown(one1)} (median ${shown(middle(times[1]!))})` +
        `, two ${shown(two)} (median ${shown(middle(times[2]!))}) ms; ${(one1 / two).toFixed(2)} times, ${((1000 * one1) / batch).toPrecision(3)} µs a sample`,
    )
  }
}

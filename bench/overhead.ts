/**
 * What a step costs beside its arithmetic, in a plain loop that nothing captures: the 2-4-2-1 tanh network with mean
 * squared error and SGD on batches of 10. Prints steps/s, graph nodes per step and microseconds per node.
 */
import { memory, nn, optim, type Tensor, tensor } from "nabla"

const STEPS = 5000
const ROUNDS = 5

function network(): nn.Sequential {
  return nn.sequential(nn.linear(2, 4), nn.tanh(), nn.linear(4, 2), nn.tanh(), nn.linear(2, 1))
}

/** XOR-like points: ten inputs in the square and the sign of their product. */
function batches(count: number): [Tensor, Tensor][] {
  return Array.from({ length: count }, (_, b) => {
    const x = Float32Array.from({ length: 20 }, (__, i) => Math.sin(b * 20 + i * 1.7))
    const y = Float32Array.from({ length: 10 }, (__, i) => Math.sign(x[2 * i] * x[2 * i + 1]))
    return [tensor(x, { shape: [10, 2] }), tensor(y, { shape: [10, 1] })]
  })
}

function run(steps: number, model: nn.Sequential, optimizer: { zeroGrad(): void; step(): void }): number {
  const data = batches(64)
  const start = performance.now()
  for (let i = 0; i < steps; i++) {
    const [x, y] = data[i % data.length]
    const loss = nn.mse(model.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
  }
  return (performance.now() - start) / steps / 1000
}

/** Nodes that one step adds to the graph: node numbers are consecutive. */
function nodesPerStep(model: nn.Sequential, optimizer: { zeroGrad(): void; step(): void }): number {
  const first = tensor(0).node.id
  run(100, model, optimizer)
  return (tensor(0).node.id - first - 1 - 2 * 64) / 100
}

const optimizers = {
  SGD: (model: nn.Module) => new optim.SGD(model.parameters(), { lr: 0.05 }),
  "SGD with momentum": (model: nn.Module) => new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }),
  Adam: (model: nn.Module) => new optim.Adam(model.parameters(), { lr: 0.01 }),
}

for (const [name, make] of Object.entries(optimizers)) {
  const model = network()
  const optimizer = make(model)
  run(500, model, optimizer)
  const nodes = nodesPerStep(model, optimizer)
  const seconds = Array.from({ length: ROUNDS }, () => run(STEPS, model, optimizer))
  const best = Math.min(...seconds)
  const [median] = [...seconds].sort((a, b) => a - b).slice(ROUNDS >> 1)
  console.log(
    `${name.padEnd(18)} ${(1 / median).toFixed(0).padStart(6)} steps/s (best ${(1 / best).toFixed(0)}), ` +
      `${nodes} nodes a step, ${((median / nodes) * 1e6).toFixed(2)} µs a node`,
  )
}
const { liveAllocations, liveBytes } = memory()
console.log(`device memory at the end: ${liveBytes} bytes in ${liveAllocations} blocks`)

import {
  type DeviceName,
  Generator,
  graphOf,
  manualSeed,
  nn,
  optim,
  randint,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
} from "nabla"
import { beforeEach, describe, expect, test } from "vitest"

beforeEach(() => setDefaultDevice("wasm"))

const STEPS = 50

function network(): nn.Sequential {
  return nn.sequential(
    nn.conv2d(1, 4, 3, { padding: 1 }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.flatten(),
    nn.linear(64, 16),
    nn.tanh(),
    nn.linear(16, 5),
  )
}

type MakeOptimizer = (parameters: Iterable<Tensor>) => optim.SGD | optim.Adam

/** The losses of a training from one seed: data, weights and all that follows. */
function losses(device: DeviceName, make: MakeOptimizer, seed = 7): number[] {
  setDefaultDevice(device)
  manualSeed(seed)
  const model = network()
  const optimizer = make(model.parameters())
  const generator = new Generator(seed)
  const batches = Array.from({ length: 4 }, () => ({
    x: randn([8, 1, 8, 8], { generator }),
    y: randint(0, 5, [8], { generator }),
  }))
  return Array.from({ length: STEPS }, (_, step) => {
    const { x, y } = batches[step % batches.length]
    const loss = nn.crossEntropy(model.forward(x), y)
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss.itemSync()
  })
}

describe.for<[string, MakeOptimizer]>([
  ["SGD", (parameters) => new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 })],
  ["Adam", (parameters) => new optim.Adam(parameters, { lr: 0.01 })],
])("training with %s", ([, make]) => {
  test("gives the same losses on wasm and on the reference device", () => {
    const [wasm, reference] = [losses("wasm", make), losses("reference", make)]
    for (const [step, loss] of wasm.entries()) {
      expect(Math.abs(loss - reference[step]) / reference[step]).toBeLessThan(1e-4)
    }
    expect(wasm[STEPS - 1]).toBeLessThan(0.5 * wasm[0])
  })

  test("gives the same bits again from the same seed", () => {
    expect(losses("wasm", make)).toEqual(losses("wasm", make))
    expect(losses("wasm", make, 8)).not.toEqual(losses("wasm", make))
  })
})

test("a graph shows which module computed what", () => {
  class Net extends nn.Module {
    readonly body = nn.sequential(nn.linear(2, 3), nn.tanh())
    override forward(x: Tensor): Tensor {
      return this.body.forward(x).exp()
    }
  }
  const { nodes } = graphOf(new Net().forward(tensor([[1, 2]])), { level: "primitive" })
  const moduleOf = (op: string) => nodes.find((node) => node.op === op)?.module
  expect([moduleOf("dot"), moduleOf("tanh"), moduleOf("exp")]).toEqual(["body.0", "body.1", ""])
})

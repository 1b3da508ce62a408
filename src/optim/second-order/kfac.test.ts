import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { Generator, linalg, manualSeed, randn, setDefaultDevice, tensor, trace } from "../../tensor/index.ts"
import * as optim from "../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const fixed = (data: number[], shape?: number[]): Tensor =>
  tensor(data, { dtype: "float64", ...(shape === undefined ? {} : { shape }) })
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectClose(got: readonly number[], want: readonly number[], digits = 8): void {
  expect(got.length).toBe(want.length)
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, digits)
}

describe("K-FAC", () => {
  const rows = [1, 2, -1, 0.5, 0, 1, 3, -2]
  const make = (bias: boolean): nn.Linear => {
    const layer = nn.linear(2, 2, { bias, dtype: "float64" })
    layer.loadStateDict({
      weight: fixed([0.3, -0.1, 0.2, 0.4], [2, 2]),
      ...(bias ? { bias: fixed([0.1, -0.2]) } : {}),
    })
    return layer
  }
  const x = fixed(rows, [4, 2])
  const y = fixed([1, 0, 0, 1, 1, 1, 0, 2], [4, 2])
  const lossOf = (output: Tensor): Tensor =>
    output
      .sub(y)
      .pow(2)
      .sum()
      .mul(1 / 4)

  /** The rule of the class's documentation for one dense layer, with the engine's matrix functions. */
  function rule(layer: nn.Linear, damping: number): number[] {
    const inputs = layer.bias === null ? x : x.matmul(fixed([1, 0, 0, 0, 1, 0], [2, 3])).add(fixed([0, 0, 1]))
    const weight =
      layer.bias === null
        ? layer.weight
        : layer.weight
            .matmul(fixed([1, 0, 0, 0, 1, 0], [2, 3]))
            .add(layer.bias.reshape([2, 1]).matmul(fixed([0, 0, 1], [1, 3])))
    const slope = inputs.matmul(weight.transpose(0, 1)).sub(y).mul(2)
    const a = inputs.transpose(0, 1).matmul(inputs).div(4)
    const g = slope.transpose(0, 1).matmul(slope).div(4)
    const n = inputs.shape[1]!
    const pi = Math.sqrt(trace(a).itemSync() / n / (trace(g).itemSync() / 2))
    const eye = (size: number): Tensor =>
      fixed(
        Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) ? 0 : 1)),
        [size, size],
      )
    const left = linalg.inv(g.add(eye(2).mul(Math.sqrt(damping) / pi)))
    const right = linalg.inv(a.add(eye(n).mul(Math.sqrt(damping) * pi)))
    const gradient = slope.transpose(0, 1).matmul(inputs).div(4)
    return values(weight.sub(left.matmul(gradient).matmul(right).mul(0.1)))
  }

  test.each([false, true])("follows its rule on a dense layer, bias: %s", (bias) => {
    const layer = make(bias)
    const want = rule(layer, 0.3)
    const optimizer = optim.kfac(layer, { lr: 0.1, momentum: 0, damping: 0.3, klClip: null })
    lossOf(layer.forward(x)).backward()
    optimizer.step()
    const width = bias ? 3 : 2
    expectClose(
      values(layer.weight),
      want.filter((_, i) => i % width < 2),
    )
    if (bias) expectClose(values(layer.bias!), [want[2]!, want[5]!])
  })

  test("treats a convolution over one place as a dense layer", () => {
    const dense = make(true)
    const conv = nn.conv2d(2, 2, 1, { dtype: "float64" })
    conv.loadStateDict({ weight: dense.weight.reshape([2, 2, 1, 1]), bias: dense.bias! })
    const options = { lr: 0.1, damping: 0.1 }
    const [a, b] = [optim.kfac(dense, options), optim.kfac(conv, options)]
    for (let i = 0; i < 3; i++) {
      a.zeroGrad()
      b.zeroGrad()
      lossOf(dense.forward(x)).backward()
      lossOf(conv.forward(x.reshape([4, 2, 1, 1])).reshape([4, 2])).backward()
      a.step()
      b.step()
    }
    expectClose(values(conv.weight), values(dense.weight), 10)
    expectClose(values(conv.bias!), values(dense.bias!), 10)
  })

  test.each<[string, nn.Conv2d]>([
    ["stride and padding", nn.conv2d(2, 3, 3, { stride: 2, padding: 1, dtype: "float64" })],
    ["the same size", nn.conv2d(2, 3, [2, 3], { padding: "same", dilation: 2, dtype: "float64" })],
  ])("gives a convolution the gradient of its patches: %s", (_, conv) => {
    // With patches as rows ∇W = Σ g·patchᵀ: the statistics see the patches that the layer computes with.
    const image = randn([2, 2, 5, 6], { dtype: "float64", generator: new Generator(1) })
    const optimizer = optim.kfac(conv, { lr: 1, momentum: 0, damping: 1e10, klClip: null })
    const before = values(conv.weight)
    const output = conv.forward(image)
    output.pow(2).sum().backward()
    const slope = values(conv.weight.grad!)
    optimizer.step()
    // With a damping that drowns the factors the step is the gradient over the damping.
    expectClose(
      values(conv.weight).map((w, i) => (before[i]! - w) * 1e10),
      slope,
      0,
    )
    const inputFactor = optimizer.stateDict().state[0]!.inputFactor as Tensor
    const total = trace(inputFactor).itemSync()
    const ones = nn.conv2d(2, 1, conv.kernelSize as number[], {
      ...conv.options,
      bias: false,
      dtype: "float64",
    })
    ones.loadStateDict({ weight: ones.weight.mul(0).add(1) })
    const squares = ones.forward(image.mul(image)).sum().itemSync() / 2
    expect(total).toBeCloseTo(squares + output.numel() / 3 / 2, 6)
  })

  test("does not care how the inputs are scaled", () => {
    const run = (factor: number): number => {
      const layer = make(false)
      layer.loadStateDict({ weight: layer.weight.mul(1 / factor) })
      const optimizer = optim.kfac(layer, { lr: 0.1, momentum: 0, damping: 1e-14, klClip: null })
      for (let i = 0; i < 5; i++) {
        optimizer.zeroGrad()
        lossOf(layer.forward(x.mul(factor))).backward()
        optimizer.step()
      }
      return lossOf(layer.forward(x.mul(factor))).itemSync()
    }
    expect(run(100)).toBeCloseTo(run(1), 5)
  })

  test("trains a small net faster than SGD, holds its step to the bound, and leaves no hooks behind", () => {
    manualSeed(0)
    const net = nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 1))
    const inputs = randn([64, 2], { generator: new Generator(2) }).mul(tensor([10, 0.1]))
    const targets = inputs.sum(1, { keepdim: true }).sin()
    const state = Object.fromEntries(Object.entries(net.stateDict()).map(([k, v]) => [k, v.mul(1).realize()]))
    const train = (optimizer: optim.Optimizer): number => {
      net.loadStateDict(state)
      const step = (): Tensor => {
        optimizer.zeroGrad()
        const loss = nn.mse(net.forward(inputs), targets)
        loss.backward()
        return loss
      }
      for (let i = 0; i < 40; i++) optimizer.step(step)
      return step().itemSync()
    }
    const optimizer = optim.kfac(net, { lr: 0.2, damping: 0.01, klClip: 0.05, updateEvery: 2 })
    const natural = train(optimizer)
    optimizer.detach()
    expect(net.modules().some(({ hooked }) => hooked)).toBe(false)
    expect(natural).toBeLessThan(train(optim.sgd(net.parameters(), { lr: 0.05, momentum: 0.9 })))
  })
})

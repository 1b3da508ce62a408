import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  compile,
  Generator,
  linalg,
  manualSeed,
  randn,
  setDefaultDevice,
  tensor,
  trace,
} from "../../tensor/index.ts"
import * as optim from "../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true })
const fixed = (data: number[], shape?: number[]): Tensor =>
  tensor(data, { dtype: "float64", ...(shape === undefined ? {} : { shape }) })
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function expectClose(got: readonly number[], want: readonly number[], digits = 8): void {
  expect(got.length).toBe(want.length)
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, digits)
}

/** (1 − x)² + 100·(y − x²)² */
function rosenbrock(p: Tensor): Tensor {
  const [x, y] = [p.index(0), p.index(1)]
  return x
    .mul(-1)
    .add(1)
    .pow(2)
    .add(y.sub(x.mul(x)).pow(2).mul(100))
}

const matrix = fixed([4, 1, 0, 1, 3, 0.5, 0, 0.5, 2], [3, 3])
const shift = fixed([1, -2, 0.5])
const quadratic = (p: Tensor): Tensor => p.matmul(matrix).mul(p).sum().mul(0.5).add(p.mul(shift).sum())
const minimum = values(linalg.solve(matrix, shift.mul(-1)))

describe("on a quadratic", () => {
  test.each<[string, (p: Tensor[]) => optim.Optimizer, number]>([
    ["Newton", (p) => optim.newton(p), 1],
    ["Newton with a line search", (p) => optim.newton(p, { lineSearch: "strongWolfe" }), 1],
    ["Hessian-free", (p) => optim.hessianFree(p, { damping: 0, cgTolerance: 1e-10 }), 1],
    ["L-BFGS", (p) => optim.lbfgs(p, { lineSearchFn: "strongWolfe" }), 1],
  ])("%s is at the minimum after %# step", (_, make, steps) => {
    const p = leaf([3, -1, 2])
    const optimizer = make([p])
    for (let i = 0; i < steps; i++) {
      optimizer.step(() => {
        optimizer.zeroGrad()
        const loss = quadratic(p)
        loss.backward()
        return loss
      })
    }
    expectClose(values(p), minimum, 4)
  })

  test("Newton's step is the damped one, over several parameters of any shape", () => {
    const [a, b] = [leaf([3]), leaf([-1, 2])]
    const loss = (): Tensor =>
      quadratic(
        a
          .index(0)
          .mul(fixed([1, 0, 0]))
          .add(b.matmul(fixed([0, 1, 0, 0, 0, 1], [2, 3]))),
      )
    const result = optim.newton([a, b], { damping: 0.7, lr: 0.5 }).step(loss)
    expect(result.itemSync()).toBeCloseTo(quadratic(fixed([3, -1, 2])).itemSync(), 12)
    const start = fixed([3, -1, 2])
    const slope = start.matmul(matrix).add(shift)
    const step = linalg.solve(matrix.add(fixed([0.7, 0, 0, 0, 0.7, 0, 0, 0, 0.7], [3, 3])), slope)
    expectClose([...values(a), ...values(b)], values(start.sub(step.mul(0.5))))
  })
})

describe("on Rosenbrock's valley", () => {
  test.each<[string, (p: Tensor[]) => optim.Optimizer, number]>([
    ["Newton", (p) => optim.newton(p, { lineSearch: "armijo" }), 25],
    ["Hessian-free", (p) => optim.hessianFree(p), 120],
    ["L-BFGS", (p) => optim.lbfgs(p, { lineSearchFn: "strongWolfe" }), 4],
  ])("%s finds the minimum", (_, make, steps) => {
    const p = leaf([-1.2, 1])
    const optimizer = make([p])
    for (let i = 0; i < steps; i++) {
      optimizer.step(() => {
        optimizer.zeroGrad()
        const loss = rosenbrock(p)
        loss.backward()
        return loss
      })
    }
    expectClose(values(p), [1, 1], 4)
  })

  test.each<[string, (p: Tensor[]) => optim.Optimizer, number]>([
    ["Gauss–Newton", (p) => optim.gaussNewton(p), 2],
    ["Gauss–Newton with a line search", (p) => optim.gaussNewton(p, { lineSearch: "armijo" }), 25],
    ["Levenberg–Marquardt", (p) => optim.levenbergMarquardt(p), 30],
    ["Levenberg's own", (p) => optim.levenbergMarquardt(p, { scaling: "identity" }), 30],
  ])("%s finds the minimum of the residuals", (_, make, steps) => {
    const p = leaf([-1.2, 1])
    const residuals = (): Tensor => {
      const [x, y] = [p.index(0), p.index(1)]
      return x
        .mul(-1)
        .add(1)
        .mul(fixed([1, 0]))
        .add(
          y
            .sub(x.mul(x))
            .mul(10)
            .mul(fixed([0, 1])),
        )
    }
    const optimizer = make([p])
    const losses = Array.from({ length: steps }, () => optimizer.step(residuals).itemSync())
    expectClose(values(p), [1, 1], 6)
    expect(losses[0]).toBeCloseTo(0.5 * rosenbrock(fixed([-1.2, 1])).itemSync(), 10)
  })
})

describe("least squares", () => {
  const x = fixed([0, 1, 2, 3, 4, 5])
  const y = x.mul(-0.7).exp().mul(2.5).realize()
  const residuals = (p: Tensor): Tensor => p.index(1).mul(x).exp().mul(p.index(0)).sub(y)

  test("Levenberg–Marquardt never lets the loss rise, and fits a curve", () => {
    const p = leaf([1, 0.5])
    const optimizer = optim.levenbergMarquardt([p])
    const losses = Array.from({ length: 30 }, () => optimizer.step(() => residuals(p)).itemSync())
    for (const [i, loss] of losses.slice(1).entries()) expect(loss).toBeLessThanOrEqual(losses[i]!)
    expectClose(values(p), [2.5, -0.7], 6)
  })

  test("Gauss–Newton takes the shortest way where the Jacobian is short of rank", () => {
    const p = leaf([0, 0])
    optim.gaussNewton([p]).step(() =>
      p
        .sum()
        .mul(fixed([1, 2]))
        .sub(fixed([2, 4])),
    )
    expectClose(values(p), [1, 1])
  })

  test("Levenberg–Marquardt goes on from its dictionary", () => {
    const run = (steps: number, state?: optim.OptimizerState, from = [1, 0.5]) => {
      const p = leaf(from)
      const optimizer = optim.levenbergMarquardt([p])
      if (state !== undefined) optimizer.loadStateDict(state)
      for (let i = 0; i < steps; i++) optimizer.step(() => residuals(p))
      return { at: values(p), state: optimizer.stateDict() }
    }
    const half = run(3)
    expect(run(3, half.state, half.at).at).toEqual(run(6).at)
  })
})

describe("the natural gradient", () => {
  const inputs = fixed([1, 0.5, -1, 2, 0.3, -0.7, 1.5, 1, -0.2, 0.4], [5, 2])

  test("is Newton's step where the likelihood fits the loss", () => {
    const targets = tensor([0, 1, 1, 0, 1], { dtype: "int32" })
    const start = [0.1, -0.2, 0.3, 0.2, 0.4, -0.1]
    const run = (make: (p: Tensor[]) => optim.Optimizer, natural: boolean): number[] => {
      const w = fixed(start, [2, 3]).requiresGrad_()
      const optimizer = make([w])
      optimizer.step((() => {
        const outputs = inputs.matmul(w)
        const loss = nn.crossEntropy(outputs, targets)
        return natural ? { loss, outputs } : loss
      }) as () => Tensor)
      return values(w)
    }
    const natural = run((p) => optim.naturalGradient(p, { lr: 1, damping: 1e-2 }), true)
    expectClose(
      natural,
      run((p) => optim.newton(p, { damping: 1e-2 }), false),
      6,
    )
  })

  test("solves linear regression in a step", () => {
    const w = fixed([0, 0], [2, 1]).requiresGrad_()
    const targets = inputs.matmul(fixed([2, -3], [2, 1]))
    optim.naturalGradient([w], { lr: 1, damping: 1e-12, likelihood: "gaussian" }).step(() => {
      const outputs = inputs.matmul(w)
      return { loss: outputs.sub(targets).pow(2).mul(0.5).mean(), outputs }
    })
    expectClose(values(w), [2, -3])
  })

  test("with the empirical matrix divides by the mean of squares", () => {
    const w = leaf([0])
    const slopes = [1, 2, 4]
    optim
      .naturalGradient([w], { lr: 1, damping: 0.5, likelihood: "empirical" })
      .step(() => w.mul(fixed(slopes)))
    expect(values(w)[0]).toBeCloseTo(-(7 / 3) / (21 / 3 + 0.5), 12)
  })

  test("says what a closure must give", () => {
    const w = leaf([0])
    const step = (): Tensor => optim.naturalGradient([w]).step(() => w.sum())
    expect(step).toThrow(/\{ loss, outputs \}[\s\S]*a tensor of shape \[\]/)
  })
})

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

describe("optimizers that evaluate the loss", () => {
  test("climb with maximize", () => {
    for (const make of [
      (p: Tensor[]) => optim.newton(p, { maximize: true }),
      (p: Tensor[]) => optim.lbfgs(p, { maximize: true, lineSearchFn: "strongWolfe" as const }),
      (p: Tensor[]) => optim.hessianFree(p, { maximize: true, damping: 0, cgTolerance: 1e-10 }),
    ]) {
      const p = leaf([3, -1, 2])
      const optimizer = make([p])
      optimizer.step(() => {
        optimizer.zeroGrad()
        const loss = quadratic(p).mul(-1)
        loss.backward()
        return loss
      })
      expectClose(values(p), minimum, 4)
    }
  })

  test("L-BFGS goes on from its dictionary, with a short memory too", () => {
    const options = { maxIter: 2, historySize: 3, lineSearchFn: "strongWolfe" as const }
    const run = (steps: number, state?: optim.OptimizerState, from = [-1.2, 1]) => {
      const p = leaf(from)
      const optimizer = optim.lbfgs([p], options)
      if (state !== undefined) optimizer.loadStateDict(state)
      for (let i = 0; i < steps; i++) {
        optimizer.step(() => {
          optimizer.zeroGrad()
          const loss = rosenbrock(p)
          loss.backward()
          return loss
        })
      }
      return { at: values(p), state: optimizer.stateDict() }
    }
    const half = run(4)
    expect((half.state.state[0]!.changes as Tensor).shape).toEqual([3, 2])
    expect(run(4, half.state, half.at).at).toEqual(run(8).at)
  })

  test.each<[string, () => unknown, RegExp]>([
    ["no closure", () => optim.lbfgs([leaf([1])]).step(), /LBFGS\.step[\s\S]*a closure[\s\S]*nothing/],
    [
      "two groups",
      () => optim.newton([{ params: [leaf([1])] }, { params: [leaf([1])] }]),
      /one vector[\s\S]*one group/,
    ],
    [
      "no curvature",
      () => {
        const p = leaf([1])
        return optim.newton([p]).step(() => p.sum())
      },
      /cannot be inverted[\s\S]*damping > 0/,
    ],
    ["a sum of squares to climb", () => optim.gaussNewton([leaf([1])], { maximize: true }), /no maximum/],
    [
      "a line search that there is not",
      () => optim.lbfgs([leaf([1])], { lineSearchFn: "wolfe" as "strongWolfe" }),
      /lineSearchFn[\s\S]*strongWolfe \| strong_wolfe \| null[\s\S]*wolfe/,
    ],
    ["a memory of nothing", () => optim.lbfgs([leaf([1])], { historySize: 0 }), /historySize[\s\S]*≥ 1/],
    ["no damping", () => optim.naturalGradient([leaf([1])], { damping: 0 }), /damping[\s\S]*> 0/],
    [
      "another's dictionary",
      () => optim.newton([leaf([1])]).loadStateDict(optim.lbfgs([leaf([1])]).stateDict()),
      /of the optimizer LBFGS, not of Newton/,
    ],
    [
      "a step that is captured",
      () => {
        const p = leaf([1, 2])
        const optimizer = optim.newton([p])
        const step = compile(() => optimizer.step(() => p.mul(p).sum()))
        step()
        return step()
      },
      /NABLA_CAPTURE/,
    ],
  ])("explain %s", (_, make, message) => {
    expect(make).toThrow(message)
  })
})

import { beforeEach, describe, expect, test } from "vitest"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { compile, linalg, setDefaultDevice, tensor } from "../../tensor/index.ts"
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

import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../tensor/index.ts"
import { setDefaultDevice, tensor } from "../tensor/index.ts"
import type { Optimizer } from "./index.ts"
import * as optim from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true })
const values = (t: Tensor): number[] => Array.from(t.dataSync())

/** ½·xᵀ·A·x with eigenvalues `curvatures`, turned by an angle. */
function bowl(curvatures: readonly [number, number], angle = 0): (p: Tensor) => Tensor {
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const [a, b] = curvatures
  const entries = [a * c * c + b * s * s, (a - b) * c * s, (a - b) * c * s, a * s * s + b * c * c]
  const matrix = tensor(entries, { dtype: "float64", shape: [2, 2] })
  return (p) => p.matmul(matrix).mul(p).sum().mul(0.5)
}

/** The points of a run, the start first. */
function path(
  loss: (p: Tensor) => Tensor,
  start: number[],
  make: (params: Tensor[]) => Optimizer,
  steps: number,
  enough: (p: number[]) => boolean = () => false,
): number[][] {
  const p = leaf(start)
  const optimizer = make([p])
  const points = [values(p)]
  while (points.length <= steps && !enough(points.at(-1)!)) {
    optimizer.zeroGrad()
    loss(p).backward()
    optimizer.step()
    points.push(values(p))
  }
  return points
}

describe("gradient descent on quadratics", () => {
  test.each([
    [1.99, true],
    [2.01, false],
  ])("with η = %f/λmax converges: %s", (factor, converges) => {
    const points = path(bowl([1, 10]), [1, 1], (p) => optim.sgd(p, { lr: factor / 10 }), 1000)
    expect(Math.abs(points.at(-1)![1]!) < 1).toBe(converges)
  })

  const near = (p: number[]): boolean => Math.max(...p.map(Math.abs)) <= 1e-6
  const best = (k: number) => {
    const root = Math.sqrt(k)
    return { lr: 4 / (1 + root) ** 2, momentum: ((root - 1) / (root + 1)) ** 2 }
  }

  test.each([
    [100, 691, 95],
    [1000, 6908, 321],
  ])("κ = %i takes %i steps, and %i with the best heavy ball", (k, plain, ball) => {
    const count = (options: optim.SGDOptions): number =>
      path(bowl([1, k]), [1, 1], (p) => optim.sgd(p, options), 10_000, near).length - 1
    expect(count({ lr: 2 / (1 + k) })).toBe(plain)
    expect(count(best(k))).toBe(ball)
  })

  test("turning the bowl changes nothing for GD, momentum and Nesterov, and much for Adagrad", () => {
    const count = (make: (params: Tensor[]) => Optimizer, angle: number): number => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)]
      const close = (p: number[]): boolean => Math.hypot(...p) <= 1e-6
      return path(bowl([1, 100], angle), [c - s, s + c], make, 5000, close).length - 1
    }
    for (const options of [{}, { momentum: 0.8 }, { momentum: 0.8, nesterov: true }]) {
      const make = (p: Tensor[]): Optimizer => optim.sgd(p, { lr: 0.015, ...options })
      expect(count(make, Math.PI / 4)).toBe(count(make, 0))
    }
    const make = (p: Tensor[]): Optimizer => optim.adagrad(p, { lr: 1 })
    expect(count(make, Math.PI / 4)).toBeGreaterThan(20 * count(make, 0))
  })
})

describe("saddles", () => {
  const away = (p: number[]): boolean => Math.abs(p[1]!) >= 1
  const count = (make: (params: Tensor[]) => Optimizer, offset: number): number =>
    path(bowl([1, -1]), [1, offset], make, 1000, away).length - 1

  test.each([
    [1e-2, 49, 19],
    [1e-4, 97, 36],
    [1e-8, 194, 69],
  ])("from %f GD escapes after %i steps, momentum after %i, Adam after 11 or 12", (offset, plain, heavy) => {
    expect(count((p) => optim.sgd(p, { lr: 0.1 }), offset)).toBe(plain)
    expect(count((p) => optim.sgd(p, { lr: 0.1, momentum: 0.9 }), offset)).toBe(heavy)
    const adam = count((p) => optim.adam(p, { lr: 0.1 }), offset)
    expect(adam).toBeGreaterThanOrEqual(10)
    expect(adam).toBeLessThanOrEqual(12)
  })

  test("hold Newton's method fast, and repel it with absolute curvatures", () => {
    const end = (options: optim.NewtonOptions): number[] => {
      const p = leaf([1, 1e-3])
      const optimizer = optim.newton([p], options)
      for (let i = 0; i < 12; i++) optimizer.step(() => bowl([1, -1])(p))
      return values(p)
    }
    expect(Math.hypot(...end({}))).toBeLessThan(1e-12)
    expect(Math.abs(end({ absolute: true })[1]!)).toBeGreaterThan(1)
  })
})

describe("the forms of momentum", () => {
  const loss = (p: Tensor): Tensor => bowl([1, 30], 0.4)(p).add(p.sin().sum())
  const run = (options: optim.SGDOptions): number[][] => path(loss, [1, -2], (p) => optim.sgd(p, options), 60)

  function expectSame(a: number[][], b: number[][]): void {
    for (const [t, point] of a.entries())
      for (const [i, x] of point.entries()) expect(b[t]![i]).toBeCloseTo(x, 12)
  }

  test.each<[string, optim.SGDOptions]>([
    ["sutskever", { lr: 0.02, momentum: 0.9, momentumForm: "sutskever" }],
    ["ema with η/(1 − μ)", { lr: 0.02 / (1 - 0.9), momentum: 0.9, momentumForm: "ema" }],
    ["heavyBall", { lr: 0.02, momentum: 0.9, momentumForm: "heavyBall" }],
  ])("%s makes PyTorch's path", (_, options) => {
    expectSame(run({ lr: 0.02, momentum: 0.9 }), run(options))
  })

  test.each<[string, optim.SGDOptions]>([
    ["sutskever", { lr: 0.02, momentum: 0.9, nesterov: true, momentumForm: "sutskever" }],
    ["ema", { lr: 0.2, momentum: 0.9, nesterov: true, momentumForm: "ema" }],
  ])("%s makes PyTorch's path with Nesterov's", (_, options) => {
    expectSame(run({ lr: 0.02, momentum: 0.9, nesterov: true }), run(options))
  })

  test("Nesterov's own form, with the slope at the point ahead, makes the path of the points ahead", () => {
    const [rate, mu] = [0.02, 0.9]
    const p = leaf([1, -2])
    let [w, v] = [
      [1, -2],
      [0, 0],
    ]
    const ahead: number[][] = []
    for (let t = 0; t <= 60; t++) {
      ahead.push(w.map((x, i) => x + mu * v[i]!))
      const at = leaf(ahead.at(-1)!)
      loss(at).backward()
      const g = values(at.grad!)
      v = v.map((x, i) => mu * x - rate * g[i]!)
      w = w.map((x, i) => x + v[i]!)
    }
    expect(values(p)).toEqual(ahead[0])
    expectSame(run({ lr: rate, momentum: mu, nesterov: true }), ahead)
  })

  test("differ once the rate changes: the velocity remembers the old one", () => {
    const lr = (t: number): number => (t < 10 ? 0.02 : 0.002)
    const [a, b] = [run({ lr, momentum: 0.9 }), run({ lr, momentum: 0.9, momentumForm: "sutskever" })]
    expect(a[10]![0]).toBeCloseTo(b[10]![0]!, 12)
    expect(Math.abs(a[12]![0]! - b[12]![0]!)).toBeGreaterThan(1e-3)
  })
})

describe("Adam's bias", () => {
  const steps = (biasCorrection: boolean): number[] => {
    const points = path(
      (p) => p.sum(),
      [0],
      (p) => optim.adam(p, { lr: 0.01, biasCorrection, eps: 0 }),
      40,
    )
    return points.slice(1).map(([x], t) => (points[t]![0]! - x!) / 0.01)
  }

  test("corrected, every step under a constant slope is η", () => {
    for (const step of steps(true)) expect(step).toBeCloseTo(1, 8)
  })

  test("uncorrected, the first is 3.162 η and the largest 6.57 η, the 12th", () => {
    const sizes = steps(false)
    expect(sizes[0]).toBeCloseTo(3.162, 3)
    expect(sizes.indexOf(Math.max(...sizes))).toBe(11)
    expect(sizes[11]).toBeCloseTo(6.57, 2)
  })
})

describe("AdaBound", () => {
  /** Rates by which AdaBound moved each coordinate: step over average of slopes. */
  function rates(gamma: number, count: number): number[][] {
    const p = leaf([1, 1])
    const optimizer = optim.adaBound([p], { lr: 0.001, finalLr: 0.1, gamma })
    const out: number[][] = []
    const average = [0, 0]
    for (let t = 0; t < count; t++) {
      optimizer.zeroGrad()
      p.mul(tensor([1, 1e-3], { dtype: "float64" }))
        .sum()
        .backward()
      const [before, slope] = [values(p), values(p.grad!)]
      optimizer.step()
      const after = values(p)
      out.push(
        slope.map((g, i) => {
          average[i] = 0.9 * average[i]! + 0.1 * g
          return (before[i]! - after[i]!) / average[i]!
        }),
      )
    }
    return out
  }

  test("starts with Adam's rates and ends with one rate for all, the bound of SGD", () => {
    const all = rates(1e-3, 10_000)
    // In its first step Adam's rate is η/((1 − β₁)·|g|): 1000 times as much for the small slope.
    expect(all[0]![0]).toBeCloseTo(0.01, 6)
    expect(all[0]![1]).toBeCloseTo(10, 1)
    // Later all rates are inside bounds that close on 0.1.
    for (const t of [999, 4999, 9999]) {
      const [low, high] = [0.1 * (1 - 1 / (1e-3 * (t + 1) + 1)), 0.1 * (1 + 1 / (1e-3 * (t + 1)))]
      for (const rate of all[t]!) {
        expect(rate).toBeGreaterThanOrEqual(low - 1e-9)
        expect(rate).toBeLessThanOrEqual(high + 1e-9)
      }
    }
    const spread = (t: number): number => all[t]![1]! - all[t]![0]!
    expect(spread(9999)).toBeLessThan(0.021)
    expect(spread(9999)).toBeLessThan(spread(999))
  })

  test("with bounds that close at once is SGD with an average for momentum", () => {
    const loss = (p: Tensor): Tensor => bowl([1, 5], 0.3)(p)
    const bound = path(loss, [1, 2], (p) => optim.adaBound(p, { finalLr: 0.1, gamma: 1e9 }), 50)
    const sgd = path(loss, [1, 2], (p) => optim.sgd(p, { lr: 0.1, momentum: 0.9, momentumForm: "ema" }), 50)
    expect(bound.at(-1)![0]).toBeCloseTo(sgd.at(-1)![0]!, 6)
    expect(bound.at(-1)![1]).toBeCloseTo(sgd.at(-1)![1]!, 6)
  })

  test("follows a schedule with its final rate too", () => {
    const end = (lr: number | ((t: number) => number)): number => {
      const make = (p: Tensor[]): Optimizer => optim.adaBound(p, { lr, finalLr: 0.1, gamma: 1e9 })
      const points = path((p) => p.sum(), [0], make, 200)
      return points.at(-2)![0]! - points.at(-1)![0]!
    }
    expect(end(1e-3)).toBeCloseTo(0.1, 6)
    expect(end((t) => (t < 100 ? 1e-3 : 1e-4))).toBeCloseTo(0.01, 6)
  })
})

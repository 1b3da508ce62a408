import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../../tensor/index.ts"
import { setDefaultDevice, tensor } from "../../tensor/index.ts"
import type { Optimizer } from "../index.ts"
import * as optim from "../index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const start = [0.5, -1, 2, 0.25, -0.75, 1.5]

/** ∂/∂θᵢ of ½·Σ (i + 1)·θᵢ² + Σ sin θᵢ */
const slopeAt = (x: number, i: number): number => (i + 1) * x + Math.cos(x)

function lossOf(p: Tensor): Tensor {
  const factors = tensor([1, 2, 3, 4, 5, 6], { dtype: "float64", shape: p.shape })
  return p.mul(p).mul(factors).sum().mul(0.5).add(p.sin().sum())
}

function run(make: (params: Tensor[]) => Optimizer, steps: number, shape: number[] = [6]): number[] {
  const p = tensor(start, { dtype: "float64", shape, requiresGrad: true })
  const optimizer = make([p])
  for (let i = 0; i < steps; i++) {
    optimizer.step(() => {
      optimizer.zeroGrad()
      const loss = lossOf(p)
      loss.backward()
      return loss
    })
  }
  return Array.from(p.dataSync())
}

/** A parameter's memory, numbers that start at 0. */
type Memory = Record<string, number>

/** A rule for single numbers: the change of θ for its slope, at step t from 1. */
type Rule = (g: number, memory: Memory, t: number, theta: number) => number

function follow(rule: Rule, steps: number, first: Memory = {}): number[] {
  const memories = start.map((): Memory => new Proxy({ ...first }, { get: (m, k: string) => m[k] ?? 0 }))
  const p = [...start]
  for (let t = 1; t <= steps; t++) {
    const slopes = p.map(slopeAt)
    p.forEach((theta, i) => {
      p[i] = theta + rule(slopes[i]!, memories[i]!, t, theta)
    })
  }
  return p
}

function moments(g: number, m: Memory, b1: number, b2: number): void {
  m.m = b1 * m.m! + (1 - b1) * g
  m.v = b2 * m.v! + (1 - b2) * g * g
}

/** Optimizers with the update of their papers, in plain numbers. Rates and decays are odd on purpose. */
const table: [name: string, make: (params: Tensor[]) => Optimizer, rule: Rule, first?: Memory][] = [
  [
    "SGD, sutskever",
    (p) =>
      optim.sgd(p, { lr: (t) => 0.1 / (1 + t), momentum: 0.8, nesterov: true, momentumForm: "sutskever" }),
    (g, m, t) => {
      const rate = 0.1 / t
      m.v = 0.8 * m.v! - rate * g
      return 0.8 * m.v - rate * g
    },
  ],
  [
    "Adagrad",
    (p) => optim.adagrad(p, { lr: 0.3, lrDecay: 0.1, initialAccumulatorValue: 0.2 }),
    (g, m, t) => {
      m.s! += g * g
      return (-0.3 / (1 + (t - 1) * 0.1)) * (g / (Math.sqrt(m.s!) + 1e-10))
    },
    { s: 0.2 },
  ],
  [
    "RMSprop",
    (p) => optim.rmsprop(p, { lr: 0.02, alpha: 0.9, momentum: 0.5, centered: true, eps: 0.01 }),
    (g, m) => {
      m.v = 0.9 * m.v! + 0.1 * g * g
      m.a = 0.9 * m.a! + 0.1 * g
      m.b = 0.5 * m.b! + g / (Math.sqrt(m.v - m.a ** 2) + 0.01)
      return -0.02 * m.b
    },
  ],
  [
    "Adadelta",
    (p) => optim.adadelta(p, { lr: 1.5, rho: 0.8, eps: 1e-4 }),
    (g, m) => {
      m.v = 0.8 * m.v! + 0.2 * g * g
      const delta = (g * Math.sqrt(m.d! + 1e-4)) / Math.sqrt(m.v + 1e-4)
      m.d = 0.8 * m.d! + 0.2 * delta * delta
      return -1.5 * delta
    },
  ],
  [
    "AdamW",
    (p) => optim.adamW(p, { lr: 0.05, weightDecay: 0.3 }),
    (g, m, t, x) => {
      moments(g, m, 0.9, 0.999)
      const direction = m.m! / (1 - 0.9 ** t) / (Math.sqrt(m.v! / (1 - 0.999 ** t)) + 1e-8)
      return -0.05 * (direction + 0.3 * x)
    },
  ],
  [
    "Adamax",
    (p) => optim.adamax(p, { lr: 0.05, betas: [0.8, 0.95], weightDecay: 0.1 }),
    (slope, m, t, x) => {
      const g = slope + 0.1 * x
      m.m = 0.8 * m.m! + 0.2 * g
      m.u = Math.max(0.95 * m.u!, Math.abs(g) + 1e-8)
      return ((-0.05 / (1 - 0.8 ** t)) * m.m) / m.u
    },
  ],
  [
    "NAdam",
    (p) => optim.nAdam(p, { lr: 0.05, momentumDecay: 0.01 }),
    (g, m, t) => {
      moments(g, m, 0.9, 0.999)
      const mu = (k: number): number => 0.9 * (1 - 0.5 * 0.96 ** (k * 0.01))
      m.log! += Math.log(mu(t))
      const [now, next] = [Math.exp(m.log!), Math.exp(m.log!) * mu(t + 1)]
      const hat = (mu(t + 1) * m.m!) / (1 - next) + ((1 - mu(t)) * g) / (1 - now)
      return (-0.05 * hat) / (Math.sqrt(m.v! / (1 - 0.999 ** t)) + 1e-8)
    },
  ],
  [
    "RAdam",
    (p) => optim.rAdam(p, { lr: 0.05, betas: [0.9, 0.99] }),
    (g, m, t) => {
      moments(g, m, 0.9, 0.99)
      const hat = m.m! / (1 - 0.9 ** t)
      const limit = 2 / 0.01 - 1
      const rho = limit - (2 * t * 0.99 ** t) / (1 - 0.99 ** t)
      if (rho <= 5) return -0.05 * hat
      const r = Math.sqrt(((rho - 4) * (rho - 2) * limit) / ((limit - 4) * (limit - 2) * rho))
      return (-0.05 * r * hat * Math.sqrt(1 - 0.99 ** t)) / (Math.sqrt(m.v!) + 1e-8)
    },
  ],
  ...[false, true].map((amsbound): (typeof table)[number] => [
    amsbound ? "AMSBound" : "AdaBound",
    (p) => {
      const options = { lr: 0.05, finalLr: 0.02, gamma: 0.05, weightDecay: 0.1 }
      return amsbound ? optim.amsBound(p, options) : optim.adaBound(p, options)
    },
    (slope, m, t, x) => {
      moments(slope + 0.1 * x, m, 0.9, 0.999)
      m.most = Math.max(m.most!, m.v!)
      const root = Math.sqrt(amsbound ? m.most : m.v!)
      const rate = (0.05 * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t) / (root + 1e-8)
      const [low, high] = [0.02 * (1 - 1 / (0.05 * t + 1)), 0.02 * (1 + 1 / (0.05 * t))]
      return -Math.min(Math.max(rate, low), high) * m.m!
    },
  ]),
  [
    "AdaBelief",
    (p) => optim.adaBelief(p, { lr: 0.05, eps: 1e-6, weightDecay: 0.1, amsgrad: true }),
    (g, m, t, x) => {
      m.m = 0.9 * m.m! + 0.1 * g
      m.s = 0.999 * m.s! + 0.001 * (g - m.m) ** 2 + 1e-6
      m.most = Math.max(m.most!, m.s)
      const root = Math.sqrt(m.most / (1 - 0.999 ** t))
      return -0.05 * (m.m / (1 - 0.9 ** t) / (root + 1e-6) + 0.1 * x)
    },
  ],
  [
    "Lion",
    (p) => optim.lion(p, { lr: 0.03, weightDecay: 0.2 }),
    (g, m, _, x) => {
      const u = Math.sign(0.9 * m.m! + 0.1 * g)
      m.m = 0.99 * m.m! + 0.01 * g
      return -0.03 * (u + 0.2 * x)
    },
  ],
  [
    "Yogi",
    (p) => optim.yogi(p, { lr: 0.05, initialAccumulator: 0.01 }),
    (g, m, t) => {
      m.m = 0.9 * m.m! + 0.1 * g
      m.v! -= 0.001 * Math.sign(m.v! - g * g) * g * g
      return (-0.05 * (m.m / (1 - 0.9 ** t))) / (Math.sqrt(m.v! / (1 - 0.999 ** t)) + 1e-3)
    },
    { m: 0.01, v: 0.01 },
  ],
  [
    "Rprop",
    (p) => optim.rprop(p, { lr: 0.1, etas: [0.4, 1.3], stepSizes: [1e-3, 0.5] }),
    (slope, m) => {
      const agree = Math.sign(slope * m.g!)
      m.s = Math.min(Math.max(m.s! * (agree > 0 ? 1.3 : agree < 0 ? 0.4 : 1), 1e-3), 0.5)
      m.g = agree < 0 ? 0 : slope
      return -Math.sign(m.g) * m.s
    },
    { s: 0.1 },
  ],
  [
    "ASGD",
    (p) => optim.asgd(p, { lr: 0.1, lambd: 0.01, alpha: 0.6 }),
    (g, _, t, x) => {
      const rate = 0.1 / (1 + 0.01 * 0.1 * (t - 1)) ** 0.6
      return -rate * g - 0.01 * rate * x
    },
  ],
  [
    "Sophia",
    (p) => optim.sophia(p, { lr: 0.05, gamma: 0.5, updateEvery: 3, weightDecay: 0.1 }),
    (g, m, t, x) => {
      m.m = 0.96 * m.m! + 0.04 * g
      // The Hessian is diagonal, so that random signs give it exactly.
      if ((t - 1) % 3 === 0) m.h = 0.99 * m.h! + 0.01 * (factorOf(x, g) - Math.sin(x))
      const step = m.m / Math.max(0.5 * m.h!, 1e-12)
      return -0.05 * (Math.min(Math.max(step, -1), 1) + 0.1 * x)
    },
  ],
]

/** i + 1, from θᵢ and its slope. */
const factorOf = (x: number, g: number): number => Math.round((g - Math.cos(x)) / x)

function norm(v: readonly number[]): number {
  return Math.hypot(...v)
}

describe("element by element", () => {
  test.each(table)("%s follows its paper", (_, make, rule, first) => {
    const [got, want] = [run(make, 40), follow(rule, 40, first)]
    for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, 10)
  })

  test("maximize turns the gradient around, and nothing else", () => {
    const up = (maximize: boolean, sign: number): number[] => {
      const p = tensor(start, { dtype: "float64", requiresGrad: true })
      const optimizer = optim.adamW([p], { lr: 0.01, weightDecay: 0.5, maximize })
      for (let i = 0; i < 5; i++) {
        optimizer.zeroGrad()
        lossOf(p).mul(sign).backward()
        optimizer.step()
      }
      return Array.from(p.dataSync())
    }
    expect(up(true, -1)).toEqual(up(false, 1))
  })
})

describe("whole tensors", () => {
  const slopes = (p: readonly number[]): number[] => p.map(slopeAt)

  /** A rule for the vector of all parameters. */
  function followAll(rule: (g: number[], p: number[], t: number) => number[], steps: number): number[] {
    let p = [...start]
    for (let t = 1; t <= steps; t++) {
      const u = rule(slopes(p), p, t)
      p = p.map((x, i) => x + u[i]!)
    }
    return p
  }

  function expectClose(got: readonly number[], want: readonly number[], digits = 10): void {
    for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, digits)
  }

  test("Lamb follows its paper", () => {
    const m = start.map((): Memory => ({ m: 0, v: 0 }))
    const rule = (g: number[], p: number[], t: number): number[] => {
      const r = g.map((x, i) => {
        moments(x, m[i]!, 0.9, 0.999)
        const root = Math.sqrt(m[i]!.v! / (1 - 0.999 ** t))
        return m[i]!.m! / (1 - 0.9 ** t) / (root + 1e-6) + 0.1 * p[i]!
      })
      return r.map((x) => (-0.05 * x * norm(p)) / norm(r))
    }
    expectClose(
      run((p) => optim.lamb(p, { lr: 0.05, weightDecay: 0.1 }), 30),
      followAll(rule, 30),
    )
  })

  test("LARS follows its paper", () => {
    let v = start.map(() => 0)
    const rule = (g: number[], p: number[]): number[] => {
      const local = (0.02 * norm(p)) / (norm(g) + 0.1 * norm(p))
      v = v.map((x, i) => 0.8 * x + 0.5 * local * (g[i]! + 0.1 * p[i]!))
      return v.map((x) => -x)
    }
    const options = { lr: 0.5, momentum: 0.8, weightDecay: 0.1, trustCoefficient: 0.02 }
    expectClose(
      run((p) => optim.lars(p, options), 30),
      followAll(rule, 30),
    )
  })

  test("LAMB and LARS move weights at 0 by plain steps", () => {
    const p = tensor([0, 0], { dtype: "float64", requiresGrad: true })
    p.add(1).sum().backward()
    optim.lars([p], { lr: 0.5, momentum: 0 }).step()
    expect(Array.from(p.dataSync())).toEqual([-0.5, -0.5])
  })

  test("Adafactor follows PyTorch's rule, with the memory of rows and columns", () => {
    const [rows, columns] = [2, 3]
    const [r, c] = [new Float64Array(rows), new Float64Array(columns)]
    const rms = (v: number[]): number => norm(v) / Math.sqrt(v.length)
    const rule = (g: number[], p: number[], t: number): number[] => {
      const take = t ** -0.8
      for (let i = 0; i < rows; i++)
        r[i] = (1 - take) * r[i]! + (take * norm(g.slice(3 * i, 3 * i + 3)) ** 2) / columns
      for (let j = 0; j < columns; j++)
        c[j] = (1 - take) * c[j]! + (take * norm([g[j]!, g[j + 3]!]) ** 2) / rows
      const mean = (r[0]! + r[1]!) / 2
      const u = g.map((x, i) => x / Math.sqrt((r[Math.floor(i / 3)]! * c[i % 3]!) / mean))
      const size = Math.max(1e-3, rms(p)) * Math.min(0.2, 1 / Math.sqrt(t))
      return u.map((x, i) => (-size * x) / Math.max(1, rms(u) / 0.9) - 0.2 * 0.1 * p[i]!)
    }
    const make = (p: Tensor[]) => optim.adafactor(p, { lr: 0.2, d: 0.9, weightDecay: 0.1 })
    expectClose(run(make, 30, [2, 3]), followAll(rule, 30))
    const p = tensor(start, { dtype: "float64", shape: [2, 3], requiresGrad: true })
    const optimizer = make([p])
    lossOf(p).backward()
    optimizer.step()
    const { rowVar, colVar, step: _, ...rest } = optimizer.stateDict().state[0]!
    expect([(rowVar as Tensor).shape, (colVar as Tensor).shape, Object.keys(rest)]).toEqual([
      [2, 1],
      [1, 3],
      [],
    ])
  })

  test("Muon's steps are nearly orthogonal, whatever the gradient is", () => {
    const move = (nsSteps: number): Tensor => {
      const p = tensor([1, 2, 3, 4, 5, 6.5], { dtype: "float64", shape: [2, 3], requiresGrad: true })
      const before = p.detach().mul(1).realize()
      const target = tensor([1, -2, 3, 0.5, 0, 1], { dtype: "float64", shape: [2, 3] })
      p.mul(target).sum().mul(100).backward()
      optim.muon([p], { lr: 1, weightDecay: 0, nesterov: false, nsSteps }).step()
      return before.sub(p)
    }
    const step = move(5)
    const gram = Array.from(step.matmul(step.transpose(0, 1)).dataSync())
    // Singular values between 0.7 and 1.2.
    expect(gram[1]).toBeCloseTo(gram[2]!, 10)
    const [trace, gap] = [gram[0]! + gram[3]!, Math.hypot(gram[0]! - gram[3]!, 2 * gram[1]!)]
    expect((trace + gap) / 2).toBeLessThan(1.2 ** 2)
    expect((trace - gap) / 2).toBeGreaterThan(0.65 ** 2)
  })

  test("Muon makes the quintic steps of its rule", () => {
    // A diagonal matrix stays one: each entry goes through the polynomial.
    const quintic = (x: number): number => 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5
    const p = tensor([0, 0, 0, 0], { dtype: "float64", shape: [2, 2], requiresGrad: true })
    p.mul(tensor([3, 0, 0, 4], { dtype: "float64", shape: [2, 2] }))
      .sum()
      .backward()
    optim.muon([p], { lr: 0.5, weightDecay: 0, momentum: 0, nsSteps: 3 }).step()
    const want = [0.6, 0.8].map((x) => -0.5 * quintic(quintic(quintic(x))))
    expectClose(Array.from(p.dataSync()), [want[0]!, 0, 0, want[1]!])
  })

  test("Shampoo preconditions from both sides, with the fourth roots of its sums", () => {
    // With a diagonal gradient both sums are diagonal: u = g/(ε + Σ g²)^(1/2).
    const p = tensor([0, 0, 0, 0], { dtype: "float64", shape: [2, 2], requiresGrad: true })
    const optimizer = optim.shampoo([p], { lr: 1, eps: 1e-4 })
    const sums = [1e-4, 1e-4]
    let want = [0, 0]
    for (const [a, b] of [
      [3, -4],
      [1, 2],
    ] as const) {
      optimizer.zeroGrad()
      p.mul(tensor([a, 0, 0, b], { dtype: "float64", shape: [2, 2] }))
        .sum()
        .backward()
      optimizer.step()
      sums[0]! += a * a
      sums[1]! += b * b
      want = [want[0]! - a / Math.sqrt(sums[0]!), want[1]! - b / Math.sqrt(sums[1]!)]
    }
    expectClose(Array.from(p.dataSync()), [want[0]!, 0, 0, want[1]!])
  })

  test("Shampoo on a vector is full-matrix Adagrad; a scalar has no side to precondition", () => {
    const [v, s] = [[1, 1], 2].map((x) => tensor(x, { dtype: "float64", requiresGrad: true })) as [
      Tensor,
      Tensor,
    ]
    v.mul(tensor([3, 4], { dtype: "float64" }))
      .sum()
      .add(s.mul(5))
      .backward()
    optim.shampoo([v, s], { lr: 0.5, eps: 1e-12 }).step()
    // The only direction so far: (G·Gᵀ)^(−1/2)·g = g/|g|.
    expectClose(Array.from(v.dataSync()), [1 - 0.5 * 0.6, 1 - 0.5 * 0.8], 5)
    expect(s.itemSync()).toBeCloseTo(2 - 5 * 0.5, 10)
  })
})

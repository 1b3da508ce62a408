import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import { planCount } from "../engine/index.ts"
import { constant } from "../schedules/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { memory, setDefaultDevice, setKernelChecks, tensor } from "../tensor/index.ts"
import type { AdamOptions, OptimizerState, SGDOptions } from "./index.ts"
import { Adam, adam, Composed, chain, SGD, sgd, stateless, transforms } from "./index.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const values = (t: Tensor): number[] => Array.from(t.dataSync())
const leaf = (data: number[], dtype: "float32" | "float64" = "float64"): Tensor =>
  tensor(data, { dtype, requiresGrad: true })

/** ½·Σ (i + 1)·θᵢ² + Σ sin θᵢ: a loss whose gradient is known. */
function loss(p: Tensor): Tensor {
  const scale = tensor(
    values(p).map((_, i) => i + 1),
    { dtype: p.dtype },
  )
  return p.mul(p).mul(scale).sum().mul(0.5).add(p.sin().sum())
}
const gradient = (p: readonly number[]): number[] => p.map((x, i) => (i + 1) * x + Math.cos(x))

function descend(optimizer: { zeroGrad(): void; step(): void }, p: Tensor, steps: number): number[] {
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad()
    loss(p).backward()
    optimizer.step()
  }
  return values(p)
}

const start = [0.5, -1, 2]

function expectClose(got: readonly number[], want: readonly number[]): void {
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(want[i]!, 12)
}

describe("SGD", () => {
  /** The rule of PyTorch's documentation, in plain numbers. */
  function rule(
    options: Required<Omit<SGDOptions, "lr" | "momentumForm">> & { lr: number },
    steps: number,
  ): number[] {
    const { lr, momentum, dampening, weightDecay, nesterov, maximize } = options
    const p = [...start]
    let b: number[] | null = null
    for (let t = 0; t < steps; t++) {
      const g = gradient(p).map((x, i) => (maximize ? -x : x) + weightDecay * p[i]!)
      b = b === null ? g : b.map((x, i) => momentum * x + (1 - dampening) * g[i]!)
      p.forEach((_, i) => {
        const u = momentum === 0 ? g[i]! : nesterov ? g[i]! + momentum * b![i]! : b![i]!
        p[i]! -= lr * u
      })
    }
    return p
  }

  const plain = { lr: 0.05, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false }
  test.for([
    {},
    { momentum: 0.9 },
    { momentum: 0.9, dampening: 0.3 },
    { momentum: 0.8, nesterov: true },
    { weightDecay: 0.1 },
    { momentum: 0.5, weightDecay: 0.1, maximize: true },
  ])("follows its rule with %o", (options) => {
    const p = leaf(start)
    expectClose(descend(new SGD([p], { ...plain, ...options }), p, 20), rule({ ...plain, ...options }, 20))
  })
})

describe("Adam", () => {
  function rule(options: AdamOptions, steps: number): number[] {
    const { betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, biasCorrection = true } = options
    const { amsgrad = false, maximize = false } = options
    const p = [...start]
    const [m, v, largest] = [p.map(() => 0), p.map(() => 0), p.map(() => 0)]
    for (let t = 1; t <= steps; t++) {
      gradient(p).forEach((slope, i) => {
        const g = (maximize ? -slope : slope) + weightDecay * p[i]!
        m[i] = betas[0] * m[i]! + (1 - betas[0]) * g
        v[i] = betas[1] * v[i]! + (1 - betas[1]) * g * g
        largest[i] = Math.max(largest[i]!, v[i]!)
        const [c1, c2] = biasCorrection ? [1 - betas[0] ** t, 1 - betas[1] ** t] : [1, 1]
        const second = (amsgrad ? largest[i]! : v[i]!) / c2
        p[i]! -= (0.1 * (m[i]! / c1)) / (Math.sqrt(second) + eps)
      })
    }
    return p
  }

  test.for<AdamOptions>([
    {},
    { betas: [0.5, 0.6], eps: 0.01 },
    { weightDecay: 0.2 },
    { biasCorrection: false },
    { amsgrad: true, betas: [0.9, 0.5] },
    { maximize: true },
  ])("follows its rule with %o", (options) => {
    const p = leaf(start)
    expectClose(descend(new Adam([p], { lr: 0.1, ...options }), p, 20), rule(options, 20))
  })

  test("moves by the learning rate in its first step, and by 3.162 times that uncorrected", () => {
    const first = (options: AdamOptions): number => {
      const p = leaf([3])
      return 3 - descend(new Adam([p], { lr: 0.01, ...options }), p, 1)[0]!
    }
    expect(first({})).toBeCloseTo(0.01, 8)
    expect(first({ biasCorrection: false })).toBeCloseTo(0.03162, 5)
  })
})

describe("a step", () => {
  test("leaves parameters without a gradient alone", () => {
    const [a, b] = [leaf([1]), leaf([1])]
    const optimizer = new Adam([a, b], { lr: 0.1 })
    loss(a).backward()
    optimizer.step()
    expect(values(a)[0]).not.toBe(1)
    expect(values(b)).toEqual([1])
    // The parameter that comes later starts with its own bias correction.
    loss(b).backward()
    optimizer.step()
    expect(values(b)[0]).toBeCloseTo(0.9, 6)
  })

  test("without any gradient does nothing", () => {
    const p = leaf([1])
    new SGD([p], { lr: 1 }).step()
    expect(values(p)).toEqual([1])
  })

  test("takes a closure and gives its loss", () => {
    const p = leaf([1])
    const optimizer = new SGD([p], { lr: 0.1 })
    const result = optimizer.step(() => {
      optimizer.zeroGrad()
      const value = p.mul(p).sum()
      value.backward()
      return value
    })
    expect(result.itemSync()).toBe(1)
    expect(values(p)[0]).toBeCloseTo(0.8, 12)
  })

  test("reads the options of the group at hand", () => {
    const p = leaf([1])
    const optimizer = sgd([p], { lr: 1 })
    optimizer.lr = 0.5
    expect(optimizer.lr).toBe(0.5)
    p.sum().backward()
    optimizer.step()
    expect(values(p)).toEqual([0.5])
    optimizer.paramGroups[0]!.lr = 0.25
    optimizer.step()
    expect(values(p)).toEqual([0.25])
  })

  test("asks a schedule for the rate of each step", () => {
    const p = leaf([0])
    const optimizer = sgd([p], { lr: (step) => 10 ** -step })
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad()
      p.sum().backward()
      optimizer.step()
    }
    expect(values(p)[0]).toBeCloseTo(-1.11, 12)
    expect(optimizer.lr).toBeCloseTo(1e-3, 12)
    optimizer.lr = constant(2)
    expect([optimizer.lr, optimizer.steps]).toEqual([2, 3])
  })

  test("needs one program, whatever the rates and factors are", () => {
    const p = leaf([1, 2, 3], "float32")
    // Rates that a formula would take as constants, and some that equal other factors of the rule.
    const rates = [0.1, 1, 0.5, 0, 2, 0.9, 0.999, 0.1]
    const optimizer = adam([p], { lr: (step) => rates[step % rates.length]!, weightDecay: 0.9 })
    descend(optimizer, p, 1)
    const count = planCount()
    descend(optimizer, p, 30)
    expect(planCount()).toBe(count)
  })

  test("holds no more memory after many", () => {
    const p = leaf([1, 2, 3], "float32")
    const optimizer = new Adam([p], { lr: 0.01 })
    const heldAfter = (steps: number): { liveBytes: number; liveAllocations: number } => {
      for (let i = 0; i < steps; i++) {
        optimizer.zeroGrad()
        p.mul(p).sum().backward()
        optimizer.step()
      }
      const { liveBytes, liveAllocations } = memory()
      return { liveBytes, liveAllocations }
    }
    const early = heldAfter(20)
    expect(heldAfter(200)).toEqual(early)
  })

  test("mixes types", () => {
    const [a, b] = [leaf([1]), leaf([1], "float32")]
    const optimizer = new SGD([a, b], { lr: 0.1, momentum: 0.9 })
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad()
      a.add(b).sum().backward()
      optimizer.step()
    }
    expect([a.dtype, b.dtype]).toEqual(["float64", "float32"])
    expect(values(a)[0]).toBeCloseTo(0.71, 14)
    expect(values(b)[0]).toBeCloseTo(0.71, 6)
  })
})

describe("groups", () => {
  test("have options of their own", () => {
    const [a, b] = [leaf([1]), leaf([1])]
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 0.5, momentum: 0.9 }], { lr: 0.1 })
    expect(optimizer.paramGroups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
      [0.1, 0],
      [0.5, 0.9],
    ])
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad()
      a.add(b).sum().backward()
      optimizer.step()
    }
    expect(values(a)[0]).toBeCloseTo(0.8, 12)
    expect(values(b)[0]).toBeCloseTo(1 - 0.5 - 0.5 * 1.9, 12)
  })
})

describe("arguments that make no sense", () => {
  const p = (): Tensor => leaf([1])

  test.for<[string, () => unknown, RegExp]>([
    ["a negative rate", () => new SGD([p()], { lr: -1 }), /SGD: this is no learning rate[\s\S]*-1/],
    ["a rate that is no number", () => new SGD([p()], { lr: Number.NaN }), /no learning rate/],
    ["a negative momentum", () => new SGD([p()], { momentum: -0.1 }), /momentum[\s\S]*-0\.1/],
    ["a negative decay", () => new Adam([p()], { weightDecay: -1 }), /weightDecay/],
    ["Nesterov without momentum", () => new SGD([p()], { nesterov: true }), /Nesterov[\s\S]*momentum 0/],
    ["β₁ = 1", () => new Adam([p()], { betas: [1, 0.9] }), /betas\[0\][\s\S]*< 1/],
    ["β₂ > 1", () => new Adam([p()], { betas: [0.9, 1.1] }), /betas\[1\]/],
    ["no parameters", () => new SGD([]), /nothing to optimize/],
    ["an empty group", () => new SGD([{ params: [p()] }, { params: [] }]), /nothing to optimize/],
    [
      "an option that there is not",
      () => new SGD([p()], { rate: 1 } as SGDOptions),
      /no such option[\s\S]*rate/,
    ],
    ["what is no list", () => new SGD((() => [p()]) as unknown as Tensor[]), /no parameters[\s\S]*function/],
    ["what is no group", () => new SGD([{} as Tensor]), /no parameters[\s\S]*undefined/],
    ["tensors among groups", () => new SGD([p(), { params: [p()] } as unknown as Tensor]), /parameter 1/],
    ["a computed tensor", () => new SGD([p().mul(2)]), /leaf tensor[\s\S]*computed from others/],
  ])("%s", ([, make, message]) => {
    expect(make).toThrow(message)
    expect(make).toThrow(/NABLA_INVALID_ARGUMENT/)
  })

  test("a parameter twice", () => {
    const shared = leaf([1, 2])
    expect(() => new SGD([shared, p(), shared])).toThrow(
      /given twice[\s\S]*parameter 2 of the group, of shape \[2\]/,
    )
    expect(() => new SGD([{ params: [shared] }, { params: [p(), shared] }])).toThrow(
      /given twice[\s\S]*parameter 1/,
    )
  })

  test("a rate that a schedule gives later", () => {
    const a = leaf([1])
    const optimizer = new SGD([a], { lr: (step) => 1 - step })
    a.sum().backward()
    optimizer.step()
    optimizer.step()
    expect(() => optimizer.step()).toThrow(/no learning rate[\s\S]*-1/)
  })
})

describe("state dictionaries", () => {
  const make = (p: Tensor): Adam => new Adam([p], { lr: 0.1 })

  test("go on where the other optimizer was", () => {
    const [a, b] = [leaf(start), leaf(start)]
    const first = make(a)
    descend(first, a, 5)
    const state = first.stateDict()
    expect(state.optimizer).toBe("Adam")
    expect([state.steps, state.state[0]!.step]).toEqual([5, 5])
    const second = new Adam([b], { lr: 0.7 })
    descend(make(b), b, 5)
    second.loadStateDict(state)
    expect(second.lr).toBe(0.1)
    // Each goes its own way afterwards: nothing is shared.
    const [x, y] = [descend(first, a, 5), descend(second, b, 5)]
    expect(y).toEqual(x)
  })

  test("survive the optimizers that they came from", () => {
    const [a, b] = [leaf(start), leaf(start)]
    const first = make(a)
    descend(first, a, 2)
    const second = make(b)
    second.loadStateDict(first.stateDict())
    const at = values(second.stateDict().state[0]!.expAvg as Tensor)
    descend(first, a, 20)
    expect(values(second.stateDict().state[0]!.expAvg as Tensor)).toEqual(at)
  })

  test("of another optimizer or for other parameters are refused, with all that is wrong", () => {
    const [a, b] = [leaf(start), leaf([1])]
    const first = make(a)
    descend(first, a, 1)
    const state = first.stateDict()
    expect(() => new SGD([a]).loadStateDict(state)).toThrow(
      /of the optimizer Adam, not of SGD[\s\S]*NABLA_STATE_DICT/,
    )
    expect(() => make(b).loadStateDict(state)).toThrow(
      /expAvg of parameter 0: expected \[1\], got \[3\]\n.*expAvgSq of parameter 0/,
    )
    expect(() => new Adam([a, b]).loadStateDict(state)).toThrow(/expected groups of 2 parameters, got 1/)
    expect(() => make(a).loadStateDict({} as OptimizerState)).toThrow(/NABLA_STATE_DICT/)
  })
})

describe("chains of transforms", () => {
  test("make optimizers", () => {
    const clip = stateless((updates) => updates.map((g) => g.clamp({ min: -1, max: 1 })))
    const transform = chain(clip, transforms.trace({ momentum: 0.9 }), transforms.scaleByLearningRate())
    const p = leaf([0])
    const optimizer = new Composed([p], transform, { lr: 0.1 })
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad()
      p.mul(5).sum().backward()
      optimizer.step()
    }
    expect(values(p)[0]).toBeCloseTo(-0.1 - 0.19, 12)
  })

  test("keep the state of equal transforms apart", () => {
    const twice = chain(transforms.trace({ momentum: 0.5 }), transforms.trace({ momentum: 0.25 }))
    expect(twice.state).toEqual(["momentumBuffer", "momentumBuffer2"])
    const p = leaf([0])
    const optimizer = new Composed([p], chain(twice, transforms.scale(-1)))
    for (let i = 0; i < 2; i++) {
      optimizer.zeroGrad()
      p.sum().backward()
      optimizer.step()
    }
    // First buffers 1 and 1, then 1.5 and 1.75.
    expect(values(p)[0]).toBe(-2.75)
    expect(Object.keys(optimizer.stateDict().state[0]!)).toEqual([
      "momentumBuffer",
      "momentumBuffer2",
      "step",
    ])
  })
})

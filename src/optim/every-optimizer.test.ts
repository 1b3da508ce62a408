import { beforeEach, describe, expect, test } from "vitest"
import { planCount } from "../engine/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { compile, profile, setDefaultDevice, tensor } from "../tensor/index.ts"
import type { OptimizerState } from "./index.ts"
import * as optim from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

type Make = (params: Tensor[]) => optim.ChainedOptimizer

/** Every optimizer that is a chain of transforms, with options that bring all its parts in. */
const chained: [name: string, make: Make][] = [
  ["SGD", (p) => optim.sgd(p, { lr: 0.01, momentum: 0.9, dampening: 0.1, weightDecay: 0.1 })],
  ["SGD, heavy ball", (p) => optim.sgd(p, { lr: 0.01, momentum: 0.9, momentumForm: "heavyBall" })],
  ["Adagrad", (p) => optim.adagrad(p, { lr: 0.1, lrDecay: 0.1, weightDecay: 0.1 })],
  ["RMSprop", (p) => optim.rmsprop(p, { centered: true, momentum: 0.5 })],
  ["Adadelta", (p) => optim.adadelta(p)],
  ["Adam", (p) => optim.adam(p, { lr: 0.05, amsgrad: true })],
  ["AdamW", (p) => optim.adamW(p, { lr: (t) => 0.1 / (1 + t) })],
  ["Adamax", (p) => optim.adamax(p)],
  ["NAdam", (p) => optim.nAdam(p)],
  ["RAdam", (p) => optim.rAdam(p, { betas: [0.9, 0.9] })],
  ["AdaBound", (p) => optim.adaBound(p)],
  ["AMSBound", (p) => optim.amsBound(p)],
  ["AdaBelief", (p) => optim.adaBelief(p)],
  ["Lion", (p) => optim.lion(p, { weightDecay: 0.1 })],
  ["Lamb", (p) => optim.lamb(p, { weightDecay: 0.1 })],
  ["LARS", (p) => optim.lars(p, { weightDecay: 0.1 })],
  ["Adafactor", (p) => optim.adafactor(p, { weightDecay: 0.1 })],
  ["Yogi", (p) => optim.yogi(p)],
  ["Rprop", (p) => optim.rprop(p)],
  ["ASGD", (p) => optim.asgd(p, { t0: 2 })],
  ["Muon", (p) => optim.muon(p)],
  ["Sophia", (p) => optim.sophia(p, { updateEvery: 2 })],
  ["Shampoo", (p) => optim.shampoo(p, { momentum: 0.5, updateEvery: 2 })],
  ["Lookahead", (p) => optim.lookahead(optim.adam(p), { k: 2 })],
  ["SAM", (p) => optim.sam(optim.adamW(p))],
]

const start = [0.5, -1, 2, 0.25, -0.75, 1.5]
const leaf = (): Tensor => tensor(start, { shape: [2, 3], requiresGrad: true })
const values = (t: Tensor): number[] => Array.from(t.dataSync())

function stepper(optimizer: optim.Optimizer, p: Tensor): () => Tensor {
  return () =>
    optimizer.step(() => {
      optimizer.zeroGrad()
      const loss = p.mul(p).mul(0.5).add(p.sin()).sum()
      loss.backward()
      return loss
    })
}

describe.each(chained)("%s", (_, make) => {
  test("takes the loss down, in one program", () => {
    const p = leaf()
    const step = stepper(make([p]), p)
    const first = step().itemSync()
    // Some steps are of another form than the first: those that estimate or invert something.
    for (let i = 0; i < 6; i++) step().itemSync()
    const plans = planCount()
    for (let i = 0; i < 6; i++) step().itemSync()
    expect(planCount()).toBe(plans)
    expect(step().itemSync()).toBeLessThan(first)
  })

  test("is the same when it is captured", () => {
    const run = (captured: boolean): number[] => {
      const p = leaf()
      const step = stepper(make([p]), p)
      const taken = captured ? compile(step) : step
      for (let i = 0; i < 7; i++) taken()
      return values(p)
    }
    const [plain, replayed] = [run(false), run(true)]
    for (const [i, x] of replayed.entries()) expect(x).toBeCloseTo(plain[i]!, 5)
  })

  test("goes on where its dictionary says", () => {
    const [a, b] = [leaf(), leaf()]
    const [first, second] = [make([a]), make([b])]
    const [stepA, stepB] = [stepper(first, a), stepper(second, b)]
    // Steps in pairs: what happens every second step is not due in between.
    for (let i = 0; i < 4; i++) stepA()
    b.requiresGrad = false
    b.copy_(a)
    b.requiresGrad = true
    second.loadStateDict(first.stateDict())
    expect(second.steps).toBe(4)
    for (let i = 0; i < 4; i++) {
      stepA()
      stepB()
    }
    // The random signs of an estimate are another stream.
    for (const [i, x] of values(b).entries()) expect(x).toBeCloseTo(values(a)[i]!, 5)
  })
})

describe("options", () => {
  const p = (): Tensor => leaf()
  const wrong: [name: string, make: () => unknown, message: RegExp][] = [
    ["Adagrad lrDecay", () => optim.adagrad([p()], { lrDecay: -1 }), /lrDecay[\s\S]*≥ 0[\s\S]*-1/],
    ["Adadelta rho", () => optim.adadelta([p()], { rho: 1.1 }), /rho[\s\S]*from 0 to 1/],
    ["RMSprop alpha", () => optim.rmsprop([p()], { alpha: 1 }), /alpha[\s\S]*< 1/],
    ["RMSprop centered", () => optim.rmsprop([p()], { centered: 1 as unknown as boolean }), /true or false/],
    ["Adamax betas", () => optim.adamax([p()], { betas: [0.9, 1] }), /betas\[1\][\s\S]*< 1/],
    ["betas that are no pair", () => optim.lion([p()], { betas: [0.9] as never }), /betas[\s\S]*a list of 2/],
    [
      "NAdam momentumDecay",
      () => optim.nAdam([p()], { momentumDecay: Number.NaN }),
      /momentumDecay[\s\S]*NaN/,
    ],
    ["AdaBound gamma", () => optim.adaBound([p()], { gamma: 0 }), /gamma[\s\S]*> 0/],
    ["Adafactor beta2Decay", () => optim.adafactor([p()], { beta2Decay: 0.8 }), /beta2Decay[\s\S]*< 0/],
    ["Rprop etas", () => optim.rprop([p()], { etas: [1.1, 1.2] }), /etas[\s\S]*η₋ < 1 < η₊/],
    ["Rprop stepSizes", () => optim.rprop([p()], { stepSizes: [1, 0.1] }), /stepSizes[\s\S]*least ≤ most/],
    [
      "Muon on a vector",
      () => optim.muon([tensor([1], { requiresGrad: true })]),
      /orthogonalised[\s\S]*AdamW/,
    ],
    [
      "Muon adjustLr",
      () => optim.muon([p()], { adjustLr: "none" as "original" }),
      /original \| matchRmsAdamw/,
    ],
    ["Sophia updateEvery", () => optim.sophia([p()], { updateEvery: 1.5 }), /updateEvery[\s\S]*whole number/],
    ["Sophia without closure", () => optim.sophia([p()]).step(), /Sophia\.step[\s\S]*a closure/],
    [
      "a mask that is none",
      () => optim.adamW([p()], { decayMask: true as never }),
      /decayMask[\s\S]*a function/,
    ],
    [
      "the heavy ball with Nesterov",
      () => optim.sgd([p()], { momentumForm: "heavyBall", momentum: 0.9, nesterov: true }),
      /heavy ball/,
    ],
    [
      "an average with dampening",
      () => optim.sgd([p()], { momentumForm: "ema", dampening: 0.1 }),
      /average of gradients/,
    ],
  ]

  test.each(wrong)("%s", (_, make, message) => {
    expect(make).toThrow(message)
    expect(make).toThrow(/NABLA_INVALID_ARGUMENT/)
  })

  test("that are changed to nonsense later are found at the next step", () => {
    const a = p()
    const optimizer = optim.adam([a])
    optimizer.paramGroups[0]!.betas = [0.9, 1]
    a.sum().backward()
    expect(() => optimizer.step()).toThrow(/betas\[1\]/)
  })

  test("in a dictionary are checked before anything is changed", () => {
    const optimizer = optim.adam([p()], { lr: 0.5 })
    const state = optimizer.stateDict()
    const odd: OptimizerState = { ...state, paramGroups: [{ ...state.paramGroups[0]!, lr: 0.1, eps: -1 }] }
    expect(() => optimizer.loadStateDict(odd)).toThrow(/eps[\s\S]*-1/)
    expect(optimizer.lr).toBe(0.5)
  })

  test("are followed by a captured step, and where they cannot be it says so", () => {
    const run = (captured: boolean): number[] => {
      const a = p()
      const optimizer = optim.adam([a], { lr: 0.1, weightDecay: 0.1 })
      const step = stepper(optimizer, a)
      const taken = captured ? compile(step) : step
      for (let i = 0; i < 6; i++) {
        Object.assign(optimizer.paramGroups[0]!, { betas: [0.5 + 0.05 * i, 0.9], weightDecay: 0.1 + i })
        taken()
      }
      return values(a)
    }
    for (const [i, x] of run(true).entries()) expect(x).toBeCloseTo(run(false)[i]!, 5)
    const a = p()
    const optimizer = optim.adam([a], { weightDecay: 0.1 })
    const step = compile(stepper(optimizer, a))
    step()
    step()
    optimizer.paramGroups[0]!.weightDecay = 0
    expect(step).toThrow(/NABLA_CAPTURE/)
  })
})

describe("a step over many parameters", () => {
  test.each<[string, Make, number]>([
    ["SGD", (p) => optim.sgd(p), 0],
    ["momentum", (p) => optim.sgd(p, { momentum: 0.9, weightDecay: 0.1 }), 1],
    ["Adam", (p) => optim.adam(p), 2],
    ["AdamW", (p) => optim.adamW(p), 2],
  ])("%s reads and writes each byte once, in one program", (_, make, kept) => {
    const shapes = [[64, 32, 3, 3], [64], [64], [128, 64], [128], [1000]]
    const params = shapes.map((shape) => {
      const size = shape.reduce((a, b) => a * b)
      const param = tensor(new Float32Array(size).fill(0.5), { shape, requiresGrad: true })
      param.grad = tensor(new Float32Array(size).fill(0.1), { shape })
      return param
    })
    const optimizer = make(params)
    optimizer.step()
    const plans = planCount()
    const { kernels } = profile(() => optimizer.step())
    const numbers = params.reduce((n, param) => n + param.numel(), 0)
    const moved = kernels.reduce((sum, { bytes, count }) => sum + bytes * count, 0)
    expect(moved / (4 * numbers * (3 + 2 * kept))).toBeLessThan(1.2)
    expect(kernels.reduce((n, { count }) => n + count, 0)).toBe(params.length)
    expect(planCount()).toBe(plans)
  })
})

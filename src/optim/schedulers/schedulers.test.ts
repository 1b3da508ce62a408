import { beforeEach, describe, expect, test } from "vitest"
import * as schedules from "../../schedules/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { setDefaultDevice, tensor } from "../../tensor/index.ts"
import * as optim from "../index.ts"
import type { LRScheduler } from "./index.ts"
import * as s from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const parameter = (): Tensor => tensor([1], { requiresGrad: true })
const sgd = (...rates: number[]): optim.SGD =>
  new optim.SGD(
    rates.map((lr) => ({ params: [parameter()], lr })),
    { lr: 1, momentum: 0.9 },
  )

/** Rates of the first group: after making the scheduler and after each of n steps. */
function run(optimizer: optim.SGD, scheduler: LRScheduler, steps: number): number[] {
  const rates = [scheduler.getLastLr()[0]!]
  for (let i = 0; i < steps; i++) {
    scheduler.step()
    rates.push(scheduler.getLastLr()[0]!)
  }
  expect(optimizer.paramGroups[0]!.lr).toBe(rates.at(-1))
  return rates
}

describe("a scheduler gives the rates of its schedule", () => {
  const half = { shape: "constant", from: 0.5 } as const
  test.for<[string, (optimizer: optim.SGD) => LRScheduler, schedules.Schedule]>([
    ["StepLR", (o) => new s.StepLR(o, { stepSize: 3 }), schedules.step(2, 3)],
    ["MultiStepLR", (o) => new s.MultiStepLR(o, { milestones: [2, 5] }), schedules.multiStep(2, [2, 5])],
    ["ExponentialLR", (o) => new s.ExponentialLR(o, { gamma: 0.9 }), schedules.exponential(2, 0.9)],
    ["ConstantLR", (o) => new s.ConstantLR(o, { factor: 0.5 }), schedules.warmUp(() => 2, 5, half)],
    ["LinearLR", (o) => new s.LinearLR(o, { startFactor: 0.5, totalIters: 4 }), schedules.linear(1, 2, 4)],
    [
      "PolynomialLR",
      (o) => new s.PolynomialLR(o, { totalIters: 8, power: 2 }),
      schedules.polynomial(2, 8, { power: 2 }),
    ],
    [
      "CosineAnnealingLR",
      (o) => new s.CosineAnnealingLR(o, { tMax: 4, etaMin: 0.1 }),
      schedules.cosine(2, 4, { min: 0.1, past: "wave" }),
    ],
    [
      "CosineAnnealingWarmRestarts",
      (o) => new s.CosineAnnealingWarmRestarts(o, { t0: 3, tMult: 2 }),
      schedules.cosineRestarts(2, 3, { multiple: 2 }),
    ],
    [
      "LambdaLR",
      (o) => new s.LambdaLR(o, { lrLambda: (t) => 1 / (t + 1) }),
      schedules.lambda(2, (t) => 1 / (t + 1)),
    ],
    [
      "MultiplicativeLR",
      (o) => new s.MultiplicativeLR(o, { lrLambda: () => 0.5 }),
      schedules.exponential(2, 0.5),
    ],
    [
      "CyclicLR",
      (o) => new s.CyclicLR(o, { baseLr: 0.1, maxLr: 1, stepSizeUp: 4 }),
      schedules.cyclical(0.1, 1, { up: 4 }),
    ],
    ["OneCycleLR", (o) => new s.OneCycleLR(o, { maxLr: 1, totalSteps: 20 }), schedules.oneCycle(1, 20)],
  ])("%s", ([, make, schedule]) => {
    const optimizer = sgd(2)
    const rates = run(optimizer, make(optimizer), 19)
    for (const [t, rate] of rates.entries()) expect(rate).toBeCloseTo(schedule(t), 12)
  })

  test("each group has its own", () => {
    const optimizer = sgd(1, 0.1)
    const scheduler = new s.LambdaLR(optimizer, { lrLambda: [(t) => 1 + t, (t) => 10 * t] })
    scheduler.step()
    expect(scheduler.getLastLr()).toEqual([2, 1])
    const cyclic = new s.CyclicLR(sgd(1, 1), { baseLr: [0, 1], maxLr: [1, 5], stepSizeUp: 2 })
    cyclic.step()
    expect(cyclic.getLastLr()).toEqual([0.5, 3])
  })

  test("the momentum goes with the rate, as momentum or as the first beta", () => {
    const [one, other] = [sgd(1), new optim.Adam([parameter()])]
    const options = { maxLr: 1, totalSteps: 10, maxMomentum: 0.9, baseMomentum: 0.5 }
    const schedulers = [new s.OneCycleLR(one, options), new s.OneCycleLR(other, options)]
    const momentum = schedules.oneCycleMomentum(10, { max: 0.9, min: 0.5 })
    for (let t = 0; t < 10; t++) {
      expect(one.paramGroups[0]!.momentum).toBeCloseTo(momentum(t), 12)
      expect(other.paramGroups[0]!.betas[0]).toBeCloseTo(momentum(t), 12)
      expect(other.paramGroups[0]!.betas[1]).toBe(0.999)
      for (const scheduler of schedulers) scheduler.step()
    }
  })

  test("steps follow the rates that were set", () => {
    const p = parameter()
    const optimizer = new optim.SGD([p], { lr: 1 })
    const scheduler = new s.ExponentialLR(optimizer, { gamma: 0.5 })
    for (let i = 0; i < 3; i++) {
      optimizer.zeroGrad()
      p.sum().backward()
      optimizer.step()
      scheduler.step()
    }
    expect(p.itemSync()).toBe(1 - 1.75)
  })
})

describe("combinations", () => {
  test("chained: factors multiply, also with changes from outside", () => {
    const optimizer = sgd(1)
    const parts = [
      new s.ConstantLR(optimizer, { factor: 0.1, totalIters: 2 }),
      new s.ExponentialLR(optimizer, { gamma: 0.9 }),
    ]
    const rates = run(optimizer, new s.ChainedScheduler(parts), 3)
    const expected = [0.1, 0.09, 0.81, 0.729]
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i]!, 12)
    optimizer.lr = 10
    parts[1]!.step()
    expect(optimizer.lr).toBeCloseTo(9, 12)
  })

  test("sequential: each from its own beginning", () => {
    const optimizer = sgd(1)
    const warm = new s.ConstantLR(optimizer, { factor: 0.1, totalIters: 2 })
    const schedulers = [warm, new s.ExponentialLR(optimizer, { gamma: 0.9 })]
    const rates = run(optimizer, new s.SequentialLR(optimizer, { schedulers, milestones: [2] }), 4)
    const expected = [0.1, 0.1, 1, 0.9, 0.81]
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i]!, 12)
  })

  test("reduce on plateau, each group no lower than its own", () => {
    const optimizer = sgd(1, 0.1)
    const scheduler = new s.ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.1, minLr: [0.5, 0] })
    scheduler.step(1)
    scheduler.step(1)
    expect(scheduler.getLastLr()[0]).toBe(0.5)
    expect(scheduler.getLastLr()[1]).toBeCloseTo(0.01, 12)
  })
})

describe("state", () => {
  const make = (): { optimizer: optim.SGD; scheduler: LRScheduler } => {
    const optimizer = sgd(1)
    const warm = new s.LinearLR(optimizer, { startFactor: 0.1, totalIters: 3 })
    const schedulers = [warm, new s.CosineAnnealingLR(optimizer, { tMax: 6 })]
    return { optimizer, scheduler: new s.SequentialLR(optimizer, { schedulers, milestones: [3] }) }
  }

  test("goes on where it was, with the optimizer's", () => {
    const [one, other] = [make(), make()]
    run(one.optimizer, one.scheduler, 5)
    const saved = JSON.parse(JSON.stringify(one.scheduler.stateDict()))
    other.optimizer.loadStateDict(one.optimizer.stateDict())
    other.scheduler.loadStateDict(saved)
    expect(run(other.optimizer, other.scheduler, 4)).toEqual(run(one.optimizer, one.scheduler, 4))
  })

  test("of a watch", () => {
    const [one, other] = [sgd(1), sgd(1)].map(
      (optimizer) => new s.ReduceLROnPlateau(optimizer, { patience: 1 }),
    )
    one!.step(1)
    one!.step(2)
    other!.loadStateDict(JSON.parse(JSON.stringify(one!.stateDict())))
    other!.step(2)
    expect(other!.getLastLr()[0]).toBeCloseTo(0.1, 12)
  })

  test("of another scheduler is refused, and nothing changes", () => {
    const { scheduler } = make()
    const before = scheduler.stateDict()
    expect(() => scheduler.loadStateDict(new s.StepLR(sgd(1), { stepSize: 1 }).stateDict())).toThrow(
      "NABLA_STATE_DICT",
    )
    expect(() => scheduler.loadStateDict({ ...before, parts: [] })).toThrow("NABLA_STATE_DICT")
    expect(() => scheduler.loadStateDict(undefined as never)).toThrow("NABLA_STATE_DICT")
    expect(scheduler.stateDict()).toEqual(before)
  })
})

describe("bad input", () => {
  const other = sgd(1)
  test.for<[string, (optimizer: optim.SGD) => unknown]>([
    ["no optimizer", () => new s.StepLR(undefined as never, { stepSize: 1 })],
    ["no stepSize", (o) => new s.StepLR(o, {} as never)],
    ["StepLR › step: size", (o) => new s.StepLR(o, { stepSize: 0 })],
    ["ExponentialLR › exponential: gamma", (o) => new s.ExponentialLR(o, { gamma: -1 })],
    ["there is no such option", (o) => new s.ExponentialLR(o, { gama: 1 } as never)],
    ["ConstantLR › warmUp: from", (o) => new s.ConstantLR(o, { factor: 2 })],
    ["number of functions", (o) => new s.LambdaLR(o, { lrLambda: [() => 1, () => 1] })],
    ["T_0", (o) => new s.CosineAnnealingWarmRestarts(o, { T_0: 3 } as never)],
    ["max − min", (o) => new s.CyclicLR(o, { baseLr: 1, maxLr: 0.1 })],
    ["number of steps is not known", (o) => new s.OneCycleLR(o, { maxLr: 1, epochs: 3 })],
    [
      "annealStrategy",
      (o) => new s.OneCycleLR(o, { maxLr: 1, totalSteps: 9, annealStrategy: "cosine" as never }),
    ],
    ["factor", (o) => new s.ReduceLROnPlateau(o, { factor: 1 })],
    ["number of lowest rates", (o) => new s.ReduceLROnPlateau(o, { minLr: [1, 2] })],
    ["needs the metric", (o) => new s.ReduceLROnPlateau(o).step()],
    ["nothing to combine", () => new s.ChainedScheduler([])],
    [
      "differ in their optimizers",
      (o) => new s.ChainedScheduler([new s.StepLR(o, { stepSize: 1 }), new s.StepLR(other, { stepSize: 1 })]),
    ],
    [
      "one milestone fewer",
      (o) => new s.SequentialLR(o, { schedulers: [new s.StepLR(o, { stepSize: 1 })], milestones: [1] }),
    ],
    [
      "a schedule already",
      () => new s.StepLR(new optim.SGD([parameter()], { lr: () => 1 }), { stepSize: 1 }),
    ],
    ["no epoch", (o) => new s.StepLR(o, { stepSize: 1 }).step(-1)],
  ])("%s", ([message, make]) => expect(() => make(sgd(1))).toThrow(message))

  test("an optimizer without momentum cannot cycle it", () => {
    const optimizer = { paramGroups: [{ lr: 1 }] }
    expect(() => new s.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 1 })).toThrow("no momentum")
    expect(() => new s.CyclicLR(optimizer, { baseLr: 0.1, maxLr: 1, cycleMomentum: false })).not.toThrow()
  })

  test("one-cycle past its end says so", () => {
    const optimizer = sgd(1)
    const scheduler = new s.OneCycleLR(optimizer, { maxLr: 1, totalSteps: 3 })
    for (let i = 0; i < 3; i++) scheduler.step()
    expect(() => scheduler.step()).toThrow("past its end")
    expect(scheduler.lastEpoch).toBe(3)
  })
})

import { describe, expect, test } from "vitest"
import * as schedules from "./index.ts"

const rates = (schedule: schedules.Schedule, steps: readonly number[]): number[] =>
  steps.map((t) => Number(schedule(t).toPrecision(10)))

describe("values by hand", () => {
  test.for<[string, schedules.Schedule, number[], number[]]>([
    ["constant", schedules.constant(0.1), [0, 7], [0.1, 0.1]],
    ["lambda", schedules.lambda(0.5, (t) => 1 / (t + 1)), [0, 1, 4], [0.5, 0.25, 0.1]],
    ["multiplicative", schedules.multiplicative(1, (t) => t / (t + 1)), [0, 1, 3], [1, 0.5, 0.25]],
    ["step", schedules.step(1, 3, { gamma: 0.5 }), [0, 2, 3, 8, 9], [1, 1, 0.5, 0.25, 0.125]],
    ["multiStep", schedules.multiStep(1, [2, 2, 5]), [1, 2, 4, 5], [1, 0.01, 0.01, 0.001]],
    ["exponential", schedules.exponential(8, 0.5), [0, 1, 3], [8, 4, 1]],
    ["polynomial", schedules.polynomial(1, 4, { power: 2 }), [0, 1, 2, 4, 9], [1, 0.5625, 0.25, 0, 0]],
    ["linear", schedules.linear(1, 3, 4), [0, 1, 4, 9], [1, 1.5, 3, 3]],
    ["cosine", schedules.cosine(1, 4, { min: 0.2 }), [0, 2, 4], [1, 0.6, 0.2]],
    ["cosine as a wave", schedules.cosine(1, 4, { past: "wave" }), [4, 6, 8], [0, 0.5, 1]],
    ["cosineRestarts", schedules.cosineRestarts(1, 2, { multiple: 2 }), [0, 1, 2, 4, 6], [1, 0.5, 1, 0.5, 1]],
    ["inverseSquareRoot", schedules.inverseSquareRoot(1, { warmUp: 4 }), [0, 3, 15], [0.25, 1, 0.5]],
    ["warm-up", schedules.warmUp(schedules.constant(1), 4, { from: 0 }), [0, 1, 4, 9], [0, 0.25, 1, 1]],
    ["sequential", schedules.sequential([(t) => t, (t) => 10 + t], [3]), [2, 3, 5], [2, 10, 12]],
    [
      "chained",
      schedules.chained(
        2,
        (t) => t,
        (t) => t + 1,
      ),
      [1, 2],
      [4, 12],
    ],
    ["perEpoch", schedules.perEpoch((t) => t, 10), [0, 9, 10, 25], [0, 0, 1, 2]],
    [
      "warmUpStableDecay",
      schedules.warmUpStableDecay(1, 10, { warmUp: 2, decay: 4 }),
      [0, 1, 5, 6, 8, 10],
      [0.5, 1, 1, 1, 0.5, 0],
    ],
  ])("%s", ([, schedule, steps, expected]) => expect(rates(schedule, steps)).toEqual(expected))

  test("cyclical goes up and down, and its peaks shrink as the mode says", () => {
    const at = [0, 1, 2, 4, 6, 8, 10]
    const peaks = (options: schedules.CyclicalOptions) =>
      rates(schedules.cyclical(1, 3, { up: 2, ...options }), at)
    expect(peaks({})).toEqual([1, 2, 3, 1, 3, 1, 3])
    expect(peaks({ mode: "triangular2" })).toEqual([1, 2, 3, 1, 2, 1, 1.5])
    expect(peaks({ mode: "expRange", gamma: 0.5 })[2]).toBe(1.5)
    expect(peaks({ scale: (t) => t, scaleBy: "step" })[2]).toBe(5)
  })

  test("the momentum of a cycle is low where its rate is high", () => {
    const rate = schedules.cyclical(0, 1, { up: 3, down: 5 })
    const momentum = schedules.cyclicalMomentum(0.8, 0.9, { up: 3, down: 5 })
    for (let t = 0; t < 20; t++) expect(momentum(t)).toBeCloseTo(0.9 - 0.1 * rate(t), 12)
  })

  test("one cycle begins at max/divide, peaks, and ends at max/divide/finalDivide", () => {
    const rate = schedules.oneCycle(1, 100)
    expect(rates(rate, [0, 29, 99, 100])).toEqual([0.04, 1, 4e-6, 4e-6])
    const three = schedules.oneCycle(1, 100, { threePhase: true, shape: "linear" })
    expect(rates(three, [29, 58, 99])).toEqual([1, 0.04, 4e-6])
    const momentum = schedules.oneCycleMomentum(100)
    expect(rates(momentum, [0, 29, 99])).toEqual([0.95, 0.85, 0.95])
  })

  test("inverseSquareRoot is the transformer's", () => {
    const [d, w] = [512, 4000]
    const schedule = schedules.inverseSquareRoot((d * w) ** -0.5, { warmUp: w })
    for (const t of [0, 10, 3999, 4000, 50_000])
      expect(schedule(t)).toBeCloseTo(d ** -0.5 * Math.min((t + 1) ** -0.5, (t + 1) * w ** -1.5), 15)
  })

  test.for(["linear", "cosine", "squareRoot"] as const)("warmUpStableDecay falls in the form %s", (shape) => {
    const schedule = schedules.warmUpStableDecay(2, 100, { warmUp: 10, decay: 50, shape, min: 0.5 })
    const fall = Array.from({ length: 51 }, (_, i) => schedule(50 + i))
    expect([fall[0], fall[50]]).toEqual([2, 0.5])
    for (let i = 1; i < fall.length; i++) expect(fall[i]).toBeLessThan(fall[i - 1]!)
  })
})

describe("plateau", () => {
  test("falls after more than `patience` observations without improvement, and not in the cooldown", () => {
    const patient = schedules.plateau(1, { factor: 0.5, patience: 1, cooldown: 2 })
    const seen = [3, 2, 2, 2, 2, 2, 2, 2].map((metric) => patient.observe(metric))
    expect(seen).toEqual([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])
    expect(patient.schedule(123)).toBe(0.25)
  })

  test("knows what is better, by share and by difference, downwards and upwards", () => {
    const bad = (options: schedules.PlateauWatchOptions, first: number, second: number): number => {
      const watch = new schedules.PlateauWatch(options)
      watch.observe(first)
      watch.observe(second)
      return watch.state.bad
    }
    expect([bad({ threshold: 0.1 }, 10, 8.9), bad({ threshold: 0.1 }, 10, 9.1)]).toEqual([0, 1])
    const abs = { threshold: 0.1, thresholdMode: "abs" } as const
    expect([bad(abs, 10, 9.8), bad(abs, 10, 9.95)]).toEqual([0, 1])
    const up = { ...abs, mode: "max" } as const
    expect([bad(up, 10, 10.2), bad(up, 10, 10.05)]).toEqual([0, 1])
    expect(bad({}, 10, Number.NaN)).toBe(1)
  })

  test("stops at minLr, and a state goes on where it was", () => {
    const stopping = schedules.plateau(1, { factor: 0.1, patience: 0, minLr: 0.05 })
    expect([1, 1, 1, 1].map((metric) => stopping.observe(metric))).toEqual([1, 0.1, 0.05, 0.05])
    const [watch, other] = [
      new schedules.PlateauWatch({ patience: 1 }),
      new schedules.PlateauWatch({ patience: 1 }),
    ]
    watch.observe(1)
    watch.observe(2)
    other.state = JSON.parse(JSON.stringify(watch.state))
    expect(other.observe(2)).toBe(true)
  })
})

describe("the graduate student", () => {
  test("records what was set at which step, and replays it", () => {
    const student = new schedules.GraduateStudent(0.1)
    const used = Array.from({ length: 10 }, (_, t) => {
      if (t === 3) student.set(0.5)
      if (t === 7) student.scale(0.1)
      return student.schedule(t)
    })
    expect(student.changes).toEqual([
      { step: 0, rate: 0.1 },
      { step: 3, rate: 0.5 },
      { step: 7, rate: 0.05 },
    ])
    const again = schedules.replay(JSON.parse(JSON.stringify(student)))
    expect(Array.from({ length: 10 }, (_, t) => again(t))).toEqual(used)
    expect(() => again(11)).toThrow("past its end")
    expect(schedules.replay(student.toJSON(), { past: "hold" })(99)).toBe(0.05)
  })

  test("whoever looks at the rate of the next step does not settle it", () => {
    const student = new schedules.GraduateStudent(0.1)
    student.schedule(0)
    student.schedule(1)
    student.set(0.2)
    expect([student.schedule(1), student.schedule(0)]).toEqual([0.2, 0.1])
    student.set(0.1)
    expect(student.schedule(1)).toBe(0.1)
    expect(student.changes).toEqual([{ step: 0, rate: 0.1 }])
  })

  test("goes on from a record", () => {
    const first = new schedules.GraduateStudent(0.1)
    for (let t = 0; t < 5; t++) first.schedule(t)
    const second = new schedules.GraduateStudent(first.toJSON())
    second.set(1)
    second.schedule(5)
    expect(second.toJSON()).toMatchObject({ steps: 6, changes: [{ step: 0 }, { step: 5, rate: 1 }] })
  })

  test.for<[string, unknown]>([
    ["null", null],
    ["format", { format: "csv" }],
    ["version", { format: "nabla.rates", version: 2 }],
    ["steps", { format: "nabla.rates", version: 1, steps: -1 }],
    ["no changes", { format: "nabla.rates", version: 1, steps: 1, changes: [] }],
    ["changes[0] at step 4", record({ step: 4, rate: 1 })],
    ["changes[1] at step 0", record({ step: 0, rate: 1 }, { step: 0, rate: 1 })],
    ["changes[1] with rate -1", record({ step: 0, rate: 1 }, { step: 2, rate: -1 })],
    ["changes[0] at step undefined", record(null)],
  ])("a file that is no record says what is wrong: %s", ([problem, file]) => {
    expect(() => schedules.replay(file as schedules.RateRecord)).toThrow(problem)
  })
})

function record(...changes: unknown[]): unknown {
  return { format: "nabla.rates", version: 1, steps: 9, changes }
}

describe("bad input", () => {
  const any = schedules.constant(1)
  test.for<[string, () => unknown]>([
    ["rate", () => schedules.constant(-1)],
    ["rate", () => schedules.lambda(Number.NaN, any)],
    ["f is no function", () => schedules.multiplicative(1, 3 as never)],
    ["size", () => schedules.step(1, 0)],
    ["there is no such option", () => schedules.step(1, 5, { gama: 1 } as never)],
    ["gamma", () => schedules.exponential(1, Number.POSITIVE_INFINITY)],
    ["milestones[1]", () => schedules.multiStep(1, [3, Number.NaN])],
    ["power", () => schedules.polynomial(1, 5, { power: -1 })],
    ["total", () => schedules.linear(1, 0, 0)],
    ["past", () => schedules.cosine(1, 5, { past: "loop" as never })],
    ["multiple", () => schedules.cosineRestarts(1, 5, { multiple: 0.5 })],
    ["max − min", () => schedules.cyclical(2, 1)],
    ["mode", () => schedules.cyclical(1, 2, { mode: "exp_range" as never })],
    ["share", () => schedules.oneCycle(1, 10, { share: 2 })],
    ["shape", () => schedules.oneCycle(1, 10, { shape: "cos" as never })],
    ["steps", () => schedules.warmUp(any, 1.5)],
    ["from", () => schedules.warmUp(any, 1, { from: 2 })],
    ["one milestone fewer", () => schedules.sequential([any], [1])],
    ["do not rise", () => schedules.sequential([any, any, any], [5, 5])],
    ["factors[1]", () => schedules.chained(1, any, 2 as never)],
    ["do not fit", () => schedules.warmUpStableDecay(1, 10, { warmUp: 6, decay: 6 })],
    ["factor", () => schedules.plateau(1, { factor: 1 })],
    ["patience", () => schedules.plateau(1, { patience: 1.5 })],
    ["stepsPerEpoch", () => schedules.perEpoch(any, 0)],
    ["rate", () => new schedules.GraduateStudent(1).set(Number.NaN)],
    ["no step", () => any(-1)],
    ["no step", () => any(Number.NaN)],
  ])("%s", ([message, make]) => expect(make).toThrow(message))

  test.for<[string, schedules.Schedule]>([
    ["cosine", schedules.cosine(1, 10)],
    ["oneCycle", schedules.oneCycle(1, 10)],
    ["warmUpStableDecay", schedules.warmUpStableDecay(1, 10)],
  ])("%s past its end says so, but answers what comes after the last step", ([name, schedule]) => {
    expect(schedule(10)).toBeLessThan(0.01)
    expect(() => schedule(11)).toThrow(`${name}: the schedule is past its end`)
    expect(() => schedule(11)).toThrow("before 10")
  })
})

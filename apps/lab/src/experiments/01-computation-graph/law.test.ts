import { graphOf } from "nabla"
import { describe, expect, it } from "vitest"
import { defaultsOf } from "../controls.ts"
import { collect, quietSession, readingsOf, verdictOf } from "../testing.ts"
import type { Values } from "./controls.ts"
import { experiment } from "./experiment.ts"
import { after, before, frameOf } from "./frames.ts"
import { gradientByRecursion } from "./recursion.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"
import { double, play } from "./tape.ts"
import { callsOf, visits } from "./theory.ts"

const failing = (view: View, values: Values) =>
  readingsOf(experiment, view, values).filter(({ holds }) => !holds)

async function at(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(failing(view, values)).toEqual([])
  return view
}

it("ln x₁ + x₁x₂ − sin x₂ at (2, 5): 11.6521, gradient (5.5, 1.7163), by every way", async () => {
  const view = await at({})
  expect(view.values.at(-1)).toBeCloseTo(Math.log(2) + 10 - Math.sin(5), 12)
  const exact = [1 / 2 + 5, 2 - Math.cos(5)]
  const ways = [
    view.reverse[0]!.result,
    view.forward.map(({ result }) => result[0]!),
    gradientByRecursion(view, view.tape.outputs[0]!)!.gradient,
  ]
  for (const gradient of ways) exact.forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 12))
  // Extrapolated differences are good to ten digits, and their stated error is no excuse.
  view.differences[0]!.forEach(({ value, error }, i) => {
    expect(value).toBeCloseTo(exact[i]!, 9)
    expect(error).toBeLessThan(1e-5)
  })
  expect(visits(view.tape)).toEqual({ reverse: 5, forward: 8 })
})

const functions: [functions: string, at: string][] = [
  ["sin(x1)", "0.3"],
  ["x1*x1 + x1", "-3"],
  ["x1; x2*x1; 3 - x2", "1.5, -2"],
  ["exp(-x1)*cos(4*x1); exp(-x1)*sin(4*x1); exp(-x1)", "0.5"],
  ["(tanh(x1*x3 + x2*x4) - 1)^2", "0.5, -1, 2, 0.3"],
  ["tan(tan(tan(tan(tan(x1)))))", "0.3"],
  ["x1^x2 / sqrt(x3) + abs(x1 - x3); max(x1, x2)*min(x2, x3); ln(x3)", "1.7, 2.2, 0.4"],
  ["x1^-2 + 2^x1 + 2*pi*x1", "1.25"],
  ["sqrt(x1^2 + x2^2 + x3^2 + x4^2 + x5^2 + x6^2 + x7^2 + x8^2)", "1,2,3,4,5,6,7,8"],
  ["x1 + x2", "1e-9, 1e9"],
  ["x2", "1, 2"],
]

it.each(functions)("holds for %s at %s", async (text, point) => {
  await at({ functions: text, at: point })
})

it("one input and three outputs: three passes backward, one forward; only what hangs together is visited", async () => {
  const view = await at({ functions: functions[3]![0], at: "0.5" })
  expect([view.reverse.length, view.forward.length]).toEqual([3, 1])
  expect(view.reverse[2]!.order.length).toBeLessThan(view.reverse[0]!.order.length)
})

it("the recursion makes a call for each way, and ways double where the graph grows by three", async () => {
  const counts = await Promise.all(
    ["tan(x1)", "tan(tan(x1))", "tan(tan(tan(x1)))"].map(async (text) => {
      const { tape } = await at({ functions: text, at: "0.3" })
      return [tape.operations.length, callsOf(tape, tape.outputs[0]!)]
    }),
  )
  expect(counts).toEqual([
    [3, 5],
    [6, 13],
    [9, 29],
  ])
})

it("the tape is the graph that nabla has", async () => {
  for (const [text, point] of functions.slice(1, 8)) {
    const { tape } = await at({ functions: text, at: point })
    const inputs = point.split(",").map((x) => double(Number(x)).requiresGrad_())
    const values = play(tape, inputs)
    const { nodes } = graphOf(tape.outputs.map((place) => values[place]!))
    expect(nodes.filter(({ kind }) => kind === "op")).toHaveLength(tape.operations.length)
  }
})

describe("steps", () => {
  it("lead through all passes and back, and each says what it does", async () => {
    const view = await at({ functions: functions[6]![0], at: functions[6]![1] })
    let place: Pick<Values, "phase" | "pass" | "step"> | null = { phase: "values", pass: 1, step: 0 }
    const seen: string[] = []
    while (place !== null) {
      const frame = frameOf(view, place)
      expect(frame).toMatchObject(place)
      expect(frame.sentence).not.toMatch(/undefined|NaN|null/)
      expect(frame.sentence.split("$").length % 2).toBe(1)
      seen.push(JSON.stringify(place))
      place = after(view, frame)
    }
    const ops = view.tape.operations.length
    const { reverse, forward } = visits(view.tape)
    // A step for each visit, and one more for the start of each of the 1 + 3 + 3 passes.
    expect(seen).toHaveLength(ops + reverse + forward + 7)
    let at_: Pick<Values, "phase" | "pass" | "step"> | null = JSON.parse(seen.at(-1)!)
    for (const expected of seen.toReversed()) {
      expect(JSON.stringify(at_)).toBe(expected)
      at_ = before(view, frameOf(view, at_!))
    }
  })

  it("a gradient is a sum that grows, and is complete when the pass comes to its node", async () => {
    const view = await at({})
    const seen = Array.from(
      { length: 6 },
      (_, step) => frameOf(view, { phase: "reverse", pass: 1, step }).marks,
    )
    expect(seen[0]).toEqual([null, null, null, null, null, null, 1])
    // x₁ gets 5 from the product, then ½ from the logarithm.
    const x1 = seen.map((marks) => marks[0])
    expect(x1[4]).toBe(5)
    expect(x1[5]).toBe(5.5)
    const { order, marks } = view.reverse[0]!
    order.forEach((place, i) => expect(seen[i]![place]).toBeCloseTo(marks[i]!, 12))
  })
})

it.each([{}, { functions: "sin(x1)", at: "1" }, { functions: functions[4]![0], at: functions[4]![1] }])(
  "does not hold when a result is detached: %o",
  async (changed) => {
    const { view, values } = await collect(experiment, run, { ...changed, broken: true })
    expect(verdictOf(experiment, view, values)).toBe(false)
  },
)

it.each([
  ["ln(x1)", "-1", "no value"],
  ["sqrt(x1)", "0", "no derivative"],
  ["ln(x1) +", "1", "cannot be read"],
  ["x3", "1, 2", "cannot be read"],
  ["2*3", "1", "depends on no input"],
  ["", "1", "nothing to compute"],
  ["x1", "1,,2", "no point"],
  ["x1", "1,2,3,4,5,6,7,8,9", "no point"],
  [
    `x1${"+sin(x1+1)*x1".repeat(20)}${Array.from({ length: 20 }, (_, i) => `+x1^${i + 2}`).join("")}`,
    "1",
    "too large",
  ],
])("says what is wrong with %s at %s", (functions, at, message) => {
  const values = { ...defaultsOf(experiment.controls), functions, at }
  expect(() => [...run(values, quietSession())]).toThrow(message)
})

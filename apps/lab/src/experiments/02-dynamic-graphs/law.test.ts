import { compile, tensor } from "nabla"
import { expect, it } from "vitest"
import { collect, readingsOf, verdictOf } from "../testing.ts"
import { controls, type Values } from "./controls.ts"
import { experiment } from "./experiment.ts"
import { looking, program } from "./program.ts"
import type { View } from "./run.ts"
import { run } from "./run.ts"

const ops = (view: View, i: 0 | 1): string => view.runs[i].graph.nodes.map(({ op }) => op).join(" ")

async function at(changed: Partial<Values>): Promise<View> {
  const { view, values } = await collect(experiment, run, changed)
  expect(readingsOf(experiment, view, values).filter(({ holds }) => !holds)).toEqual([])
  return view
}

it("the number of nodes changes with the input, and the gradient is right on both branches", async () => {
  const view = await at({})
  expect([ops(view, 0), ops(view, 1)]).toEqual(["parameter mul mul", "parameter sin"])
  expect(view.runs[0].slope).toBe(6.75)
  expect(view.runs[1].slope).toBeCloseTo(Math.cos(-1.5), 14)
})

it("the picture shows the gradient of the passes that it tells of", async () => {
  const shown = async (grow: string) => (await at({ grow })).runs[0].grown.nodes[0]!.gradient
  expect(await shown("nothing")).toEqual([6.75])
  expect(await shown("onward")).toEqual([6.75 + 1.5 ** 3 + 1.5 * 6.75])
})

it("a loop leaves a node for each turn", async () => {
  // 0.4 is doubled five times until it is at least 10, 3 twice.
  const view = await at({ program: "loop", x: 0.4, other: 3 })
  expect(view.runs.map(({ graph }) => graph.nodes.length)).toEqual([7, 4])
  expect(view.runs.map(({ slope }) => slope)).toEqual([2 * 4 ** 5 * 0.4, 2 * 4 ** 2 * 3])
})

it.each([
  { x: 0, other: 0.1 },
  { threshold: 2, x: 1.9, other: 2.1 },
  { threshold: -1.3, x: -1.3, other: 10 },
  { program: "loop", x: 0, other: -0.001 },
  { program: "loop", x: -7.3, other: 7.3, limit: 1000 },
  { program: "loop", x: -0.1, other: 10, limit: 1 },
  { program: "loop", x: 5, other: 2.5, limit: 20 },
  { grow: "onward", x: 2 },
  { grow: "second", program: "loop", x: -1 },
])("holds at other values: %o", async (changed) => {
  await at(changed)
})

it("grows after a backward pass, by what is asked for", async () => {
  const sizes = async (grow: string): Promise<number[]> => {
    const { runs } = await at({ grow })
    return runs.map(({ graph, grown }) => grown.nodes.length - graph.nodes.length)
  }
  expect(await sizes("nothing")).toEqual([0, 0])
  expect(await sizes("onward")).toEqual([1, 1])
  for (const added of await sizes("second")) expect(added).toBeGreaterThan(0)
})

it.each([{}, { x: 0, other: 5 }, { program: "loop" }, { program: "loop", x: 0, other: -9 }])(
  "does not hold when the branches of another input are replayed: %o",
  async (changed) => {
    const { view, values } = await collect(experiment, run, { ...changed, broken: true })
    expect(verdictOf(experiment, view, values)).toBe(false)
  },
)

it("is a program that compile refuses to record, as the page says", () => {
  const setting = { program: "loop", threshold: controls.threshold.default, limit: controls.limit.default }
  const recorded = compile((x: ReturnType<typeof tensor>) => program(x, setting, looking))
  expect(() => {
    for (let call = 0; call < 3; call++) recorded(tensor(2, { dtype: "float64" }))
  }).toThrow(expect.objectContaining({ code: "NABLA_CAPTURE" }))
})

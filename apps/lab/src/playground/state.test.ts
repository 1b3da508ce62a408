import { describe, expect, it } from "vitest"
import { parseRoute } from "../app/route.ts"
import { parseEdits, withEdit } from "./edits.ts"
import type { Values } from "./state.ts"
import { activationsOf, defaults, needsRestart, readLink, writeLink } from "./state.ts"

const theirs =
  "#activation=relu&regularization=L2&batchSize=12&dataset=spiral&regDataset=reg-gauss&learningRate=0.003" +
  "&regularizationRate=0.01&noise=15&networkShape=6,4,3&seed=0.54321&showTestData=true&discretize=false" +
  "&percTrainData=70&x=true&y=false&xTimesY=true&xSquared=true&ySquared=false&cosX=false&sinX=true&cosY=false" +
  "&sinY=false&collectStats=false&problem=classification&initZero=true&hideText=false&dataset_hide=true"

describe("links", () => {
  it("opens TensorFlow Playground's, with its algorithm", () => {
    const route = parseRoute(theirs)
    expect(route.page).toBe("playground")
    const { values, hidden, warnings } = readLink(route.query)
    expect(warnings).toEqual([])
    expect([...hidden]).toEqual(["dataset"])
    expect(values).toMatchObject({
      mode: "playground",
      activation: "relu",
      regularization: "L2",
      batchSize: 12,
      dataset: "spiral",
      regDataset: "reg-gauss",
      learningRate: 0.003,
      regularizationRate: 0.01,
      noise: 15,
      networkShape: "6,4,3",
      seed: "0.54321",
      showTestData: true,
      percTrainData: 70,
      x: true,
      y: false,
      xTimesY: true,
      xSquared: true,
      sinX: true,
      initZero: true,
    } satisfies Partial<Values>)
  })

  it("reads back what it writes", () => {
    const values: Values = {
      ...defaults,
      optimizer: "adam",
      networkShape: "",
      formulas: "sqrt(x^2+y^2); x*y",
      points: "1,2,1;-1,0,-1",
      edits: "1.0.b.0.5_2.1.0.-3",
      learningRate: 0.007,
    }
    const query = new URLSearchParams(writeLink(values, new Set(["noise"])).toString())
    expect(readLink(query)).toEqual({ values, hidden: new Set(["noise"]), warnings: [] })
    expect(writeLink(defaults, new Set()).toString()).toBe("")
  })

  it("warns of what it does not know or take, and leaves it out", () => {
    const { values, warnings } = readLink(
      new URLSearchParams("foo=1&learningRate=fast&networkShape=4,99&activations=relu,what&cosX=true"),
    )
    expect(warnings).toHaveLength(5)
    expect(values).toEqual({ ...defaults, mode: "playground" })
  })
})

describe("state", () => {
  it("goes on at a new rate, and begins anew with another network", () => {
    expect(needsRestart(defaults, { ...defaults, learningRate: 1, regularization: "L1", speed: "max" })).toBe(
      false,
    )
    expect(needsRestart(defaults, { ...defaults, networkShape: "3" })).toBe(true)
  })

  it("keeps the last edit of each weight", () => {
    const first = { layer: 1, unit: 2, input: 0, value: 1.5 } as const
    const text = withEdit(withEdit(withEdit("", first), { ...first, input: "b", value: -1e-7 }), {
      ...first,
      value: 2,
    })
    expect(parseEdits(text)).toEqual([
      { layer: 1, unit: 2, input: "b", value: -1e-7 },
      { ...first, value: 2 },
    ])
    expect(parseEdits("1.2_nonsense_1.x.0.3")).toEqual([])
  })

  it("has one activation for all layers, or one for each", () => {
    expect(activationsOf(defaults)).toEqual(["tanh", "tanh"])
    expect(activationsOf({ ...defaults, activations: ",relu" })).toEqual(["tanh", "relu"])
    expect(activationsOf({ ...defaults, activations: "relu,relu", mode: "playground" })).toEqual([
      "tanh",
      "tanh",
    ])
  })
})

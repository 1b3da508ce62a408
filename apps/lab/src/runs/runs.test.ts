import { describe, expect, test } from "vitest"
import { differences, matches } from "./filter.ts"
import { RunRecords, seriesOf, thinned } from "./records.ts"

const step = (n: number, more: object = {}): string =>
  JSON.stringify({ kind: "step", step: n, epoch: 1, samples: 4, seconds: 1, loss: 1 / n, lr: 0.1, ...more })

describe("the records of a run", () => {
  test("are curves by metric, the loss first and the rate last", () => {
    const records = new RunRecords()
    const epoch = {
      kind: "epoch",
      epoch: 1,
      step: 2,
      train: { loss: 0.7 },
      test: { loss: 0.6, accuracy: 0.5 },
      seconds: 1,
    }
    expect(records.add([step(1), step(2), JSON.stringify(epoch), "", "no JSON", '{"kind":"other"}'])).toBe(2)
    expect(records.metrics()).toEqual(["loss", "accuracy", "lr"])
    expect(records.steps.get("loss")).toEqual([
      [1, 1],
      [2, 0.5],
    ])
    expect([records.lastStep, records.epochs, records.last("accuracy")]).toEqual([2, 1, 0.5])
    const series = seriesOf([{ name: "a", records }], "loss")
    expect(series.map(({ name, dashed }) => [name, dashed ?? false])).toEqual([
      ["training", false],
      ["held out", true],
    ])
  })

  test("keep a loss that is not finite as such", () => {
    const records = new RunRecords()
    records.add([step(1, { loss: "NaN" })])
    expect(records.steps.get("loss")![0]![1]).toBeNaN()
  })

  test("are thinned by means", () => {
    const points = Array.from({ length: 1800 }, (_, i): [number, number] => [i, i % 3])
    expect(thinned(points)).toHaveLength(600)
    expect(new Set(thinned(points).map(([, y]) => y))).toEqual(new Set([1]))
  })
})

describe("a filter", () => {
  const run = { name: "first", config: { recipe: "cnn", lr: 0.05, data: { source: "glyphs" } } }
  test.each([
    ["", true],
    ["recipe=cnn lr<0.1", true],
    ["recipe=cnn lr>0.1", false],
    ["data.source=glyphs FIRST", true],
    ["data.source=gly", false],
    ["gly", true],
    ["lr=5e-2", true],
    ["width=3", false],
  ])("%s", (filter, expected) => expect(matches(run, filter)).toBe(expected))

  test("settings that differ", () => {
    const other = { ...run.config, lr: 0.1, options: { lr: 0.1 } }
    expect(differences([run.config, other])).toEqual([{ key: "lr", values: ["0.05", "0.1"] }])
  })
})

import { describe, expect, test } from "vitest"
import { DataLoader, gauss } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import * as optim from "../../optim/index.ts"
import { manualSeed, tensor } from "../../tensor/index.ts"
import { evaluate, fit as fitModel } from "../index.ts"
import type { StreamingMetric } from "./index.ts"
import {
  accuracy,
  averagePrecision,
  confusionMatrix,
  expectedCalibrationError,
  f1,
  mae,
  perplexity,
  precision,
  r2,
  recall,
  rmse,
  rocAuc,
  topKAccuracy,
} from "./index.ts"

// Targets 0 0 1 1 2 2 2, predictions 0 1 1 1 0 2 2; what scikit-learn 1.4 gives for them stands beside each.
const scores = [
  [2, 1, 0],
  [0, 1, 0],
  [0, 3, 1],
  [0.5, 2, 1],
  [2, 0, 1],
  [0, 0, 1],
  [-1, 0, 4],
]
const classes = [0, 0, 1, 1, 2, 2, 2]

async function over(metric: StreamingMetric, output: number[][] | number[], target: number[], cut: number) {
  metric.reset()
  await metric.update(tensor(output.slice(0, cut)), tensor(target.slice(0, cut)))
  await metric.update(tensor(output.slice(cut)), tensor(target.slice(cut)))
  return metric.compute()
}

describe("scores of classes", () => {
  test.for([
    [precision(), (0.5 + 2 / 3 + 1) / 3],
    [recall(), (0.5 + 1 + 2 / 3) / 3],
    [f1(), (0.5 + 0.8 + 0.8) / 3],
    [f1({ average: "weighted" }), (2 * 0.5 + 2 * 0.8 + 3 * 0.8) / 7],
    [f1({ average: "micro" }), 5 / 7],
    [precision({ average: "weighted" }), (2 * 0.5 + (2 * 2) / 3 + 3) / 7],
  ] as [StreamingMetric, number][])("over batches cut anywhere: %#", async ([metric, expected]) => {
    for (const cut of [1, 3, 6]) expect(await over(metric, scores, classes, cut)).toBeCloseTo(expected, 12)
  })

  test("each class by itself", async () => {
    const found = (await over(f1({ average: "none" }), scores, classes, 4)) as Record<string, number>
    expect(Object.keys(found)).toEqual(["0", "1", "2"])
    expect(found["1"]).toBeCloseTo(0.8, 12)
  })

  test("a single output decides at the threshold", async () => {
    const metric = precision({ average: "binary", threshold: 0.5 })
    expect(await over(metric, [0.4, 0.6, 0.7, 0.2], [0, 1, 0, 1], 2)).toBe(0.5)
    expect(await over(recall({ average: "binary" }), [-1, -1], [0, 0], 1)).toBe(0)
    expect(await over(recall({ average: "binary", zeroDivision: 1 }), [-1, -1], [0, 0], 1)).toBe(1)
  })

  test("classes that never come up count in no mean", async () => {
    const metric = f1()
    await metric.update(
      tensor([
        [1, 0, 0],
        [0, 1, 0],
      ]),
      tensor([0, 1]),
    )
    expect(metric.compute()).toBe(1)
  })

  test("the confusion matrix", async () => {
    const metric = confusionMatrix()
    await over(metric, scores, classes, 3)
    expect(metric.matrix).toEqual([
      [1, 1, 0],
      [0, 2, 0],
      [1, 0, 2],
    ])
    const images = confusionMatrix()
    await images.update(tensor([[[[1, 0]], [[0, 1]]]]), tensor([[[0, 0]]]))
    expect(images.matrix).toEqual([
      [1, 1],
      [0, 0],
    ])
  })
})

describe("rankings", () => {
  const [score, label] = [
    [0.1, 0.4, 0.35, 0.8],
    [0, 0, 1, 1],
  ]
  test("ROC and average precision of two classes", async () => {
    expect(await over(rocAuc(), score!, label!, 1)).toBe(0.75)
    expect(await over(averagePrecision(), score!, label!, 3)).toBeCloseTo(0.8333333, 6)
    const pairs = score!.map((s) => [0, s])
    expect(await over(rocAuc(), pairs, label!, 2)).toBe(0.75)
  })

  test("equal scores count half; one class alone has none", async () => {
    expect(await over(rocAuc(), [1, 1, 1, 0], [1, 0, 0, 0], 2)).toBeCloseTo(2 / 3, 12)
    expect(await over(rocAuc(), [1, 2], [1, 1], 1)).toBeNaN()
  })

  test("against a count of all pairs, for each class against the rest", async () => {
    // Without ties, which rounding would decide.
    const all = scores.map((row, i) => row.map((value, k) => value + 0.01 * i * (k + 1)))
    const shown = all.map((row) => {
      const powers = row.map(Math.exp)
      return powers.map((p) => p / powers.reduce((a, b) => a + b, 0))
    })
    const found = (await over(rocAuc({ average: "none" }), all, classes, 3)) as Record<string, number>
    for (const k of [0, 1, 2]) {
      const own = shown.filter((_, i) => classes[i] === k).map((row) => row[k]!)
      const rest = shown.filter((_, i) => classes[i] !== k).map((row) => row[k]!)
      const pairs = own.flatMap((p) => rest.map((q) => Number(p > q)))
      expect(found[k]).toBeCloseTo(pairs.reduce((a, b) => a + b, 0) / pairs.length, 12)
    }
  })
})

describe("numbers", () => {
  const [output, target] = [
    [2.5, 0, 2, 8],
    [3, -0.5, 2, 7],
  ]
  test("errors and R²", async () => {
    expect(await over(mae(), output!, target!, 1)).toBeCloseTo(0.5, 7)
    expect(await over(rmse(), output!, target!, 1)).toBeCloseTo(Math.sqrt(0.375), 7)
    for (const cut of [1, 2, 3]) expect(await over(r2(), output!, target!, cut)).toBeCloseTo(0.9486081, 6)
  })

  test("R² of targets far from 0, and of several outputs", async () => {
    const far = target!.map((y) => y + 4096)
    const near = output!.map((y) => y + 4096)
    expect(await over(r2(), near, far, 2)).toBeCloseTo(0.9486081, 5)
    const two = r2()
    await two.update(
      tensor([
        [0.5, 1],
        [-1, 1],
        [7, -6],
      ]),
      tensor([
        [0, 2],
        [-1, 2],
        [8, -5],
      ]),
    )
    // scikit-learn: r2_score(..., multioutput="uniform_average") with the arguments in this order.
    expect(two.compute()).toBeCloseTo((1 - 1.25 / (146 / 3) + (1 - 3 / (98 / 3))) / 2, 6)
  })

  test("outputs of another shape are refused", async () => {
    await expect(mae().update(tensor([[1], [2]]), tensor([1, 2]))).rejects.toThrow("NABLA_SHAPE_MISMATCH")
  })
})

test("perplexity: a uniform guess among four is 4; ignored tokens do not count", async () => {
  const metric = perplexity()
  await metric.update(tensor([[[0, 0, 0, 0]], [[100, 0, 0, 0]]]), tensor([[2], [-100]], { dtype: "int32" }))
  expect(metric.compute()).toBeCloseTo(4, 5)
})

test("calibration error by hand: two bins", async () => {
  // Confidences 0.6 (right), 0.6 (wrong), 0.9 (right): |1 − 1.2| + |1 − 0.9| over 3.
  const logit = (p: number): number => Math.log(p / (1 - p))
  const metric = expectedCalibrationError({ bins: 5 })
  const expected = (Math.abs(1 - 1.2) + Math.abs(1 - 0.9)) / 3
  expect(await over(metric, [logit(0.6), logit(0.4), logit(0.9)], [1, 1, 1], 1)).toBeCloseTo(expected, 6)
})

test("top-k: equal outputs take the lower class first", () => {
  const output = tensor([
    [3, 2, 1],
    [1, 1, 1],
  ])
  expect(topKAccuracy(1)(output, tensor([1, 0])).itemSync()).toBe(0.5)
  expect(topKAccuracy(2)(output, tensor([1, 2])).itemSync()).toBe(0.5)
  expect(topKAccuracy(3)(output, tensor([2, 2])).itemSync()).toBe(1)
})

test("of targets that are shares of classes the largest counts, in every metric of classes", async () => {
  const output = tensor([
    [3, 1, 0],
    [0, 2, 1],
    [1, 0, 4],
    [2, 3, 1],
  ])
  const hard = tensor([0, 2, 2, 1], { dtype: "int32" })
  const soft = tensor([
    [0.7, 0.3, 0],
    [0, 0.4, 0.6],
    [0.1, 0.1, 0.8],
    [0.2, 0.8, 0],
  ])
  expect(accuracy(output, soft).itemSync()).toBe(0.75)
  expect(topKAccuracy(2)(output, soft).itemSync()).toBe(topKAccuracy(2)(output, hard).itemSync())
  for (const make of [() => f1(), () => rocAuc(), () => expectedCalibrationError(), () => perplexity()]) {
    const [one, other] = [make(), make()]
    await one.update(output, soft)
    await other.update(output, hard)
    expect(one.compute()).toBe(other.compute())
  }
})

test("bad options are refused", () => {
  expect(() => topKAccuracy(0)).toThrow("NABLA_INVALID_ARGUMENT")
  expect(() => f1({ average: "mean" as "macro" })).toThrow(/macro \| micro/)
  expect(() => rocAuc({ averages: 1 } as object)).toThrow("there is no such option")
  expect(() => expectedCalibrationError({ bins: 0 })).toThrow("NABLA_INVALID_ARGUMENT")
})

describe("in fit and evaluate", () => {
  const train = gauss({ n: 100, seed: 1 })
  const metrics = () => ({ f1: f1(), auc: rocAuc(), recall: recall({ average: "none" }) })
  const loss = (output: ReturnType<typeof tensor>, target: ReturnType<typeof tensor>) =>
    nn.crossEntropy(output, target)

  test("the captured step gives the values of the plain one, of whole epochs", async () => {
    const runs = []
    for (const capture of [true, false]) {
      manualSeed(1)
      const model = nn.mlp([2, 8, 2])
      const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
      const data = new DataLoader(train, { batchSize: 32, shuffle: true })
      const steps: object[] = []
      const listeners = [{ onStep: ({ values }: { values: object }) => void steps.push(values) }]
      const test = new DataLoader(train, { batchSize: 30 })
      const result = await fitModel(model, data, {
        optimizer,
        loss,
        metrics: metrics(),
        epochs: 3,
        test,
        capture,
        listeners,
      })
      expect(Object.keys(steps[0]!)).toEqual(["loss", "f1", "recall.0", "recall.1"])
      runs.push([result.epochs.map(({ train, test }) => [train, test]), steps])
      const whole = await evaluate(model, [...new DataLoader(train, { batchSize: 100 })], {
        loss,
        metrics: metrics(),
      })
      expect(result.epochs.at(-1)!.test!.auc).toBeCloseTo(whole.auc!, 12)
      expect(result.epochs.at(-1)!.test!.f1).toBeCloseTo(whole.f1!, 12)
    }
    expect(runs[0]).toEqual(runs[1])
  })
})

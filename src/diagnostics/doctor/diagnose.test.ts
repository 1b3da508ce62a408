import { expect, test } from "vitest"
import { nn, optim } from "../../index.ts"
import { manualSeed, randn, tensor } from "../../tensor/index.ts"
import type { Check } from "./check.ts"
import { diagnose } from "./diagnose.ts"
import type { Finding, Severity } from "./finding.ts"
import { readHistory } from "./history.ts"
import { lossKind } from "./measurements/loss-kind.ts"
import { ranked } from "./rank.ts"

const labelled = () => {
  manualSeed(3)
  const x = randn([128, 2])
  const values = Array.from(x.dataSync())
  const y = Int32Array.from({ length: 128 }, (_, i) => (values[2 * i]! * values[2 * i + 1]! > 0 ? 1 : 0))
  return [x, tensor(y)] as const
}

test("everything is left as it was found", async () => {
  const batch = labelled()
  const model = nn.sequential(
    nn.linear(2, 8),
    nn.batchNorm1d(8),
    nn.relu(),
    nn.dropout({ p: 0.1 }),
    nn.linear(8, 2),
  )
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  nn.crossEntropy(model.forward(batch[0]), batch[1]).backward()
  optimizer.step()
  model.eval()
  const state = async () => ({
    values: await Promise.all(
      [...model.parameters(), ...model.buffers()].map(async (t) => [...(await t.data())]),
    ),
    gradients: await Promise.all(
      model.parameters().map(async ({ grad }) => [...((await grad?.data()) ?? [])]),
    ),
    modes: model.modules().map(({ training }) => training),
    steps: optimizer.steps,
  })
  const before = await state()
  await diagnose(model, batch, { optimizer })
  expect(await state()).toEqual(before)
  manualSeed(1)
  const drawn = await randn([3]).data()
  manualSeed(1)
  await diagnose(model, batch, { optimizer })
  expect(await randn([3]).data()).toEqual(drawn)
})

test("the cause is named before what it brings about, with what is fine and what was not checked", async () => {
  const [x, y] = labelled()
  const model = nn.mlp([2, 16, 2], { activation: nn.tanh })
  const { findings, passed, skipped } = await diagnose(model, [x.mul(300), y])
  expect(findings[0]).toMatchObject({ name: "inputs-not-scaled", severity: "error" })
  expect(findings.map(({ name }) => name)).toContain("saturated")
  expect(passed.find(({ name }) => name === "double-softmax")!.evidence).toHaveLength(1)
  expect(skipped.find(({ name }) => name === "train-test-leak")!.reason).toMatch(/no held-out data/)
})

test("a model that cannot take the data says so, and so do no data", async () => {
  const [, y] = labelled()
  await expect(diagnose(nn.linear(3, 2), [randn([128, 2]), y])).rejects.toThrow(/last dimension 3/)
  await expect(diagnose(nn.linear(3, 2), [])).rejects.toThrow(/no batches/)
})

test("findings are ranked by cause, then by severity, where a hint causes nothing", () => {
  const check = (name: string, causes: string[] = []): Check => ({
    ...{ name, title: name, causes },
    examine: () => ({ skipped: "" }),
  })
  const finding = (name: string, severity: Severity): Finding => ({
    ...{
      name,
      title: name,
      severity,
      layers: [],
      explanation: "",
      evidence: [],
      remedies: [],
      references: [],
    },
  })
  const checks = [check("a"), check("b", ["c"]), check("c", ["d"]), check("d"), check("e", ["d"])]
  const found = [
    finding("a", "warning"),
    finding("d", "error"),
    finding("b", "warning"),
    finding("e", "hint"),
  ]
  // b brings d about by way of c, which was not found.
  expect(ranked(found, checks).map(({ name }) => name)).toEqual(["b", "d", "a", "e"])
})

test("losses are told by their answers", async () => {
  const [output, classes, one] = [randn([8, 3]), tensor(new Int32Array(8)), randn([8, 1])]
  const smoothed = { labelSmoothing: 0.1 }
  expect(await lossKind((z, y) => nn.crossEntropy(z, y), output, classes)).toBe("crossEntropy")
  expect(await lossKind((z, y) => nn.nll(z, y), output, classes)).toBe("nll")
  expect(await lossKind((z, y) => nn.crossEntropy(z, y, smoothed), output, classes)).toBe("normalising")
  expect(await lossKind((z, y) => nn.crossEntropy(z.softmax(1), y), output, classes)).toBe("doubleSoftmax")
  expect(await lossKind((z, y) => nn.mse(z, y), one, randn([8, 1]))).toBe("mse")
  expect(await lossKind((z, y) => nn.bce(z, y), one, randn([8, 1]))).toBe("binaryCrossEntropy")
  expect(await lossKind((z, y) => nn.huber(z, y), one, randn([8, 1]))).toBe("unknown")
})

test("histories of loops and of runs are read alike", () => {
  const steps = readHistory([
    { loss: 2, lr: 0.1 },
    { loss: 1, lr: 0.1 },
  ])
  expect(steps.steps).toEqual([
    { step: 1, loss: 2, lr: 0.1 },
    { step: 2, loss: 1, lr: 0.1 },
  ])
  const run = readHistory([
    { kind: "step", step: 3, loss: 2 },
    { kind: "epoch", epoch: 1, step: 3, train: { loss: 2, accuracy: 0.5 }, test: { loss: 3 } },
  ])
  expect(run.steps).toEqual([{ step: 3, loss: 2, lr: null }])
  expect(run.epochs[0]).toMatchObject({ trainLoss: 2, testLoss: 3, trainAccuracy: 0.5, testAccuracy: null })
})

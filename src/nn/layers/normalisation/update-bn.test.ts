import { expect, it } from "vitest"
import { AveragedModel, SGD } from "../../../optim/index.ts"
import { manualSeed, randn, stack } from "../../../tensor/index.ts"
import { linear, sequential } from "../../index.ts"
import { batchNorm1d } from "./batch-norm.ts"
import { updateBn } from "./update-bn.ts"

const difference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

it("makes the running statistics the mean of those of the batches, and nothing else", async () => {
  manualSeed(0)
  const norm = batchNorm1d(3, { momentum: 0.3 })
  const model = sequential(linear(4, 3), norm).eval()
  norm.train()
  const batches = [1, 2, 5].map((scale) => randn([16, 4]).mul(scale).add(scale))
  const before = model.parameters().map((parameter) => [...parameter.dataSync()])
  await updateBn(batches, model)
  const features = batches.map((batch) => model.at(0)!.forward(batch))
  const mean = stack(features.map((x) => x.mean(0))).mean(0)
  const variance = stack(features.map((x) => x.var(0))).mean(0)
  expect(difference([...norm.runningMean!.dataSync()], [...mean.dataSync()])).toBeLessThan(1e-5)
  expect(difference([...norm.runningVar!.dataSync()], [...variance.dataSync()])).toBeLessThan(1e-4)
  expect(norm.numBatchesTracked!.itemSync()).toBe(3)
  expect([model.training, norm.training, norm.momentum]).toEqual([false, true, 0.3])
  expect(model.parameters().map((parameter) => [...parameter.dataSync()])).toEqual(before)
})

it("takes asynchronous batches, and puts everything back when one of them fails", async () => {
  const norm = batchNorm1d(4)
  async function* broken() {
    yield randn([8, 4])
    throw new Error("no more")
  }
  await expect(updateBn(broken(), sequential(norm).eval())).rejects.toThrow("no more")
  expect([norm.training, norm.momentum]).toEqual([false, 0.1])
})

it("fits averaged weights", async () => {
  manualSeed(1)
  const make = () => sequential(linear(4, 3), batchNorm1d(3))
  const model = make()
  const optimizer = new SGD(model.parameters(), { lr: 0.5 })
  const averaged = new AveragedModel(model)
  const batch = randn([64, 4])
  for (let step = 0; step < 5; step++) {
    optimizer.zeroGrad()
    model.forward(batch).sub(1).square().mean().backward()
    optimizer.step()
    averaged.updateParameters(model)
  }
  const copy = make()
  copy.loadStateDict(averaged.module.stateDict())
  await updateBn([batch], copy)
  const output = copy.eval().forward(batch)
  const bias = [...copy.at(1)!.parameters()[1]!.dataSync()]
  // Normalised by its own statistics, a batch has the mean β.
  expect(difference([...output.mean(0).dataSync()], bias)).toBeLessThan(1e-5)
})

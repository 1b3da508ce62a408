import { expect, test } from "vitest"
import type { ArrayDataset } from "../../data/index.ts"
import { DataLoader, glyphs } from "../../data/index.ts"
import * as optim from "../../optim/index.ts"
import { manualSeed } from "../../tensor/index.ts"
import { evaluate, fit as fitModel } from "../../train/index.ts"
import { findRecipe } from "./index.ts"

const held = glyphs({ n: 1000, start: 8000 })

/** Accuracy on held-out glyphs after a training with the recipe's own settings. */
async function trainedAccuracy(name: string, data: ArrayDataset, epochs: number): Promise<number> {
  manualSeed(0)
  const { build, defaults } = findRecipe(name)
  const model = build(data)
  const loader = new DataLoader(data, { batchSize: defaults.images.batchSize, shuffle: true })
  await fitModel(model, loader, {
    optimizer: new optim.Adam(model.parameters(), { lr: defaults.images.lr.adam }),
    epochs,
  })
  return (await evaluate(model, new DataLoader(held, { batchSize: 250 }))).accuracy
}

test("glyphs are too hard for a linear model, and a part of them is enough for convolutions", async () => {
  const linear = await trainedAccuracy("linear", glyphs({ n: 8000 }), 10)
  expect(linear).toBeGreaterThan(0.7)
  expect(linear).toBeLessThan(0.9)
  const convolutions = await trainedAccuracy("cnn", glyphs({ n: 3200 }), 2)
  console.log(`accuracy on glyphs: linear ${linear.toFixed(3)}, convolutions ${convolutions.toFixed(3)}`)
  expect(convolutions).toBeGreaterThan(0.93)
}, 90_000)

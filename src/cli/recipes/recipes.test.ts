import { expect, test } from "vitest"
import { charTokenizer, glyphs, split } from "../../data/index.ts"
import * as optim from "../../optim/index.ts"
import { manualSeed } from "../../tensor/index.ts"
import { evaluate, fit as fitModel } from "../../train/index.ts"
import { loadData, type TrainingData } from "../train/data-source.ts"
import { chooseRecipe, findRecipe, recipeFrom, recipes, trainingDefaults } from "./index.ts"

const held = glyphs({ n: 1000, start: 8000 })
const images = (n: number, test = held): TrainingData => ({
  kind: "images",
  name: "g",
  train: glyphs({ n }),
  test,
})

/** Accuracy on held-out glyphs after a training with the recipe's own settings. */
async function trainedAccuracy(name: string, n: number, epochs: number): Promise<number> {
  manualSeed(0)
  const { prepare, defaults, options } = findRecipe(name)
  const { batchSize, lr } = defaults.images!
  const { model, train, test } = prepare({ data: images(n), options, batchSize, seed: 0 })
  await fitModel(model, train, { optimizer: new optim.Adam(model.parameters(), { lr: lr.adam }), epochs })
  return (await evaluate(model, test)).accuracy!
}

test("glyphs are too hard for a linear model, and a part of them is enough for convolutions", async () => {
  const linear = await trainedAccuracy("linear", 8000, 10)
  expect(linear).toBeGreaterThan(0.7)
  expect(linear).toBeLessThan(0.9)
  const convolutions = await trainedAccuracy("cnn", 3200, 2)
  console.log(`accuracy on glyphs: linear ${linear.toFixed(3)}, convolutions ${convolutions.toFixed(3)}`)
  expect(convolutions).toBeGreaterThan(0.93)
}, 90_000)

/** Small versions, so that a step takes little. */
const small: Record<string, Record<string, number>> = {
  vgg: { dropout: 0 },
  unet: { width: 4 },
  gpt: { layers: 1, width: 16, heads: 2, context: 8, steps: 2 },
  "char-rnn": { hidden: 8, embedding: 4, context: 8, steps: 2 },
  ntm: { slots: 24, width: 4, hidden: 8 },
}

async function dataFor(name: string): Promise<TrainingData> {
  const { defaults, data } = findRecipe(name)
  if (defaults.text !== undefined) {
    const { tokenizer, train, test } = textData
    return { kind: "text", name: "t", tokenizer, train, test }
  }
  if (defaults.images === undefined) return loadData(data!, { seed: 0 })
  const [train, test] = split(glyphs({ n: 24 }), [2 / 3, 1 / 3])
  return { kind: "images", name: "g", train: train!, test: test! }
}

const text = "to be or not to be, that is the question: ".repeat(40)
const tokenizer = charTokenizer(text)
const tokens = tokenizer.encode(text)
const textData = { tokenizer, train: tokens.subarray(0, 1400), test: tokens.subarray(1400) }

test.each(recipes.map(({ name }) => name))(
  "%s trains a step and is evaluated",
  async (name) => {
    manualSeed(0)
    const recipe = findRecipe(name)
    const data = await dataFor(name)
    const { prepare, options } = recipe
    trainingDefaults(recipe, data.kind)
    const job = prepare({ data, options: { ...options, ...small[name] }, batchSize: 8, seed: 0 })
    const { model, train, ...rest } = job
    const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
    const before = model.parameters().map((parameter) => parameter.dataSync())
    const first = [...train].slice(0, 1)
    const { epochs } = await fitModel(model, first, {
      ...rest,
      test: [...rest.test].slice(0, 1),
      optimizer,
      capture: false,
    })
    for (const values of [epochs[0]!.train, epochs[0]!.test!])
      for (const value of Object.values(values)) expect(Number.isFinite(value)).toBe(true)
    const still = model
      .namedParameters()
      .filter(([, p], i) => p.dataSync().every((v, k) => v === before[i]![k]))
    expect(still.map(([path]) => path)).toEqual([])
  },
  60_000,
)

test("data without a recipe get the one for their kind; others are refused with a way out", () => {
  expect(["images", "points", "text", "sequences"].map((kind) => chooseRecipe(kind as "text").name)).toEqual([
    "cnn",
    "mlp",
    "gpt",
    "ntm",
  ])
  expect(() => trainingDefaults(findRecipe("gpt"), "images")).toThrow(/takes no images[\s\S]*--recipe cnn/)
})

test("names and options that there are not are refused", () => {
  const read = recipeFrom("--recipe")
  expect(read("gpt:layers=2").options).toEqual({ layers: 2 })
  expect(() => read("gpt:depth=2")).toThrow(/layers[\s\S]*depth/)
  expect(() => read("bert")).toThrow("NABLA_UNKNOWN_RECIPE")
})

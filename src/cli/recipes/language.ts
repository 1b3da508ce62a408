import { NablaError } from "../../base/index.ts"
import { TextWindows } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argmax, eq, mean } from "../../tensor/index.ts"
import type { TextData, TrainingData } from "../train/data-source.ts"
import type { Job, ModelOptions, Recipe, RecipeContext } from "./recipe.ts"
import { size } from "./recipe.ts"

/** Held-out windows that are looked at, at most. */
const TEST_WINDOWS = 1024
const TEST_BATCH = 64

function textOf(data: TrainingData): TextData {
  if (data.kind === "text") return data
  throw new NablaError("NABLA_DATA_MISMATCH", {
    message: "the recipe learns from text",
    expected: "a file that ends in .txt",
    got: data.kind,
    where: "--data",
    hint: "give --data the path of a text",
  })
}

/** The mean over all tokens of −ln p(next token): the loss in nats per token. */
const perToken = (output: Tensor, target: Tensor): Tensor =>
  nn.crossEntropy(output.reshape([-1, output.shape[2]!]), target.reshape([-1]))

function job(context: RecipeContext, model: nn.Module): Job {
  const { train, test } = textOf(context.data)
  const { batchSize, seed } = context
  const length = size(context.options, "context")
  const windows = Math.min(TEST_WINDOWS, Math.floor((test.length - 1) / length))
  const batches = size(context.options, "steps")
  return {
    model,
    train: new TextWindows(train, { context: length, batchSize, shuffle: true, seed, batches }),
    test: new TextWindows(test, {
      context: length,
      batchSize: TEST_BATCH,
      batches: Math.max(1, Math.floor(windows / TEST_BATCH)),
    }),
    loss: perToken,
    metrics: { accuracy: (output: Tensor, target: Tensor) => mean(eq(argmax(output, 2), target)) },
  }
}

const defaults = { epochs: 4, batchSize: 16, lr: { adam: 2e-3, sgd: 0.5 } } as const

/** The model that `nabla sample` makes again, too. */
export function languageModel(name: string, vocabulary: number, options: ModelOptions): nn.Module {
  const number = (key: string): number => size(options, key)
  if (name === "gpt") {
    return nn.gpt({
      vocabulary,
      context: number("context"),
      layers: number("layers"),
      heads: number("heads"),
      width: number("width"),
      dropout: number("dropout"),
    })
  }
  return nn.charRNN({
    vocabulary,
    cell: cellOf(options),
    embedding: number("embedding"),
    hidden: number("hidden"),
    layers: number("layers"),
    dropout: number("dropout"),
  })
}

const cells = ["rnn", "lstm", "gru"] as const

function cellOf({ cell }: ModelOptions): (typeof cells)[number] {
  const found = cells.find((name) => name === cell)
  if (found !== undefined) return found
  throw new NablaError("NABLA_INVALID_OPTION", {
    message: "there is no such cell",
    expected: cells.join(" | "),
    got: String(cell),
    where: "--recipe",
  })
}

export const gpt: Recipe = {
  name: "gpt",
  summary: "a decoder-only transformer on the characters of a text (Radford et al. 2019)",
  defaults: {
    text: {
      ...defaults,
      optimizer: "adamw:weight-decay=0.1,betas=0.9/0.99",
      schedule: "cosine",
      warmUp: "5%",
    },
  },
  options: { context: 64, layers: 4, heads: 4, width: 128, dropout: 0, steps: 500 },
  prepare: (context) =>
    job(context, languageModel("gpt", textOf(context.data).tokenizer.size, context.options)),
}

export const charRNN: Recipe = {
  name: "char-rnn",
  summary: "a recurrent network (rnn, lstm or gru) on the characters of a text (Karpathy 2015)",
  defaults: { text: { ...defaults, schedule: "cosine", warmUp: "5%" } },
  options: { cell: "lstm", context: 64, embedding: 64, hidden: 192, layers: 1, dropout: 0, steps: 500 },
  prepare: (context) =>
    job(context, languageModel("char-rnn", textOf(context.data).tokenizer.size, context.options)),
}

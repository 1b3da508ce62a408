import type { SampleSet } from "../../data/index.ts"
import { count } from "../terminal/format.ts"
import type { TrainingData } from "./data-source.ts"

/** What a run writes down of its data: enough to use the model on more of them. */
export function describeData(data: TrainingData): object {
  if (data.kind === "text") {
    const { tokenizer, train, test } = data
    return { name: data.name, kind: data.kind, tokenizer, train: train.length, test: test.length }
  }
  if (data.kind === "sequences") return { name: data.name, kind: data.kind }
  const { kind, train, test } = data
  const table = data.kind === "points" ? data.table : undefined
  return { kind, train: described(train), test: described(test), ...(table && { table }) }
}

function described({ name, length, inputShape, targetShape, classes }: SampleSet): object {
  return { name, length, inputShape, targetShape, classes }
}

/** How much there is, in one line. */
export function sizesOf(data: TrainingData): string {
  if (data.kind === "sequences") return "sequences drawn as they are needed, the held-out ones longer"
  const what = data.kind === "text" ? `tokens (${data.tokenizer.size} different ones)` : "samples"
  return `${count(data.train.length)} ${what} to train on, ${count(data.test.length)} held out`
}

import { NablaError } from "../../base/index.ts"
import type { SequenceTask } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { gt, mean, ne, noGrad } from "../../tensor/index.ts"
import type { HeatMap } from "./memory-svg.ts"
import { memorySvg } from "./memory-svg.ts"
import type { Recipe } from "./recipe.ts"
import { size } from "./recipe.ts"

/** The steps of the output at which the answer is due: the last ones. */
function answer(output: Tensor, target: Tensor): Tensor {
  const steps = target.shape[1]!
  return output.narrow(1, output.shape[1]! - steps, steps)
}

/** Where the first heads wrote and read while the machine did a held-out sequence. */
async function memoryPicture(model: nn.NeuralTuringMachine, test: SequenceTask): Promise<string> {
  const [first] = test
  const [x, y] = first!
  const { output, writeWeights, readWeights } = noGrad(() => model.trace(x.narrow(0, 0, 1)))
  const wrong = await ne(gt(answer(output, y), 0).to("float32"), y.narrow(0, 0, 1))
    .to("float32")
    .mean()
    .item()
  const map = async (title: string, weights: Tensor): Promise<HeatMap> => {
    const values = await weights.select(0, 0).select(1, 0).data()
    const { slots } = model.options
    const columns = Array.from({ length: x.shape[1]! }, (_, t) => [
      ...values.slice(t * slots, (t + 1) * slots),
    ])
    return { title, values: columns }
  }
  const maps = await Promise.all([map("written", writeWeights), map("read", readWeights)])
  const caption = `${test.name}, ${y.shape[1]} steps to answer: ${(100 * wrong).toFixed(2)} % of the bits wrong`
  return memorySvg(maps, caption)
}

export const ntm: Recipe = {
  name: "ntm",
  summary: "a neural Turing machine that learns to copy sequences (Graves et al. 2014)",
  data: "copy",
  defaults: {
    sequences: {
      epochs: 40,
      batchSize: 16,
      lr: { adam: 1e-3, sgd: 0.01 },
      optimizer: "adam",
    },
  },
  options: { slots: 32, width: 16, hidden: 64, controller: "lstm" },
  prepare: ({ data, options, batchSize, seed }) => {
    if (data.kind !== "sequences") {
      throw new NablaError("NABLA_DATA_MISMATCH", {
        message: "the recipe learns tasks on sequences",
        expected: "copy | repeat-copy | associative-recall",
        got: data.kind,
        where: "--data",
      })
    }
    const train = data.train({ batchSize, seed })
    const test = data.test({ batchSize: 32, seed: seed + 1 })
    const { controller } = options
    const model = nn.neuralTuringMachine(train.channels, train.answerChannels, {
      slots: size(options, "slots"),
      width: size(options, "width"),
      hidden: size(options, "hidden"),
      controller: controller as "lstm" | "feedforward",
    })
    return {
      model,
      train,
      test,
      pictures: async () => ({ "memory.svg": await memoryPicture(model, test) }),
      loss: (output: Tensor, target: Tensor) => nn.bceWithLogits(answer(output, target), target),
      metrics: {
        "bit errors": (output: Tensor, target: Tensor) =>
          mean(ne(gt(answer(output, target), 0).to("float32"), target)),
      },
    }
  },
}

import { nn, noGrad, optim } from "nabla"
import { zooCases } from "../case.ts"
import {
  conv,
  digits,
  loader,
  type Model,
  net,
  points,
  Reader,
  series,
  tableOfClasses,
  train,
} from "../subjects.ts"

const pictures = (batchSize: number) => {
  const model = conv({ norm: true })
  return [
    model,
    loader(digits(), batchSize),
    { optimizer: optim.adam(model.parameters(), { lr: 1e-3 }) },
  ] as const
}

const plane = (batchSize: number) => {
  const model = net([2, 24, 24, 2], { batchNorm: true })
  const optimizer = optim.sgd(model.parameters(), { lr: 0.02, momentum: 0.9 })
  return [model, loader(points("moons"), batchSize), { optimizer }] as const
}

const classes = async (batchSize: number) => {
  const model = net([8, 32, 3], { batchNorm: true })
  return [
    model,
    loader(await tableOfClasses(), batchSize),
    { optimizer: optim.adam(model.parameters()) },
  ] as const
}

export const batchNormSmallBatchCases = zooCases("batch-norm-small-batch", {
  sick: {
    "digits-2": () => pictures(2),
    "moons-3": () => plane(3),
    "table-2": () => classes(2),
    "table-4": () => classes(4),
  },
  healthy: { "digits-32": () => pictures(32), "moons-32": () => plane(32), "table-16": () => classes(16) },
})

/** Statistics that follow by too small a share of each batch. */
const slowStatistics = async (momentum: number) => {
  const model = nn.sequential(nn.linear(8, 32), nn.batchNorm1d(32, { momentum }), nn.relu(), nn.linear(32, 3))
  nn.init.initialize(model, "heNormal")
  const batches = loader(await tableOfClasses())
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  await train(model, batches, optimizer, { epochs: 3 })
  return [model, batches, { optimizer }] as const
}

/** Weights that were changed after the statistics were taken, as by an average or a checkpoint without buffers. */
const changedWeights = async (changed: boolean) => {
  const model = conv({ norm: true })
  const batches = loader(digits())
  const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
  await train(model, batches, optimizer, { epochs: 2 })
  if (changed) {
    const fresh = Object.entries(conv({ norm: true }).stateDict()).filter(([key]) =>
      /running_(mean|var)$/.test(key),
    )
    model.loadStateDict({ ...model.stateDict(), ...Object.fromEntries(fresh) })
  }
  return [model, batches, { optimizer }] as const
}

/** Data of another scale than those of the statistics. */
const otherData = async (scale: number) => {
  const model = nn.sequential(nn.batchNorm1d(2), nn.linear(2, 24), nn.tanh(), nn.linear(24, 2))
  nn.init.initialize(model, "xavierNormal")
  const before = points("moons")
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  await train(model, loader({ ...before, inputs: before.inputs.map((value) => value * scale) }), optimizer, {
    epochs: 3,
  })
  return [model, loader(before), { optimizer }] as const
}

export const batchNormStaleCases = zooCases("batch-norm-stale", {
  sick: {
    "table-momentum-0.001": () => slowStatistics(0.001),
    "digits-fresh-buffers": () => changedWeights(true),
    "moons-other-data": () => otherData(0.2),
  },
  healthy: {
    "table-momentum-0.1": () => slowStatistics(0.1),
    "digits-own-buffers": () => changedWeights(false),
    "moons-same-data": () => otherData(1),
  },
})

const mode = async (training: boolean) => {
  const model = net([8, 32, 3], { batchNorm: true })
  const batches = loader(await tableOfClasses())
  const optimizer = optim.adam(model.parameters(), { lr: 0.005 })
  await train(model, batches, optimizer, { epochs: 2, mode: training })
  return [model, batches, { optimizer }] as const
}

const modeOfPictures = async (training: boolean) => {
  const model = conv({ norm: true })
  const batches = loader(digits())
  const optimizer = optim.sgd(model.parameters(), { lr: 0.02, momentum: 0.9 })
  await train(model, batches, optimizer, { mode: training })
  return [model, batches, { optimizer }] as const
}

const dropping = (training: boolean) => {
  const model = net([2, 32, 32, 2], { dropout: 0.2 })
  const optimizer = optim.adam(model.parameters(), { lr: 0.005 })
  const batches = loader(points("moons"))
  model.train(training)
  const step = (x: Parameters<Model["forward"]>[0], y: typeof x) => {
    optimizer.zeroGrad()
    nn.crossEntropy(model.forward(x), y).backward()
    optimizer.step()
  }
  return [model, batches, { optimizer, step }] as const
}

export const trainingInEvaluationModeCases = zooCases("training-in-evaluation-mode", {
  sick: {
    "table-norm": () => mode(false),
    "digits-norm": () => modeOfPictures(false),
    "moons-dropout": () => dropping(false),
  },
  healthy: {
    "table-norm": () => mode(true),
    "digits-norm": () => modeOfPictures(true),
    "moons-dropout": () => dropping(true),
  },
})

const evaluated = (training: boolean) => {
  const model = net([2, 32, 32, 2], { dropout: 0.2 })
  const optimizer = optim.adam(model.parameters(), { lr: 0.005 })
  const batches = loader(points("circle"))
  const evaluate = () => {
    model.train(training)
    for (const [x] of batches) noGrad(() => model.forward(x))
  }
  return [model, batches, { optimizer, evaluate }] as const
}

const evaluatedPictures = async (training: boolean) => {
  const model = conv({ norm: true })
  const batches = loader(digits())
  const held = loader(digits({ n: 128, start: 512 }))
  const optimizer = optim.adam(model.parameters(), { lr: 2e-3 })
  for (let epoch = 0; epoch < 2; epoch++) {
    await train(model, batches, optimizer)
    model.train(training)
    for (const [x] of held) await noGrad(() => model.forward(x)).data()
  }
  return [model, batches, { optimizer, test: held }] as const
}

class Dropping extends Reader {
  readonly drop = nn.dropout({ p: 0.1 })
  override forward(x: Parameters<Reader["forward"]>[0]) {
    return this.head.forward(this.drop.forward(this.rnn.forward(x)[0].select(1, -1)))
  }
}

const evaluatedSeries = (training: boolean) => {
  const model = new Dropping(2, 16, 2)
  const batches = loader(series())
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  const evaluate = async () => {
    if (!training) model.eval()
    let right = 0
    for (const [x] of batches)
      right += Number(
        await noGrad(() => model.forward(x))
          .sum()
          .item(),
      )
    return right
  }
  return [model, batches, { optimizer, evaluate }] as const
}

export const evaluationInTrainingModeCases = zooCases("evaluation-in-training-mode", {
  sick: {
    "circle-dropout": () => evaluated(true),
    "digits-norm": () => evaluatedPictures(true),
    "series-dropout": () => evaluatedSeries(true),
  },
  healthy: {
    "circle-dropout": () => evaluated(false),
    "digits-norm": () => evaluatedPictures(false),
    "series-dropout": () => evaluatedSeries(false),
  },
})

import { nn, optim, type Tensor } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, type Model, net, points, table, tableOfClasses, train } from "../subjects.ts"

const pictures = (weightDecay: number) => {
  const model = conv()
  const optimizer = optim.sgd(groups(model, weightDecay), { lr: 0.02, momentum: 0.9 })
  return [model, loader(digits()), { optimizer }] as const
}

const regression = async (weightDecay: number) => {
  const model = net([8, 32, 1])
  const optimizer = optim.adamW(groups(model, weightDecay), { lr: 0.01 })
  return [model, loader(await table()), { optimizer, loss: nn.mse }] as const
}

const plane = async (weightDecay: number) => {
  const model = net([2, 32, 32, 2], { activation: nn.tanh })
  const batches = loader(points("moons"))
  const optimizer = optim.sgd(groups(model, weightDecay), { lr: 0.1, momentum: 0.9 })
  await train(model, batches, optimizer, { epochs: 5 })
  return [model, batches, { optimizer }] as const
}

const classes = async (weightDecay: number) => {
  const model = net([8, 32, 3])
  const optimizer = optim.adam(groups(model, weightDecay), { lr: 0.005 })
  return [model, loader(await tableOfClasses()), { optimizer }] as const
}

/** Decay for the weights only. */
function groups(model: Model, weightDecay: number): { params: Tensor[]; weightDecay: number }[] {
  const all = model.parameters()
  return [
    { params: all.filter((param) => param.ndim > 1), weightDecay },
    { params: all.filter((param) => param.ndim <= 1), weightDecay: 0 },
  ]
}

export const weightDecayStrongCases = zooCases("weight-decay-strong", {
  sick: {
    "digits-sgd": () => pictures(1),
    "table-adamw": () => regression(10),
    "moons-after-five-epochs": () => plane(0.1),
    "classes-adam": () => classes(1),
  },
  healthy: {
    "digits-sgd": () => pictures(5e-4),
    "table-adamw": () => regression(0.01),
    "moons-after-five-epochs": () => plane(1e-4),
    "classes-adam": () => classes(1e-4),
  },
})

const everything = (weightDecay: number) => {
  const model = conv({ norm: true })
  const params = model.parameters()
  return [model, loader(digits()), { optimizer: optim.adamW(params, { lr: 2e-3, weightDecay }) }] as const
}

const everythingOfTable = async (weightDecay: number) => {
  const model = net([8, 32, 1])
  const optimizer = optim.sgd(model.parameters(), { lr: 0.05, weightDecay })
  return [model, loader(await table()), { optimizer, loss: nn.mse }] as const
}

const everythingOfPoints = (weightDecay: number) => {
  const model = net([2, 32, 32, 2], { batchNorm: true })
  return [
    model,
    loader(points("circle")),
    { optimizer: optim.adam(model.parameters(), { lr: 3e-3, weightDecay }) },
  ] as const
}

export const weightDecayOnBiasesCases = zooCases("weight-decay-on-biases", {
  sick: {
    "digits-norm": () => everything(0.01),
    table: () => everythingOfTable(1e-3),
    "circle-norm": () => everythingOfPoints(1e-4),
  },
  healthy: {
    "digits-norm": () => everything(0),
    table: () => everythingOfTable(0),
    "circle-norm": () => everythingOfPoints(0),
  },
})

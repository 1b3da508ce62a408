import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, Reader, series, table, train } from "../subjects.ts"

const spirals = (lr: number, momentum = 0) => {
  const model = net([2, 32, 32, 2], { activation: nn.tanh })
  return [
    model,
    loader(points("moons")),
    { optimizer: optim.sgd(model.parameters(), { lr, momentum }) },
  ] as const
}

const regression = async (lr: number) => {
  const model = net([8, 32, 1])
  const optimizer = optim.sgd(model.parameters(), { lr })
  return [model, loader(await table()), { optimizer, loss: nn.mse }] as const
}

const digitsByAdam = (lr: number) => {
  const model = conv()
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr }) }] as const
}

const trained = async (lr: number) => {
  const model = net([196, 32, 10])
  const batches = loader(digits())
  const optimizer = optim.sgd(model.parameters(), { lr, momentum: 0.9 })
  const history = await train(model, batches, optimizer)
  return [model, batches, { optimizer, history }] as const
}

const reading = (lr: number) => {
  const model = new Reader(2, 16, 2)
  return [model, loader(series()), { optimizer: optim.rmsprop(model.parameters(), { lr }) }] as const
}

export const rateTooHighCases = zooCases(
  "rate-too-high",
  {
    sick: {
      "table-sgd": () => regression(2),
      "moons-momentum": () => spirals(20, 0.9),
      "digits-adam": () => digitsByAdam(1),
      "series-rmsprop": () => reading(2),
      "digits-after-an-epoch": () => trained(3),
    },
    healthy: {
      "table-sgd": () => regression(0.05),
      "moons-momentum": () => spirals(0.05, 0.9),
      "digits-adam": () => digitsByAdam(0.003),
      "series-rmsprop": () => reading(0.003),
      "digits-after-an-epoch": () => trained(0.02),
    },
  },
  { quick: true },
)

import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, Reader, series, table } from "../subjects.ts"

const pictures = (eps: number) => {
  const model = conv()
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr: 1e-3, eps }) }] as const
}

const regression = async (eps: number) => {
  const model = net([8, 32, 32, 1], { activation: nn.tanh })
  const optimizer = optim.adamW(model.parameters(), { lr: 1e-3, eps, weightDecay: 0 })
  return [model, loader(await table()), { optimizer, loss: nn.mse }] as const
}

const reading = (eps: number) => {
  const model = new Reader(2, 16, 2)
  return [
    model,
    loader(series()),
    { optimizer: optim.rmsprop(model.parameters(), { lr: 1e-3, eps }) },
  ] as const
}

const rectified = (eps: number) => {
  const model = net([2, 32, 32, 2])
  return [
    model,
    loader(points("moons")),
    { optimizer: optim.adam(model.parameters(), { lr: 1e-3, eps }) },
  ] as const
}

export const adamEpsilonCases = zooCases("adam-epsilon", {
  sick: {
    digits: () => pictures(1),
    table: () => regression(0.5),
    series: () => reading(0.3),
    moons: () => rectified(10),
  },
  healthy: {
    digits: () => pictures(1e-8),
    table: () => regression(1e-8),
    series: () => reading(1e-8),
    "moons-1e-6": () => rectified(1e-6),
  },
})

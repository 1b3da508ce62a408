import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, Reader, series, tableOfClasses, train } from "../subjects.ts"

const circles = (lr: number) => {
  const model = net([2, 16, 16, 2], { activation: nn.tanh })
  return [
    model,
    loader(points("circle")),
    { optimizer: optim.sgd(model.parameters(), { lr, momentum: 0.9 }) },
  ] as const
}

const pictures = (lr: number) => {
  const model = conv({ norm: true })
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr }) }] as const
}

const classes = async (lr: number) => {
  const model = net([8, 24, 3])
  const batches = loader(await tableOfClasses(), 64)
  const optimizer = optim.sgd(model.parameters(), { lr })
  await train(model, batches, optimizer, { epochs: 3 })
  return [model, batches, { optimizer }] as const
}

const reading = (lr: number) => {
  const model = new Reader(2, 16, 2)
  return [
    model,
    loader(series()),
    { optimizer: optim.adamW(model.parameters(), { lr, weightDecay: 0 }) },
  ] as const
}

export const rateTooLowCases = zooCases("rate-too-low", {
  sick: {
    "circle-momentum": () => circles(1e-6),
    "digits-adam": () => pictures(1e-7),
    "table-after-three-epochs": () => classes(1e-5),
    "series-adamw": () => reading(1e-7),
  },
  healthy: {
    "circle-momentum": () => circles(0.03),
    "digits-adam": () => pictures(1e-3),
    "table-after-three-epochs": () => classes(0.1),
    "series-adamw": () => reading(3e-3),
  },
})

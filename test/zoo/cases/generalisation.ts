import { nn, optim, type Tensor } from "nabla"
import { zooCases } from "../case.ts"
import {
  conv,
  digits,
  loader,
  net,
  points,
  Reader,
  series,
  table,
  tableOfClasses,
  train,
} from "../subjects.ts"

const few = async (n: number, epochs: number) => {
  const model = net([196, 64, 10])
  const batches = loader(digits({ n }))
  const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
  await train(model, batches, optimizer, { epochs })
  return [model, batches, { optimizer, test: loader(digits({ n: 256, start: 2000 }), 128) }] as const
}

const noisy = async (n: number, epochs: number) => {
  const model = net([8, 64, 1])
  const batches = loader(await table({ n, noise: 0.7 }), 16)
  const held = loader(await table({ n: 256, noise: 0.7 }), 128)
  const optimizer = optim.adam(model.parameters(), { lr: 0.01 })
  await train(model, batches, optimizer, { epochs, loss: nn.mse })
  return [model, batches, { optimizer, loss: nn.mse, test: held }] as const
}

/** Only the curves of a run. */
const curves = async (rising: boolean) => {
  const model = net([2, 24, 2])
  const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
  const history = Array.from({ length: 12 }, (_, i) => {
    const train = { loss: 0.6 * 0.8 ** i }
    const test = { loss: 0.65 * 0.85 ** Math.min(i, 5) + (rising ? 0.05 * Math.max(0, i - 5) : 0) }
    return { epoch: i + 1, train, test }
  })
  return [model, loader(points("moons")), { optimizer, history }] as const
}

export const overfittingCases = zooCases("overfitting", {
  sick: { "digits-few": () => few(64, 40), "table-noisy": () => noisy(48, 150), curves: () => curves(true) },
  healthy: {
    "digits-more": () => few(1024, 2),
    "table-more": () => noisy(512, 2),
    curves: () => curves(false),
  },
})

const narrow = (width: number) => {
  const model = net([196, width, 10], { activation: nn.tanh })
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr: 3e-3 }) }] as const
}

const spiral = (widths: readonly number[]) => {
  const model = net([2, ...widths, 2])
  return [
    model,
    loader(points("spiral")),
    { optimizer: optim.adam(model.parameters(), { lr: 5e-3 }) },
  ] as const
}

const regression = async (width: number) => {
  const model = net([8, width, 1], { activation: nn.tanh })
  const loss = (output: Tensor, y: Tensor): Tensor => nn.mse(output, y)
  const optimizer = optim.adam(model.parameters(), { lr: 5e-3 })
  return [model, loader(await table({ features: 8, noise: 0.1, n: 512 })), { optimizer, loss }] as const
}

const reading = (hidden: number) => {
  const model = new Reader(2, hidden, 2)
  return [model, loader(series()), { optimizer: optim.adam(model.parameters(), { lr: 5e-3 }) }] as const
}

const filters = (width: number) => {
  const model = conv({ width })
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr: 5e-3 }) }] as const
}

const classes = async (width: number) => {
  const model = net([8, width, 3])
  return [
    model,
    loader(await tableOfClasses()),
    { optimizer: optim.adam(model.parameters(), { lr: 5e-3 }) },
  ] as const
}

export const underCapacityCases = zooCases("under-capacity", {
  sick: {
    "digits-1-unit": () => narrow(1),
    "spiral-2-units": () => spiral([2]),
    "digits-2-units": () => narrow(2),
  },
  healthy: {
    "digits-64-units": () => narrow(64),
    "spiral-64-units": () => spiral([64, 64]),
    "table-48-units": () => regression(48),
    "series-24-units": () => reading(24),
    "digits-filters": () => filters(8),
    "classes-48-units": () => classes(48),
  },
})

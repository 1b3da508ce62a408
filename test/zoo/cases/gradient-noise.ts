import { nn, optim, type Tensor } from "nabla"
import { zooCases } from "../case.ts"
import { loader, net, table, tableOfClasses } from "../subjects.ts"

const noisyTable = async (batchSize: number, lr: number) => {
  const model = net([8, 16, 1], { activation: nn.tanh })
  const optimizer = optim.sgd(model.parameters(), { lr })
  return [model, loader(await table({ noise: 1.5 }), batchSize), { optimizer, loss: nn.mse }] as const
}

const plain = async (batchSize: number, lr: number) => {
  const model = net([6, 24, 3], { activation: nn.tanh })
  const data = await tableOfClasses({ features: 6, noise: 1, seed: 4 })
  return [model, loader(data, batchSize), { optimizer: optim.sgd(model.parameters(), { lr }) }] as const
}

const scattered = async (batchSize: number, lr: number) => {
  const model = net([8, 32, 3])
  const optimizer = optim.sgd(model.parameters(), { lr, momentum: 0.9 })
  return [model, loader(await tableOfClasses({ noise: 1 }), batchSize), { optimizer }] as const
}

/** A line through points that scatter widely. */
const line = async (batchSize: number, lr: number) => {
  const model = net([4, 1])
  const optimizer = optim.sgd(model.parameters(), { lr })
  const loss = (output: Tensor, y: Tensor): Tensor => nn.mse(output, y)
  return [model, loader(await table({ features: 4, noise: 2 }), batchSize), { optimizer, loss }] as const
}

export const gradientNoiseCases = zooCases("gradient-noise", {
  sick: {
    "table-one-example": () => noisyTable(1, 0.1),
    "classes-one-example": () => plain(1, 0.3),
    "classes-two-examples": () => scattered(2, 0.03),
    "line-one-example": () => line(1, 0.25),
  },
  healthy: {
    "table-64": () => noisyTable(64, 0.1),
    "classes-without-momentum-64": () => plain(64, 0.3),
    "classes-64": () => scattered(64, 0.03),
    "line-64": () => line(64, 0.25),
  },
})

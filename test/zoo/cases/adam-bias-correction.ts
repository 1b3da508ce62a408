import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, table } from "../subjects.ts"

const pictures = (biasCorrection: boolean) => {
  const model = conv({ norm: true })
  return [
    model,
    loader(digits()),
    { optimizer: optim.adam(model.parameters(), { lr: 1e-3, biasCorrection }) },
  ] as const
}

const regression = async (biasCorrection: boolean) => {
  const model = net([8, 32, 1])
  const optimizer = optim.adam(model.parameters(), { lr: 2e-3, biasCorrection })
  return [model, loader(await table()), { optimizer, loss: nn.mse }] as const
}

const plane = (biasCorrection: boolean) => {
  const model = net([2, 24, 24, 2], { activation: nn.tanh })
  const optimizer = optim.adam(model.parameters(), { lr: 5e-3, betas: [0.9, 0.99], biasCorrection })
  return [model, loader(points("xor")), { optimizer }] as const
}

export const adamBiasCorrectionCases = zooCases("adam-bias-correction", {
  sick: { digits: () => pictures(false), table: () => regression(false), xor: () => plane(false) },
  healthy: { digits: () => pictures(true), table: () => regression(true), xor: () => plane(true) },
})

import { nn, optim } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, table, train } from "../subjects.ts"

const halves = (each: number) => {
  const model = conv()
  const schedule = (step: number): number => 2e-3 * 0.5 ** Math.floor(step / each)
  const optimizer = optim.adam(model.parameters(), { lr: schedule })
  return [model, loader(digits()), { optimizer, totalSteps: 2000 }] as const
}

const cosine = (steps: number) => {
  const model = net([2, 32, 32, 2], { activation: nn.tanh })
  const schedule = (step: number): number => 0.05 * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))
  const optimizer = optim.sgd(model.parameters(), { lr: 0.1 })
  return [model, loader(points("moons")), { optimizer, schedule, totalSteps: 3000 }] as const
}

const history = async (decay: number) => {
  const model = net([8, 32, 1])
  const batches = loader(await table())
  const optimizer = optim.sgd(model.parameters(), { lr: (step: number) => 0.05 * decay ** step })
  const steps = await train(model, batches, optimizer, { epochs: 10, loss: nn.mse })
  return [model, batches, { optimizer, loss: nn.mse, history: steps }] as const
}

export const scheduleEndsEarlyCases = zooCases("schedule-ends-early", {
  sick: {
    "digits-halves": () => halves(50),
    "moons-cosine": () => cosine(800),
    "table-decay": () => history(0.9),
  },
  healthy: {
    "digits-halves": () => halves(400),
    "moons-cosine": () => cosine(3000),
    "table-decay": () => history(0.99),
  },
})

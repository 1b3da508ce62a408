import { isFloating } from "../../base/index.ts"
import type { Patient } from "./patient.ts"

/** How the gradient changes from the last step of a sequence back to the first one. */
export interface TimeFlow {
  /** |d(loss)/dx| of the last steps over that of the first ones. */
  readonly lastToFirst: number
  readonly steps: number
}

const RECURRENT = /^(RNN|GRU|LSTM)/

/**
 * For a recurrent model that reads [examples, steps, features] and answers once for each sequence; null for all others:
 * where every step has an answer of its own, its gradient is that of near answers.
 */
export async function timeFlow(patient: Patient): Promise<TimeFlow | null> {
  const [x, y] = patient.few
  const recurrent = patient.model.modules().some((module) => RECURRENT.test(module.constructor.name))
  if (!recurrent || x.ndim !== 3 || !isFloating(x.dtype) || x.shape[1]! < 4 || y.ndim > 2) return null
  return patient.measure("gradient over time", async () => {
    const input = x.clone().detach().requiresGrad_()
    patient.model.eval()
    patient.loss(patient.model.forward(input), y).backward()
    if (input.grad === null) return null
    const sizes = Array.from(await input.grad.square().mean([0, 2]).data(), Math.sqrt)
    const part = Math.max(1, Math.floor(sizes.length / 8))
    const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length
    return { lastToFirst: mean(sizes.slice(-part)) / mean(sizes.slice(0, part)), steps: sizes.length }
  })
}

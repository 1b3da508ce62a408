import { Lanczos } from "../../curvature/lanczos.ts"
import { hessianOf } from "../../curvature/operator.ts"
import { objectiveOf } from "../../objective.ts"
import type { Patient } from "../patient.ts"

/** Where the gradient points among the eigenvectors of the Hessian. Plain data. */
export interface SlopeSpectrum {
  readonly loss: number
  /** |∇L| */
  readonly slope: number
  /** |θ| */
  readonly size: number
  readonly parameters: number
  /** Curvatures, and the share of |∇L|² along each: a Gauss quadrature of the gradient's spectral measure. */
  readonly curvatures: readonly number[]
  readonly shares: readonly number[]
  readonly largest: number
  readonly smallest: number
}

const STEPS = 30

/** Lanczos from the gradient, beside the two ends of the spectrum. */
export async function slopeSpectrum(patient: Patient): Promise<SlopeSpectrum> {
  const ends = await patient.curvature()
  return patient.measure("slope spectrum", async () => {
    const objective = objectiveOf(patient.model, patient.few, { loss: patient.loss, mode: "train" })
    const { loss, gradient } = await objective.gradient()
    const hessian = hessianOf(objective)
    const slope = length(gradient)
    let [curvatures, shares]: [number[], number[]] = [[], []]
    if (slope > 0 && Number.isFinite(slope)) {
      const iteration = new Lanczos(hessian, { start: gradient, seed: 0 })
      while (iteration.steps < Math.min(STEPS, objective.size) && !iteration.exhausted) await iteration.step()
      const { values, vectors } = iteration.ritz()
      curvatures = [...values]
      shares = vectors.map((vector) => vector[0]! ** 2)
    }
    return {
      ...{
        loss,
        slope,
        curvatures,
        shares,
        size: length(await objective.values()),
        parameters: objective.size,
      },
      largest: Math.max(ends.largest[0]!, ...curvatures),
      smallest: Math.min(ends.smallest, ...curvatures),
    }
  })
}

function length(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2
  return Math.sqrt(sum)
}

import { optim, tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"

/** Sizes of the steps in units of the rate, from the first step on. */
export interface View {
  readonly corrected: readonly number[]
  readonly uncorrected: readonly number[]
}

/** Sizes of Adam's steps under a constant gradient. */
function stepSizes({ rate, beta1, beta2, gradient, steps }: Values, biasCorrection: boolean): number[] {
  const parameter = tensor([0], { dtype: "float64", requiresGrad: true })
  const optimizer = optim.adam([parameter], { lr: rate, betas: [beta1, beta2], eps: 0, biasCorrection })
  const sizes: number[] = []
  let before = 0
  for (let step = 0; step < steps; step++) {
    parameter.grad = tensor([gradient], { dtype: "float64" })
    optimizer.step()
    const after = Number(parameter.dataSync()[0])
    sizes.push(Math.abs(after - before) / rate)
    before = after
  }
  return sizes
}

export async function* run(values: Values, _session: Session): AsyncGenerator<View> {
  // Broken on purpose, both are uncorrected.
  const corrected = stepSizes(values, !values.broken)
  yield { corrected, uncorrected: stepSizes(values, false) }
}

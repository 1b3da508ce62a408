import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { clamp, noGrad, update } from "../../tensor/index.ts"
import type { Penalised, PenaltyOptions } from "./penalties.ts"
import { chosen } from "./penalties.ts"

/**
 * Scales each row of the weights down to a norm of at most `maxNorm`: a row holds the weights of one unit, with all
 * dimensions from the second on. To be called after the optimizer's step, inside a compiled step too.
 *
 * w ← w·min(1, maxNorm/‖w‖₂)
 *
 * Paper: Srivastava et al. 2014, Dropout, JMLR 15.
 *
 * @throws NABLA_INVALID_ARGUMENT when there is nothing to constrain, or maxNorm is not positive
 *
 * @example
 * optimizer.step()
 * nn.maxNorm_(model, 3)
 */
export function maxNorm_(of: Penalised, maxNorm: number, options: PenaltyOptions = {}): void {
  const weights = chosen("maxNorm_", of, options)
  if (!(maxNorm > 0)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a largest norm is positive",
      where: "maxNorm_",
      expected: "a number > 0",
      got: String(maxNorm),
    })
  }
  noGrad(() => update(weights.map((target) => ({ target, value: constrained(target, maxNorm) }))))
}

function constrained(weight: Tensor, maxNorm: number): Tensor {
  const dims = weight.shape.map((_, dim) => dim).slice(1)
  const squares = weight.mul(weight)
  const norms = (dims.length === 0 ? squares : squares.sum(dims, { keepdim: true })).sqrt()
  // A norm of 0 gives an infinite factor, which the bound cuts.
  return weight.mul(clamp(norms.reciprocal().mul(maxNorm), { max: 1 }))
}

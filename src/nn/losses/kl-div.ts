import type { Tensor } from "../../tensor/index.ts"
import { composed, div, exp, mul, sub, xlogy } from "../../tensor/index.ts"
import { checkSameShape } from "./check.ts"
import type { Reduction } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface KlDivOptions {
  /** "batchmean" (the sum, over the size of the first dimension) is the divergence itself; "mean" divides by all
   * elements, which is PyTorch's default and so the default here. */
  readonly reduction?: Reduction | "batchmean"
  /** Whether the target is log-probabilities as well. Default: false. */
  readonly logTarget?: boolean
}

/**
 * Kullback–Leibler divergence of log-probabilities from a target distribution.
 *
 * ℓᵢ = yᵢ·(ln yᵢ − inputᵢ), which is 0 where y is 0; with logTarget: e^yᵢ·(yᵢ − inputᵢ)
 *
 * Shapes: input and target of one shape → [], or that shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example
 * nn.klDiv(tensor([[0.5, 0.5]]).log(), tensor([[1, 0]]), { reduction: "batchmean" }).itemSync() // ln 2
 */
export const klDiv = composed(
  "klDiv",
  (input: Tensor, target: Tensor, { reduction, logTarget = false }: KlDivOptions = {}): Tensor => {
    checkSameShape("klDiv", input, target)
    const losses = logTarget
      ? mul(exp(target), sub(target, input))
      : sub(xlogy(target, target), mul(target, input))
    if (reduction === "batchmean") return div(losses.sum(), input.shape[0] ?? 1)
    return reduce("klDiv", losses, reduction)
  },
)

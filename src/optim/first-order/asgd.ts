import type { Tensor } from "../../tensor/index.ts"
import { add, mul, sub } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { nonNegative } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain, perParameter, zeroState } from "../transform.ts"
import { addDecayedWeights } from "../transforms/basic.ts"

export interface ASGDOptions extends BaseOptions {
  /** Λ ≥ 0, a decay of the weights and of the rate. Default: 1e-4. */
  lambd?: number
  /** α ≥ 0, the power of the rate's decay. Default: 0.75. */
  alpha?: number
  /** Step from which on the average is one. Default: 1e6. */
  t0?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
}

/**
 * Averaged stochastic gradient descent (Polyak & Juditsky, SIAM Journal on Control and Optimization 30, 1992).
 *
 *     g = ∇L(θ) + λ·θ                          λ: weightDecay; −∇L(θ) with maximize
 *     ηₜ = η/(1 + Λ·η·(t − 1))^α               η: lr, Λ: lambd, α: alpha
 *     θ = (1 − Λ·ηₜ)·θ − ηₜ·g
 *     a = a + (θ − a)/max(1, t − 1 − t₀)       t₀: t0; a = θ until then
 *
 * The average a is `ax` in the state of `stateDict()`. Departs from the paper as PyTorch does; the rate is that of Bottou
 * (2012).
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.ASGD(model.parameters(), { lr: 0.05, t0: 1000 })
 */
export class ASGD extends ChainedOptimizer<ASGDOptions> {
  constructor(params: Params<ASGDOptions>, options: ASGDOptions = {}) {
    super(params, options, {
      defaults: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false },
      rules: { lambd: nonNegative, alpha: nonNegative, t0: nonNegative, weightDecay: nonNegative },
    })
  }

  override transform(group: ParameterGroup<ASGDOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      averaged(group),
    )
  }
}

/** The rule above, with the learning rate and the sign in it. */
function averaged(options: Required<Omit<ASGDOptions, "lr" | "maximize">>): GradientTransform {
  return perParameter<"ax", Record<"rate" | "shrink" | "share", Tensor>>({
    state: ["ax"],
    init: zeroState("ax"),
    numbers({ scalar, lr }, step) {
      const rate = (): number => lr() / (1 + options.lambd * lr() * (step() - 1)) ** options.alpha
      return {
        rate: scalar(() => -rate()),
        shrink: scalar(() => -options.lambd * rate()),
        share: scalar(() => 1 / Math.max(1, step() - 1 - options.t0)),
      }
    },
    update(g, { ax }, { rate, shrink, share }, param) {
      const move = add(mul(g, rate), mul(param, shrink))
      return [move, { ax: add(ax, mul(sub(add(param, move), ax), share)) }]
    },
  })
}

export function asgd(params: Params<ASGDOptions>, options: ASGDOptions = {}): ASGD {
  return new ASGD(params, options)
}

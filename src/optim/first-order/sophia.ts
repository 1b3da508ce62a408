import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  clamp,
  div,
  enableGrad,
  Generator,
  gradientsOf,
  gt,
  isCapturing,
  maximum,
  mul,
  neg,
  rand,
  sum,
  where,
} from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { count, decay, nonNegative, pair, positive, predicate } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, zeroState } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"

export interface SophiaOptions extends BaseOptions {
  /** β₁ and β₂, both in [0, 1). Default: [0.96, 0.99]. */
  betas?: readonly [number, number]
  /** γ > 0, how much of the curvature counts. Default: 0.01. */
  gamma?: number
  /** ε > 0, the least curvature that counts. Default: 1e-12. */
  eps?: number
  /** k ≥ 1, steps between two estimates of the curvature. Default: 10. */
  updateEvery?: number
  /** λ ≥ 0, decoupled from the gradient. Default: 0.1. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
}

/**
 * Sophia-H: momentum divided by an estimate of the Hessian's diagonal, clipped (Liu et al., arXiv:2305.14342v4,
 * algorithms 1 and 3).
 *
 *     g = ∇L(θ)                                        −∇L(θ) with maximize
 *     m = β₁·m + (1 − β₁)·g                            β₁, β₂: betas
 *     h = β₂·h + (1 − β₂)·(z ⊙ H·z)                    in the first step and every k steps; z = ±1 (Hutchinson)
 *     θ = θ − η·(clip(m/max(γ·h, ε), −1, 1) + λ·θ)     η: lr, γ: gamma, ε: eps, k: updateEvery, λ: weightDecay
 *
 * The closure computes the loss, calls backward and returns it; the product H·z is one more backward pass through it.
 * As in the paper, with random signs where it draws normal numbers: the variance is smaller and a diagonal Hessian comes
 * out exactly. Under `compile` every step computes an estimate, and every k-th one is taken.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, a parameter twice, or a step without closure
 *
 * @example
 * const optimizer = optim.sophia(model.parameters(), { lr: 1e-3 })
 * optimizer.step(() => {
 *   optimizer.zeroGrad()
 *   const loss = nn.crossEntropy(model.forward(x), y)
 *   loss.backward()
 *   return loss
 * })
 */
export class Sophia extends ChainedOptimizer<SophiaOptions> {
  private readonly generator = new Generator(0)
  /** z ⊙ H·z of the step at hand, for each parameter; none when it is no step for an estimate. */
  private estimates = new Map<Tensor, Tensor>()

  constructor(params: Params<SophiaOptions>, options: SophiaOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-4,
        betas: [0.96, 0.99],
        gamma: 0.01,
        eps: 1e-12,
        updateEvery: 10,
        weightDecay: 0.1,
        decayMask: null,
        maximize: false,
      },
      rules: {
        betas: pair(decay),
        gamma: positive,
        eps: positive,
        updateEvery: count,
        weightDecay: nonNegative,
        decayMask: predicate,
      },
    })
  }

  override readonly structural = ["updateEvery"]

  override get needsClosure(): boolean {
    return true
  }

  override step(): never
  override step(closure: () => Tensor): Tensor
  override step(closure?: () => Tensor): Tensor {
    const loss = this.evaluate(closure)
    const moved = this.parameters.filter(({ grad }) => grad !== null)
    const due = (group: ParameterGroup<SophiaOptions>): boolean => this.steps % group.updateEvery === 0
    const wanted = isCapturing() || this.paramGroups.some(due)
    this.estimates = wanted ? this.hutchinson(loss, moved) : new Map()
    super.step()
    this.estimates = new Map()
    return loss
  }

  private hutchinson(loss: Tensor, params: readonly Tensor[]): Map<Tensor, Tensor> {
    const signs = params.map(({ shape, dtype }) => {
      const uniform = rand(shape, { dtype, generator: this.generator })
      return where(gt(uniform, 0.5), 1, -1).to(dtype)
    })
    return enableGrad(() => {
      const slopes = gradientsOf(loss, params)
      if (slopes.length === 0) return new Map()
      const along = slopes.map((g, i) => sum(mul(g, signs[i]!))).reduce((all, part) => add(all, part))
      const products = gradientsOf(along, params)
      return new Map(params.map((param, i) => [param, mul(signs[i]!, products[i]!)]))
    })
  }

  override transform(group: ParameterGroup<SophiaOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    const estimateOf = (param: Tensor): Tensor | null => this.estimates.get(param) ?? null
    const due = (): boolean => this.steps % group.updateEvery === 0
    return chain(curvatureStep(group, estimateOf, due), decayed, scaleByLearningRate())
  }
}

interface SophiaNumbers {
  readonly first: Decay
  readonly second: Decay
  readonly gamma: Tensor
  readonly eps: Tensor
}

function curvatureStep(
  options: Required<Pick<SophiaOptions, "betas" | "gamma" | "eps">> & { readonly maximize: boolean },
  estimateOf: (param: Tensor) => Tensor | null,
  due: () => boolean,
): GradientTransform {
  return perParameter<"expAvg" | "hessian", SophiaNumbers>({
    state: ["expAvg", "hessian"],
    init: zeroState("expAvg", "hessian"),
    numbers: (context) => ({
      first: decayOf(context, () => options.betas[0]),
      // In a step without estimate all of the average stays.
      second: decayOf(context, () => (due() ? options.betas[1] : 1)),
      gamma: context.scalar(() => options.gamma),
      eps: context.scalar(() => options.eps),
    }),
    update(g, state, { first, second, gamma, eps }, param) {
      const expAvg = average(state.expAvg, g, first)
      const estimate = estimateOf(param)
      const signed = estimate !== null && options.maximize ? neg(estimate) : estimate
      const hessian = signed === null ? state.hessian : average(state.hessian, signed, second)
      const step = div(expAvg, maximum(mul(hessian, gamma), eps))
      return [clamp(step, { min: -1, max: 1 }), { expAvg, hessian }]
    },
  })
}

export function sophia(params: Params<SophiaOptions>, options: SophiaOptions = {}): Sophia {
  return new Sophia(params, options)
}

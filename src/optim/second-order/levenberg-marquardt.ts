import type { Tensor } from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, count, positive } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import type { Vector } from "./flat.ts"
import { dot, plus, times } from "./flat.ts"
import type { Linearised } from "./residuals.ts"
import { halfSquares, linearise } from "./residuals.ts"

export interface LevenbergMarquardtOptions extends BaseOptions {
  /** μ > 0 of the first step, in proportion to the largest curvature. Default: 1e-3. */
  damping?: number
  /** D: lengths of J's columns (Marquardt), or 1 (Levenberg). Default: "columns". */
  scaling?: "columns" | "identity"
  /** Dampings that a step tries at most. Default: 20. */
  maxTries?: number
}

/**
 * The Levenberg–Marquardt method for least squares (Levenberg 1944; Marquardt 1963; the damping by Nielsen, technical
 * report IMM-REP-1999-05, 1999).
 *
 *     L(θ) = ½·|r(θ)|², J = ∂r/∂θ
 *     d = −(JᵀJ + μ·D²)⁻¹·Jᵀ·r                         D: scaling, μ starts as damping·(largest curvature)
 *     ρ = (L(θ) − L(θ + d)) / (what the linear model says)
 *     ρ > 0: θ = θ + d, μ = μ·max(1/3, 1 − (2ρ − 1)³), ν = 2
 *     otherwise: μ = μ·ν, ν = 2·ν, and d anew
 *
 * The loss never rises: a step that finds nothing better within maxTries leaves the parameters alone. The closure
 * returns the residuals r, of any shape; calling backward is not needed. The step returns L before. `lr` plays no part.
 * One group of parameters. As in the report.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a step without closure or residuals
 *
 * @example
 * const optimizer = optim.levenbergMarquardt([a, b])
 * optimizer.step(() => a.mul(b.mul(x).exp()).sub(y))
 */
export class LevenbergMarquardt extends ClosureOptimizer<LevenbergMarquardtOptions> {
  /** μ, or 0 before the first step. */
  private mu = 0
  private nu = 2

  constructor(params: Params<LevenbergMarquardtOptions>, options: LevenbergMarquardtOptions = {}) {
    super(params, options, {
      defaults: { lr: 1, damping: 1e-3, scaling: "columns", maxTries: 20, maximize: false },
      rules: { damping: positive, scaling: choice("columns", "identity"), maxTries: count },
    })
  }

  protected override checkOptions({ maximize }: Required<LevenbergMarquardtOptions>): void {
    if (maximize) throw this.invalid("a sum of squares has no maximum", "maximize false", "true")
  }

  /** μ of the next step. */
  get damping(): number {
    return this.mu
  }

  protected override advance(
    closure: () => Tensor,
    group: ParameterGroup<LevenbergMarquardtOptions>,
  ): Tensor {
    const { flat } = this
    const model = linearise(flat, closure(), group.scaling === "columns", "LevenbergMarquardt.step")
    if (this.mu === 0) this.mu = group.damping * model.largestCurvature
    const from = flat.values()
    for (let i = 0; i < group.maxTries && this.mu > 0; i++) {
      const d = model.step(this.mu)
      const expected = this.expectedGain(model, d)
      if (!(expected > 0)) break
      flat.assign(plus(from, d))
      const gain = (model.value - halfSquares(closure()).itemSync()) / expected
      if (gain > 0) {
        this.mu *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3)
        this.nu = 2
        return model.loss
      }
      this.mu *= this.nu
      this.nu *= 2
    }
    flat.assign(from)
    return model.loss
  }

  /** L(θ) less the damped linear model's loss at θ + d: ½·dᵀ(μ·D²·d − Jᵀr). */
  private expectedGain({ gradient, scales }: Linearised, d: Vector): number {
    const pull = d.map((x, i) => this.mu * scales[i]! ** 2 * x)
    return 0.5 * dot(d, plus(pull, times(gradient, -1)))
  }

  protected override memory(): Memory {
    return { mu: this.mu, nu: this.nu }
  }

  protected override recall({ mu = 0, nu = 2 }: Memory): void {
    this.mu = Number(mu)
    this.nu = Number(nu)
  }
}

export function levenbergMarquardt(
  params: Params<LevenbergMarquardtOptions>,
  options: LevenbergMarquardtOptions = {},
): LevenbergMarquardt {
  return new LevenbergMarquardt(params, options)
}

import type { Tensor } from "../../tensor/index.ts"
import { gradientsOf, linalg, neg, realize } from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, flag, nonNegative } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import type { Vector } from "./flat.ts"
import { largest, onHost, plus, solveEigen, times } from "./flat.ts"
import type { LineSearch } from "./line-search.ts"
import { objectiveOf, stepLength } from "./line-search.ts"
import { flattened, jacobianOf } from "./matrices.ts"

export interface NewtonOptions extends BaseOptions {
  /** δ ≥ 0, added to every eigenvalue of the Hessian. Default: 0. */
  damping?: number
  /** How far to go, starting from lr. Default: null, exactly lr. */
  lineSearch?: LineSearch
  /** Whether eigenvalues count by their absolute value, so that saddles repel (Dauphin et al. 2014). Default: false. */
  absolute?: boolean
}

/**
 * Newton's method (Nocedal & Wright, Numerical Optimization, chapter 3).
 *
 *     d = −(H + δ·I)⁻¹·∇L(θ)             H = ∇²L(θ), δ: damping; with absolute |H| (arXiv:1406.2572v1)
 *     θ = θ + t·d                        t: lr, or what the line search finds from lr
 *
 * With a line search, eigenvalues are first lifted above 0 by one number, so that d descends. Without, nothing is
 * changed, and the method goes to any point without slope, saddles and maxima too. The closure returns the loss; calling
 * backward is not needed. n parameters cost n² memory and n³ time: for small problems. One group of parameters.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, a step without closure, or a Hessian that
 *   cannot be inverted
 *
 * @example
 * const optimizer = optim.newton([theta], { lineSearch: "armijo" })
 * optimizer.step(() => theta.pow(4).sum())
 */
export class Newton extends ClosureOptimizer<NewtonOptions> {
  constructor(params: Params<NewtonOptions>, options: NewtonOptions = {}) {
    super(params, options, {
      defaults: { lr: 1, damping: 0, lineSearch: null, absolute: false, maximize: false },
      rules: { damping: nonNegative, lineSearch: choice("armijo", "strongWolfe", null), absolute: flag },
    })
  }

  protected override advance(closure: () => Tensor, group: ParameterGroup<NewtonOptions>): Tensor {
    const { flat } = this
    const loss = closure()
    const toMinimize = group.maximize ? neg(loss) : loss
    const slope = flattened(gradientsOf(toMinimize, flat.params))
    const [values, vectors] = linalg.eigh(jacobianOf(slope, flat.params))
    realize([loss, toMinimize, slope, values, vectors])
    const gradient = onHost(slope)
    const curvatures = this.curvatures(onHost(values), group)
    const direction = solveEigen(curvatures, onHost(vectors), times(gradient, -1))
    const line = { from: flat.values(), direction, loss: toMinimize.itemSync(), gradient }
    const objective = objectiveOf(flat, closure, group.maximize)
    const t = stepLength(group.lineSearch, line, this.rate(group), objective)
    flat.assign(plus(line.from, direction, t))
    return loss
  }

  /** The eigenvalues that the step divides by. */
  private curvatures(values: Vector, group: ParameterGroup<NewtonOptions>): Vector {
    const { damping, absolute, lineSearch } = group
    const damped = values.map((value) => (absolute ? Math.abs(value) : value) + damping)
    const least = damped.reduce((a, b) => Math.min(a, b), Infinity)
    const margin = 1e-6 * largest(values)
    if (lineSearch !== null && least < margin) return damped.map((value) => value - least + margin)
    if (damped.every((value) => value !== 0)) return damped
    throw this.invalid(
      "the Hessian cannot be inverted: there are directions without curvature",
      "damping > 0, or a line search",
      `damping ${damping} and no line search`,
    )
  }

  /** Nothing is kept from step to step. */
  protected override memory(): Memory {
    return {}
  }

  protected override recall(): void {}
}

export function newton(params: Params<NewtonOptions>, options: NewtonOptions = {}): Newton {
  return new Newton(params, options)
}

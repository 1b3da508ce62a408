import type { Tensor } from "../../tensor/index.ts"
import { gradientsOf, neg } from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, count, decay, flag, nonNegative, orNull, positive } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import type { Vector } from "./flat.ts"
import { dot, plus, times } from "./flat.ts"
import type { LineSearch } from "./line-search.ts"
import { objectiveOf, stepLength } from "./line-search.ts"
import { hessianProduct } from "./matrices.ts"

export interface HessianFreeOptions extends BaseOptions {
  /** λ ≥ 0 of the first step; it follows how good the quadratic model is. Default: 1. */
  damping?: number
  /** Whether λ follows the model (Levenberg–Marquardt's rule of thumb). Default: true. */
  adaptDamping?: boolean
  /** Most products with the Hessian in a step. Default: 50. */
  cgIterations?: number
  /** Residual, relative to the gradient, that ends the inner iteration. Default: null, min(½, √|∇L|). */
  cgTolerance?: number | null
  /** Part of the last solution that the next one starts from, in [0, 1). Default: 0.95. */
  cgDecay?: number
  /** How far to go, starting from lr. Default: "armijo". */
  lineSearch?: LineSearch
}

/**
 * Hessian-free optimization: Newton's direction by conjugate gradients, from products with the Hessian alone (Martens,
 * Proceedings of ICML 2010; Nocedal & Wright, algorithm 7.1).
 *
 *     (H + λ·I)·d ≈ −∇L(θ)                     λ: damping; H·v = ∇⟨∇L, v⟩, one more backward pass each
 *     θ = θ + t·d                              t: by the line search from lr
 *     ρ = (L(θ + t·d) − L(θ))/(model's change): λ = λ·3/2 for ρ < 1/4, λ·2/3 for ρ > 3/4
 *
 * A direction of no or negative curvature ends the inner iteration at the last d (in the first one, at −∇L). The closure
 * returns the loss of the same data at each call; calling backward is not needed. Departs from the paper: H is the
 * Hessian and not the Gauss–Newton matrix, and there is no preconditioner. One group of parameters.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a step without closure
 *
 * @example
 * const optimizer = optim.hessianFree(model.parameters())
 * optimizer.step(() => nn.crossEntropy(model.forward(x), y))
 */
export class HessianFree extends ClosureOptimizer<HessianFreeOptions> {
  /** λ, or null before the first step. */
  private lambda: number | null = null
  private last: Vector | null = null

  constructor(params: Params<HessianFreeOptions>, options: HessianFreeOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1,
        damping: 1,
        adaptDamping: true,
        cgIterations: 50,
        cgTolerance: null,
        cgDecay: 0.95,
        lineSearch: "armijo",
        maximize: false,
      },
      rules: {
        damping: nonNegative,
        adaptDamping: flag,
        cgIterations: count,
        cgTolerance: orNull(positive),
        cgDecay: decay,
        lineSearch: choice("armijo", "strongWolfe", null),
      },
    })
  }

  /** λ of the next step. */
  get damping(): number {
    return this.lambda ?? this.paramGroups[0]!.damping
  }

  protected override advance(closure: () => Tensor, group: ParameterGroup<HessianFreeOptions>): Tensor {
    const { flat } = this
    const loss = closure()
    const toMinimize = group.maximize ? neg(loss) : loss
    const slopes = gradientsOf(toMinimize, flat.params)
    const gradient = flat.gather(slopes)
    const from = flat.values()
    const value = toMinimize.itemSync()
    const product = (v: Vector): Vector =>
      plus(flat.gather(hessianProduct(slopes, flat.params, flat.split(v))), v, this.damping)
    const start = this.last === null ? null : times(this.last, group.cgDecay)
    const direction = conjugateGradients(product, times(gradient, -1), start, {
      iterations: group.cgIterations,
      tolerance: group.cgTolerance,
    })
    const line = { from, direction, loss: value, gradient }
    const objective = objectiveOf(flat, closure, group.maximize)
    const curved = dot(direction, product(direction))
    const t = stepLength(group.lineSearch, line, this.rate(group), objective)
    const model = t * dot(gradient, direction) + 0.5 * t * t * curved
    const change = objective.loss(plus(from, direction, t)) - value
    if (group.adaptDamping) this.adapt(t === 0 ? -1 : change / model)
    this.last = t === 0 ? null : direction
    return loss
  }

  private adapt(agreement: number): void {
    if (!(agreement >= 0.25)) this.lambda = this.damping * 1.5
    else this.lambda = agreement > 0.75 ? this.damping * (2 / 3) : this.damping
  }

  protected override memory(): Memory {
    return { lambda: this.damping, ...(this.last === null ? {} : { last: this.last }) }
  }

  protected override recall({ lambda, last }: Memory): void {
    this.lambda = lambda === undefined ? null : Number(lambda)
    this.last = (last as Vector | undefined) ?? null
  }
}

/** Solves A·x = b roughly, for a symmetric A that is known by its products; a better start than 0 is used. */
function conjugateGradients(
  product: (v: Vector) => Vector,
  b: Vector,
  start: Vector | null,
  { iterations, tolerance }: { readonly iterations: number; readonly tolerance: number | null },
): Vector {
  const size = Math.sqrt(dot(b, b))
  const enough = (tolerance ?? Math.min(0.5, Math.sqrt(size))) * size
  let x: Vector = new Float64Array(b.length)
  let r = b
  let moved = false
  if (start !== null) {
    const image = product(start)
    // ½·xᵀAx − bᵀx is below its value at 0.
    if (0.5 * dot(start, image) < dot(b, start)) {
      x = start
      moved = true
      r = plus(b, image, -1)
    }
  }
  let p = r
  let square = dot(r, r)
  for (let i = 0; i < iterations && Math.sqrt(square) > enough; i++) {
    const image = product(p)
    const curvature = dot(p, image)
    if (!(curvature > 0)) return moved ? x : b
    const alpha = square / curvature
    x = plus(x, p, alpha)
    moved = true
    r = plus(r, image, -alpha)
    const next = dot(r, r)
    p = plus(r, p, next / square)
    square = next
  }
  return x
}

export function hessianFree(
  params: Params<HessianFreeOptions>,
  options: HessianFreeOptions = {},
): HessianFree {
  return new HessianFree(params, options)
}

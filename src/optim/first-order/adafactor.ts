import type { Tensor } from "../../tensor/index.ts"
import { add, clamp, div, maximum, mean, mul, neg, sqrt, zeros } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { finite, nonNegative, positive, predicate } from "../rules.ts"
import type { Decay, GradientTransform } from "../transform.ts"
import { average, chain, decayOf, perParameter, stateless } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { identity } from "../transforms/basic.ts"

export interface AdafactorScaleOptions {
  /** c: the averages of the t-th step take 1/t^−c of the new. Default: -0.8. */
  readonly beta2Decay?: number
  /** ε₁, the least root of v; 0 means the type's spacing at 1. Default: 0. */
  readonly eps1?: number
  /** ε₂, the least size of a parameter that counts. Default: 1e-3. */
  readonly eps2?: number
  /** Largest root mean square of an update before it is scaled. Default: 1. */
  readonly d?: number
}

interface AdafactorNumbers {
  readonly second: Decay
  readonly eps2: Tensor
  readonly limit: Tensor
  readonly rate: Tensor
}

/** The spacing of floating-point numbers at 1. */
const spacing = { float32: 2 ** -23, float64: 2 ** -52 } as const

/** Adafactor's update, with the learning rate and the sign in it: it ends a chain. See Adafactor. */
export function scaleByAdafactor(options: AdafactorScaleOptions = {}): GradientTransform {
  const leastOf = ({ dtype }: Tensor): number =>
    options.eps1 || (dtype === "float64" ? spacing.float64 : spacing.float32)
  return perParameter<string, AdafactorNumbers>({
    state: ["rowVar", "colVar", "variance"],
    init: startOf,
    numbers: (context, step) => ({
      second: decayOf(context, () => 1 - step() ** (options.beta2Decay ?? -0.8)),
      eps2: context.scalar(() => options.eps2 ?? 1e-3),
      limit: context.scalar(() => options.d ?? 1),
      rate: context.scalar(() => Math.min(context.lr(), 1 / Math.sqrt(step()))),
    }),
    update(g, state, { second, eps2, limit, rate }, param) {
      const least = leastOf(param)
      const [estimate, next] = secondMoment(g, state, second, least)
      const direction = div(g, sqrt(clamp(estimate, { min: least * least })))
      const size = mul(maximum(rootMeanSquare(param), eps2), rate)
      const tooLarge = clamp(div(rootMeanSquare(direction), limit), { min: 1 })
      return [neg(mul(direction, div(size, tooLarge))), next]
    },
  })
}

function startOf(param: Tensor): Record<string, Tensor> {
  const { shape, dtype } = param
  const zero = (dims: readonly number[]): Tensor => zeros(dims, { dtype }).realize()
  if (shape.length < 2) return { variance: zero(shape) }
  const [front, rows, columns] = [shape.slice(0, -2), shape.at(-2)!, shape.at(-1)!]
  return { rowVar: zero([...front, rows, 1]), colVar: zero([...front, 1, columns]) }
}

/** The average of g², of a matrix as a product of its rows' and columns' means. */
function secondMoment(
  g: Tensor,
  state: Readonly<Record<string, Tensor>>,
  decay: Decay,
  least: number,
): [estimate: Tensor, next: Record<string, Tensor>] {
  const square = mul(g, g)
  if (g.ndim < 2) {
    const variance = average(state.variance!, square, decay)
    return [variance, { variance }]
  }
  const rowVar = average(state.rowVar!, mean(square, -1, { keepdim: true }), decay)
  const colVar = average(state.colVar!, mean(square, -2, { keepdim: true }), decay)
  const total = clamp(mean(rowVar, -2, { keepdim: true }), { min: least })
  return [div(mul(rowVar, colVar), total), { rowVar, colVar }]
}

function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(mean(mul(x, x)))
}

export interface AdafactorOptions extends BaseOptions {
  /** c, below 0. Default: -0.8. */
  beta2Decay?: number
  /** ε₁ ≥ 0; 0 means the type's spacing at 1. Default: 0. */
  eps1?: number
  /** ε₂ ≥ 0. Default: 1e-3. */
  eps2?: number
  /** Largest root mean square of an update before it is scaled. Default: 1. */
  d?: number
  /** λ ≥ 0, decoupled from the gradient. Default: 0. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
}

/**
 * Adafactor: Adam's second moment in the memory of its rows and columns (Shazeer & Stern, arXiv:1804.04235v1,
 * algorithm 5).
 *
 *     β = 1 − t^c                                      c: beta2Decay
 *     R = β·R + (1 − β)·(row means of g²)              for each matrix of the last two dimensions; vectors keep v itself
 *     C = β·C + (1 − β)·(column means of g²)
 *     v = R·C/max(mean of R, ε₁)                       ε₁: eps1
 *     u = g/√max(v, ε₁²)
 *     α = max(ε₂, rms θ)·min(η, 1/√t)                  ε₂: eps2, η: lr
 *     θ = θ − α·u/max(1, rms u/d) − η·λ·θ              λ: weightDecay
 *
 * Departs from the paper as PyTorch's Adafactor does: ε₁ bounds v instead of being added to g², η bounds the relative
 * step, the decay is decoupled. PyTorch's pair `eps` is `eps1` and `eps2` here.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Adafactor(model.parameters(), { lr: 1e-2 })
 */
export class Adafactor extends ChainedOptimizer<AdafactorOptions> {
  constructor(params: Params<AdafactorOptions>, options: AdafactorOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-2,
        beta2Decay: -0.8,
        eps1: 0,
        eps2: 1e-3,
        d: 1,
        weightDecay: 0,
        decayMask: null,
        maximize: false,
      },
      rules: {
        beta2Decay: finite,
        eps1: nonNegative,
        eps2: nonNegative,
        d: positive,
        weightDecay: nonNegative,
        decayMask: predicate,
      },
    })
  }

  override readonly structural = ["eps1"]

  protected override checkOptions({ beta2Decay }: Required<AdafactorOptions>): void {
    if (beta2Decay < 0) return
    throw this.invalid("the option beta2Decay cannot be this", "a number < 0", String(beta2Decay))
  }

  override transform(group: ParameterGroup<AdafactorOptions>): GradientTransform {
    return chain(
      scaleByAdafactor(group),
      addScaledDecay(() => group.weightDecay, group.decayMask),
    )
  }
}

/** u = g − lr·rate·θ: decoupled weight decay behind a learning rate. */
function addScaledDecay(rate: () => number, mask: Mask): GradientTransform {
  if (rate() === 0) return identity()
  return stateless((updates, params, { scalar, lr }) => {
    const factor = scalar(() => -lr() * rate())
    return updates.map((g, i) => (mask === null || mask(params[i]!) ? add(g, mul(params[i]!, factor)) : g))
  })
}

export function adafactor(params: Params<AdafactorOptions>, options: AdafactorOptions = {}): Adafactor {
  return new Adafactor(params, options)
}

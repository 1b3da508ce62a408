import type { Tensor } from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, count, nonNegative, orNull } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import type { Vector } from "./flat.ts"
import { dot, largest, plus, times } from "./flat.ts"
import type { LinePoint } from "./strong-wolfe.ts"
import { strongWolfe } from "./strong-wolfe.ts"

export interface LBFGSOptions extends BaseOptions {
  /** Iterations of a step ≥ 1. Default: 20. */
  maxIter?: number
  /** Evaluations of a step ≥ 1. Default: null, 1.25·maxIter. */
  maxEval?: number | null
  /** Largest entry of the gradient that counts as 0. Default: 1e-7. */
  toleranceGrad?: number
  /** Change of a parameter, or of the loss, that counts as none. Default: 1e-9. */
  toleranceChange?: number
  /** Pairs that are remembered ≥ 1. Default: 100. */
  historySize?: number
  /** How long a step is: null for lr. PyTorch's spelling "strong_wolfe" is the same. Default: null. */
  lineSearchFn?: "strongWolfe" | "strong_wolfe" | null
}

interface Evaluation {
  readonly loss: number
  readonly gradient: Vector
}

/** What is remembered between iterations. */
interface History {
  iterations: number
  evaluations: number
  direction: Vector
  t: number
  /** Changes of the gradient, and of the parameters, the oldest first. */
  readonly changes: Vector[]
  readonly moves: Vector[]
  /** γ, the size of the inverse Hessian before the pairs are taken in. */
  scale: number
  gradient: Vector | null
}

/**
 * L-BFGS: steps of an inverse Hessian that is known from the last changes of the gradient (Liu & Nocedal, Mathematical
 * Programming 45, 1989; Nocedal & Wright, algorithms 7.4 and 7.5).
 *
 *     y = ∇L(θ′) − ∇L(θ), s = θ′ − θ           of the last historySize iterations with yᵀs > 1e-10
 *     d = −H·∇L(θ)                             H from γ·I, γ = sᵀy/yᵀy, by the two loops over the pairs
 *     θ = θ + t·d                              t: lr, or by the line search from lr
 *
 * A step makes up to maxIter iterations. The closure clears the gradients, computes the loss, calls backward and returns
 * the loss; it is called several times. One group of parameters. As PyTorch's LBFGS, evaluation by evaluation; the
 * vectors are kept on the host in double precision, and a rise of the loss within its rounding counts as none in the line
 * search (as in Hager & Zhang, SIAM Journal on Optimization 16, 2005), which otherwise finds no step near a minimum.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, more than one group, or a step without closure
 *
 * @example
 * const optimizer = optim.lbfgs(model.parameters(), { lineSearchFn: "strongWolfe" })
 * optimizer.step(() => {
 *   optimizer.zeroGrad()
 *   const loss = nn.mse(model.forward(x), y)
 *   loss.backward()
 *   return loss
 * })
 */
export class LBFGS extends ClosureOptimizer<LBFGSOptions> {
  private history: History = emptyHistory()

  constructor(params: Params<LBFGSOptions>, options: LBFGSOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1,
        maxIter: 20,
        maxEval: null,
        toleranceGrad: 1e-7,
        toleranceChange: 1e-9,
        historySize: 100,
        lineSearchFn: null,
        maximize: false,
      },
      rules: {
        maxIter: count,
        maxEval: orNull(count),
        toleranceGrad: nonNegative,
        toleranceChange: nonNegative,
        historySize: count,
        lineSearchFn: choice("strongWolfe", "strong_wolfe", null),
      },
    })
  }

  protected override advance(closure: () => Tensor, group: ParameterGroup<LBFGSOptions>): Tensor {
    const { flat, history } = this
    const sign = group.maximize ? -1 : 1
    let first: Tensor | null = null
    let evaluations = 0
    const evaluate = (): Evaluation => {
      const loss = closure()
      first ??= loss
      evaluations++
      history.evaluations++
      const gradient = times(flat.gather(flat.params.map(({ grad }) => grad)), sign)
      return { loss: sign * loss.itemSync(), gradient }
    }
    let now = evaluate()
    const { maxIter, toleranceGrad, toleranceChange } = group
    const maxEval = group.maxEval ?? Math.floor((maxIter * 5) / 4)
    const optimal = (): boolean => largest(now.gradient) <= toleranceGrad
    for (let i = 1; i <= maxIter && !(i === 1 && optimal()); i++) {
      const before = now
      const direction = this.nextDirection(now.gradient, group.historySize)
      const slope = dot(now.gradient, direction)
      if (slope > -toleranceChange) break
      now = this.move(now, slope, group, i === maxIter ? null : evaluate, evaluate)
      if (evaluations >= maxEval || optimal()) break
      if (largest(direction) * Math.abs(history.t) <= toleranceChange) break
      if (Math.abs(now.loss - before.loss) < toleranceChange) break
    }
    return first!
  }

  /** Takes the last change in and gives the direction of the next one. */
  private nextDirection(gradient: Vector, historySize: number): Vector {
    const { history } = this
    if (history.gradient === null) history.direction = times(gradient, -1)
    else {
      const change = plus(gradient, history.gradient, -1)
      const move = times(history.direction, history.t)
      const curvature = dot(change, move)
      if (curvature > 1e-10) {
        history.changes.push(change)
        history.moves.push(move)
        history.scale = curvature / dot(change, change)
      }
      while (history.changes.length > historySize) {
        history.changes.shift()
        history.moves.shift()
      }
      history.direction = twoLoops(gradient, history)
    }
    history.gradient = gradient
    history.iterations++
    return history.direction
  }

  /** Goes along the direction; without a line search the gradient is evaluated there only if it will be needed. */
  private move(
    now: Evaluation,
    slope: number,
    group: ParameterGroup<LBFGSOptions>,
    evaluateAfter: (() => Evaluation) | null,
    evaluate: () => Evaluation,
  ): Evaluation {
    const { flat, history } = this
    const { direction } = history
    const start = flat.values()
    const rate = this.rate(group)
    const length = dot(now.gradient, now.gradient.map(Math.sign))
    const first = history.iterations === 1 ? Math.min(1, 1 / length) * rate : rate
    if (group.lineSearchFn === null) {
      history.t = first
      flat.assign(plus(start, direction, first))
      return evaluateAfter?.() ?? now
    }
    const pointAt = (t: number): LinePoint<Vector> => {
      flat.assign(plus(start, direction, t))
      const { loss, gradient } = evaluate()
      return { t, value: loss, slope: dot(gradient, direction), at: gradient }
    }
    const origin = { t: 0, value: now.loss, slope, at: now.gradient }
    const tolerance = group.toleranceChange / largest(direction)
    const noise = this.noise * Math.abs(now.loss)
    const found = strongWolfe(pointAt, origin, first, { tolerance, noise })
    history.t = found.t
    flat.assign(plus(start, direction, found.t))
    return { loss: found.value, gradient: found.at }
  }

  /** Rounding of a loss, in proportion to it: without leave for that much no step looks good close to a minimum. */
  private get noise(): number {
    return this.flat.params.some(({ dtype }) => dtype === "float32") ? 2 ** -22 : 2 ** -51
  }

  protected override memory(): Memory {
    const { changes, moves, gradient, direction, ...numbers } = this.history
    return gradient === null ? { ...numbers } : { ...numbers, gradient, direction, changes, moves }
  }

  protected override recall(memory: Memory): void {
    const { changes = [], moves = [] } = memory as Partial<History>
    this.history = { ...emptyHistory(), ...memory, changes: [...changes], moves: [...moves] } as History
  }
}

function emptyHistory(): History {
  return {
    iterations: 0,
    evaluations: 0,
    direction: new Float64Array(0),
    t: 0,
    changes: [],
    moves: [],
    scale: 1,
    gradient: null,
  }
}

/** −H·gradient, by the two loops over the pairs. */
function twoLoops(gradient: Vector, { changes, moves, scale }: History): Vector {
  const shares = changes.map((change, i) => 1 / dot(change, moves[i]!))
  const alphas: number[] = []
  let q = times(gradient, -1)
  for (let i = changes.length - 1; i >= 0; i--) {
    alphas[i] = dot(moves[i]!, q) * shares[i]!
    q = plus(q, changes[i]!, -alphas[i]!)
  }
  let r = times(q, scale)
  for (let i = 0; i < changes.length; i++) {
    const beta = dot(changes[i]!, r) * shares[i]!
    r = plus(r, moves[i]!, alphas[i]! - beta)
  }
  return r
}

export function lbfgs(params: Params<LBFGSOptions>, options: LBFGSOptions = {}): LBFGS {
  return new LBFGS(params, options)
}

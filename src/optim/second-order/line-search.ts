import type { Tensor } from "../../tensor/index.ts"
import { gradientsOf, neg } from "../../tensor/index.ts"
import type { FlatParameters, Vector } from "./flat.ts"
import { dot, plus } from "./flat.ts"
import { strongWolfe } from "./strong-wolfe.ts"

/** How far a method goes along its direction: all the way (null), or as far as a rule allows. */
export type LineSearch = "armijo" | "strongWolfe" | null

/** What a line search may ask: the loss at a point, and the loss with its gradient. */
export interface Objective {
  loss(at: Vector): number
  slope(at: Vector): { readonly loss: number; readonly gradient: Vector }
}

/** The loss of a closure as a function of all parameters. */
export function objectiveOf(flat: FlatParameters, closure: () => Tensor, maximize: boolean): Objective {
  const lossAt = (at: Vector): Tensor => {
    flat.assign(at)
    const loss = closure()
    return maximize ? neg(loss) : loss
  }
  return {
    loss: (at) => lossAt(at).itemSync(),
    slope(at) {
      const loss = lossAt(at)
      const gradient = flat.gather(gradientsOf(loss, flat.params))
      return { loss: loss.itemSync(), gradient }
    },
  }
}

export interface Line {
  readonly from: Vector
  readonly direction: Vector
  /** Loss and gradient at `from`. */
  readonly loss: number
  readonly gradient: Vector
}

/**
 * A step length along a direction.
 *
 *     armijo        the first of first, first/2, first/4 … with f(t) ≤ f(0) + 1e-4·t·f′(0)
 *     strongWolfe   see strongWolfe
 *
 * 0 when there is none.
 */
export function stepLength(rule: LineSearch, line: Line, first: number, objective: Objective): number {
  if (rule === null) return first
  const { from, direction, loss, gradient } = line
  const slope = dot(gradient, direction)
  if (!(slope < 0)) return 0
  if (rule === "strongWolfe") {
    const pointAt = (t: number) => {
      const there = objective.slope(plus(from, direction, t))
      return { t, value: there.loss, slope: dot(there.gradient, direction), at: null }
    }
    return strongWolfe(pointAt, { t: 0, value: loss, slope, at: null }, first).t
  }
  for (let t = first; t > first * 2 ** -40; t /= 2)
    if (objective.loss(plus(from, direction, t)) <= loss + 1e-4 * t * slope) return t
  return 0
}

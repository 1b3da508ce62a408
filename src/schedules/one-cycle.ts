import { checkLengths, checkNames, checkNumbers, checkRates, checkWord } from "./check.ts"
import { cosineBetween, lineBetween } from "./cosine.ts"
import type { PastEnd, Schedule } from "./schedule.ts"
import { endingSchedule } from "./schedule.ts"

export interface OneCycleTiming {
  /** Share of the steps on the way up. Default: 0.3. */
  readonly share?: number
  /** The form of the ways. Default: "cosine". */
  readonly shape?: "cosine" | "linear"
  /** Whether the way down takes as long as the way up, and a third phase goes on to the last rate. Default: false. */
  readonly threePhase?: boolean
  /** After the last step. Default: "error". */
  readonly past?: PastEnd
}

export interface OneCycleOptions extends OneCycleTiming {
  /** The first rate is max/divide. Default: 25. */
  readonly divide?: number
  /** The last rate is max/divide/finalDivide. Default: 1e4. */
  readonly finalDivide?: number
}

export interface OneCycleMomentumOptions extends OneCycleTiming {
  /** While the rate is low. Default: 0.95. */
  readonly max?: number
  /** At the peak of the rate. Default: 0.85. */
  readonly min?: number
}

/**
 * The one-cycle policy (Smith & Topin, Super-convergence, arXiv:1708.07120v3): up to a large rate and down to almost
 * nothing, once.
 *
 *     rate: max/divide → max → max/(divide·finalDivide)                 in 2 phases, as PyTorch and fast.ai have it
 *     rate: max/divide → max → max/divide → max/(divide·finalDivide)    in 3 phases, as in the paper
 *
 * The first phase ends at step share·total − 1, the second of three as long after it, the last at total − 1.
 *
 * @throws NABLA_INVALID_ARGUMENT for numbers out of range; when asked for a step past `total`, unless `past` is "hold"
 *
 * @example
 * const optimizer = new optim.SGD(model.parameters(), { lr: schedules.oneCycle(0.1, 10_000), momentum: 0.95 })
 */
export function oneCycle(max: number, total: number, options: OneCycleOptions = {}): Schedule {
  const { divide = 25, finalDivide = 1e4, ...timing } = options
  checkRates("oneCycle", { max })
  checkLengths("oneCycle", { divide, finalDivide })
  const first = max / divide
  return phases("oneCycle", total, timing, { first, peak: max, last: first / finalDivide })
}

/**
 * The momentum that goes with the one-cycle policy: down while the rate goes up, and back.
 *
 *     momentum: max → min → max
 *
 * @param options the timing has to be that of the rates
 * @throws as oneCycle does
 *
 * @example
 * const momentum = schedules.oneCycleMomentum(10_000, { min: 0.85, max: 0.95 })
 * optimizer.paramGroups[0].momentum = momentum(optimizer.steps)
 */
export function oneCycleMomentum(total: number, options: OneCycleMomentumOptions = {}): Schedule {
  const { max = 0.95, min = 0.85, ...timing } = options
  checkRates("oneCycleMomentum", { min, max, "max − min": max - min })
  return phases("oneCycleMomentum", total, timing, { first: max, peak: min, last: max })
}

interface Levels {
  readonly first: number
  readonly peak: number
  readonly last: number
}

function phases(where: string, total: number, timing: OneCycleTiming, levels: Levels): Schedule {
  checkNames(where, timing, ["share", "shape", "threePhase", "past"])
  const { share = 0.3, shape = "cosine", threePhase = false, past = "error" } = timing
  checkNumbers(where, { total }, { min: 1 })
  checkNumbers(where, { share }, { min: 0, max: 1 })
  checkWord(where, "shape", shape, ["cosine", "linear"])
  checkWord(where, "past", past, ["error", "hold"])
  const between = shape === "cosine" ? cosineBetween : lineBetween
  const { first, peak, last } = levels
  const up = share * total
  const way = threePhase
    ? [
        { end: up - 1, from: first, to: peak },
        { end: 2 * up - 2, from: peak, to: first },
        { end: total - 1, from: first, to: last },
      ]
    : [
        { end: up - 1, from: first, to: peak },
        { end: total - 1, from: peak, to: last },
      ]
  return endingSchedule(where, total, past, (t) => {
    // A phase that ends before it begins is passed over, as in PyTorch.
    const reached = way.findIndex(({ end }) => t <= end)
    const at = reached === -1 ? way.length - 1 : reached
    const { end, from, to } = way[at]!
    const begin = at === 0 ? 0 : way[at - 1]!.end
    return end === begin || t >= end ? to : between(from, to, (t - begin) / (end - begin))
  })
}

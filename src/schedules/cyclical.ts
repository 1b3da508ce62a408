import { checkFunctions, checkLengths, checkNames, checkRates, checkWord } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { schedule } from "./schedule.ts"

export const cyclicalModes = ["triangular", "triangular2", "expRange"] as const
export type CyclicalMode = (typeof cyclicalModes)[number]

export interface CyclicalOptions {
  /** Steps on the way up. Default: 2000. */
  readonly up?: number
  /** Steps on the way down. Default: as on the way up. */
  readonly down?: number
  /** How the peaks shrink: not at all, by half each cycle, or by γ each step. Default: "triangular". */
  readonly mode?: CyclicalMode
  /** γ of "expRange". Default: 1. */
  readonly gamma?: number
  /** The factor of a peak instead of what the mode says, by cycle (from 1) or by step, as scaleBy says. */
  readonly scale?: (at: number) => number
  /** Default: "cycle". */
  readonly scaleBy?: "cycle" | "step"
}

/**
 * Cyclical learning rates (Smith 2017, arXiv:1506.01186v6): up and down between two rates in straight lines.
 *
 *     rate(t) = min + (max − min)·height(t)·scale
 *     height  = share of the way up, then of the way down
 *     scale   = 1 (triangular) | 2^−(cycle − 1) (triangular2) | γ^t (expRange)
 *
 * @throws NABLA_INVALID_ARGUMENT for rates that are negative or not finite, a max below min, lengths that are not
 *   positive, or an unknown mode
 *
 * @example const waves = schedules.cyclical(1e-3, 6e-3, { up: 2000, mode: "triangular2" })
 */
export function cyclical(min: number, max: number, options: CyclicalOptions = {}): Schedule {
  checkRates("cyclical", { min, max, "max − min": max - min })
  const height = cyclicalHeight("cyclical", options)
  return schedule("cyclical", (t) => min + (max - min) * height(t))
}

/**
 * The momentum that goes with cyclical rates: down while the rate goes up.
 *
 *     momentum(t) = max − (max − min)·height(t)·scale
 *
 * @param options those of the rates, so that both keep time
 * @throws as cyclical does
 *
 * @example const momentum = schedules.cyclicalMomentum(0.8, 0.9, { up: 2000, mode: "triangular2" })
 */
export function cyclicalMomentum(min: number, max: number, options: CyclicalOptions = {}): Schedule {
  checkRates("cyclicalMomentum", { min, max, "max − min": max - min })
  const height = cyclicalHeight("cyclicalMomentum", options)
  return schedule("cyclicalMomentum", (t) => max - (max - min) * height(t))
}

function cyclicalHeight(where: string, options: CyclicalOptions): (t: number) => number {
  checkNames(where, options, ["up", "down", "mode", "gamma", "scale", "scaleBy"])
  const { up = 2000, down = up, mode = "triangular", gamma = 1 } = options
  const { scale = scaleOf(mode, gamma), scaleBy = "cycle" } = options
  checkWord(where, "mode", mode, cyclicalModes)
  checkWord(where, "scaleBy", scaleBy, ["cycle", "step"])
  checkFunctions(where, { scale })
  checkRates(where, { gamma })
  checkLengths(where, { up, down })
  const byStep = options.scale === undefined ? mode === "expRange" : scaleBy === "step"
  const [length, peak] = [up + down, up / (up + down)]
  return (t) => {
    const cycle = Math.floor(1 + t / length)
    const x = 1 + t / length - cycle
    const height = x <= peak ? x / peak : (x - 1) / (peak - 1)
    return height * scale(byStep ? t : cycle)
  }
}

function scaleOf(mode: CyclicalMode, gamma: number): (at: number) => number {
  if (mode === "triangular2") return (cycle) => 2 ** (1 - cycle)
  return mode === "expRange" ? (t) => gamma ** t : () => 1
}

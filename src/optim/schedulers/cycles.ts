import type { Schedule } from "../../schedules/index.ts"
import * as schedules from "../../schedules/index.ts"
import { checkOptions, checkStrategy } from "./options.ts"
import type { MomentumRules, ScheduledGroup, ScheduledOptimizer } from "./scheduler.ts"
import { absolute, checkMomentum, invalidFor, perGroup, RuledScheduler, within } from "./scheduler.ts"

type ForGroups = number | readonly number[]

export interface CyclicLROptions {
  /** For all groups, or one for each, as all numbers here that say so. */
  readonly baseLr: ForGroups
  readonly maxLr: ForGroups
  /** Default: 2000. */
  readonly stepSizeUp?: number
  /** Default: stepSizeUp. */
  readonly stepSizeDown?: number | null
  /** Default: "triangular". */
  readonly mode?: "triangular" | "triangular2" | "exp_range" | "expRange"
  /** Default: 1. */
  readonly gamma?: number
  /** The factor of a peak instead of what the mode says. */
  readonly scaleFn?: ((at: number) => number) | null
  /** Whether scaleFn is given the cycle (from 1) or the step. Default: "cycle". */
  readonly scaleMode?: "cycle" | "iterations"
  /** Default: true. */
  readonly cycleMomentum?: boolean
  /** Default: 0.8. */
  readonly baseMomentum?: ForGroups
  /** Default: 0.9. */
  readonly maxMomentum?: ForGroups
}

const cyclicNames = [
  "stepSizeUp",
  "stepSizeDown",
  "mode",
  "gamma",
  "scaleFn",
  "scaleMode",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
] as const

/**
 * schedules.cyclical and schedules.cyclicalMomentum as a scheduler (arXiv:1506.01186v6).
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, or an optimizer without momentum when that is to be cycled
 *
 * @example const scheduler = new optim.lrScheduler.CyclicLR(optimizer, { baseLr: 0.01, maxLr: 0.1 })
 */
export class CyclicLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CyclicLROptions) {
    const given = checkOptions("CyclicLR", options, ["baseLr", "maxLr"], cyclicNames)
    const forGroups = (name: string, values: ForGroups): readonly number[] =>
      perGroup("CyclicLR", optimizer, name, values)
    const [bases, peaks] = [forGroups("base rates", given.baseLr), forGroups("peak rates", given.maxLr)]
    const timing = cyclicTiming(given)
    const rates = within("CyclicLR", () =>
      bases.map((base, i) => schedules.cyclical(base, peaks[i]!, timing)),
    )
    const { cycleMomentum = true, baseMomentum = 0.8, maxMomentum = 0.9 } = given
    if (cycleMomentum) checkMomentum("CyclicLR", optimizer)
    const tops = forGroups("momenta", maxMomentum)
    const momenta = within("CyclicLR", () =>
      forGroups("momenta", baseMomentum).map((low, i) => schedules.cyclicalMomentum(low, tops[i]!, timing)),
    )
    for (const [i, group] of groupsOf(optimizer).entries()) group.lr = bases[i]!
    super(optimizer, rates.map(absolute), cycleMomentum ? momenta : null)
  }
}

function cyclicTiming(options: CyclicLROptions): schedules.CyclicalOptions {
  const { stepSizeUp = 2000, stepSizeDown, mode = "triangular", gamma = 1, scaleFn, scaleMode } = options
  return {
    up: stepSizeUp,
    down: stepSizeDown ?? stepSizeUp,
    mode: mode === "exp_range" ? "expRange" : mode,
    gamma,
    ...(scaleFn ? { scale: scaleFn, scaleBy: scaleMode === "iterations" ? "step" : "cycle" } : {}),
  }
}

export interface OneCycleLROptions {
  /** For all groups, or one for each, as all numbers here that say so. */
  readonly maxLr: ForGroups
  /** Or else epochs and stepsPerEpoch. */
  readonly totalSteps?: number | null
  readonly epochs?: number | null
  readonly stepsPerEpoch?: number | null
  /** Default: 0.3. */
  readonly pctStart?: number
  /** Default: "cos". */
  readonly annealStrategy?: "cos" | "linear"
  /** Default: true. */
  readonly cycleMomentum?: boolean
  /** Default: 0.85. */
  readonly baseMomentum?: ForGroups
  /** Default: 0.95. */
  readonly maxMomentum?: ForGroups
  /** Default: 25. */
  readonly divFactor?: number
  /** Default: 1e4. */
  readonly finalDivFactor?: number
  /** Default: false. */
  readonly threePhase?: boolean
}

const oneCycleNames = [
  "totalSteps",
  "epochs",
  "stepsPerEpoch",
  "pctStart",
  "annealStrategy",
  "cycleMomentum",
  "baseMomentum",
  "maxMomentum",
  "divFactor",
  "finalDivFactor",
  "threePhase",
] as const

/**
 * schedules.oneCycle and schedules.oneCycleMomentum as a scheduler (arXiv:1708.07120v3).
 *
 * Departs from PyTorch: the step after the last one keeps the last rate, where PyTorch goes on along the curve.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, or an optimizer without momentum when that is to be cycled;
 *   from step() past the end
 *
 * @example const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: 1000 })
 */
export class OneCycleLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: OneCycleLROptions) {
    const given = checkOptions("OneCycleLR", options, ["maxLr"], oneCycleNames)
    const { divFactor = 25, finalDivFactor = 1e4, cycleMomentum = true, maxLr } = given
    const total = oneCycleLength(given)
    const timing = oneCycleTiming(given)
    const peaks = perGroup("OneCycleLR", optimizer, "peak rates", maxLr)
    const division = { divide: divFactor, finalDivide: finalDivFactor }
    const rates = within("OneCycleLR", () =>
      peaks.map((peak) => schedules.oneCycle(peak, total, { ...division, ...timing })),
    )
    if (cycleMomentum) checkMomentum("OneCycleLR", optimizer)
    const momenta = cycleMomentum ? oneCycleMomenta(optimizer, total, given, timing) : null
    for (const [i, group] of groupsOf(optimizer).entries()) {
      group.initialLr = peaks[i]! / divFactor
      group.lr = group.initialLr
    }
    super(optimizer, rates.map(absolute), momenta)
  }
}

function oneCycleMomenta(
  optimizer: ScheduledOptimizer,
  total: number,
  { baseMomentum = 0.85, maxMomentum = 0.95 }: OneCycleLROptions,
  timing: schedules.OneCycleTiming,
): MomentumRules {
  const lows = perGroup("OneCycleLR", optimizer, "momenta", baseMomentum)
  return perGroup("OneCycleLR", optimizer, "momenta", maxMomentum).map(
    (max, i): Schedule =>
      within("OneCycleLR", () => schedules.oneCycleMomentum(total, { max, min: lows[i]!, ...timing })),
  )
}

function oneCycleTiming(options: OneCycleLROptions): schedules.OneCycleTiming {
  const { pctStart = 0.3, annealStrategy = "cos", threePhase = false } = options
  const shape = checkStrategy("OneCycleLR", annealStrategy) === "cos" ? "cosine" : "linear"
  return { share: pctStart, shape, threePhase }
}

function oneCycleLength({ totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  const total = totalSteps ?? (epochs ?? Number.NaN) * (stepsPerEpoch ?? Number.NaN)
  if (Number.isSafeInteger(total) && total > 0) return total
  const got = `totalSteps ${totalSteps}, epochs ${epochs}, stepsPerEpoch ${stepsPerEpoch}`
  throw invalidFor(
    "OneCycleLR",
    "the number of steps is not known",
    "totalSteps, or epochs and stepsPerEpoch",
    got,
  )
}

function groupsOf({ paramGroups }: ScheduledOptimizer): readonly ScheduledGroup[] {
  return paramGroups as readonly ScheduledGroup[]
}

import { checkNames, checkNumbers, checkRates, checkWord } from "./check.ts"
import type { Schedule } from "./schedule.ts"
import { invalid, schedule } from "./schedule.ts"

export interface PlateauWatchOptions {
  /** Whether the metric should fall or rise. Default: "min". */
  readonly mode?: "min" | "max"
  /** How many observations without improvement are borne. Default: 10. */
  readonly patience?: number
  /** How much better counts as an improvement. Default: 1e-4. */
  readonly threshold?: number
  /** Whether the threshold is a share of the best value ("rel") or a difference from it ("abs"). Default: "rel". */
  readonly thresholdMode?: "rel" | "abs"
  /** Observations after a fall that are not counted. Default: 0. */
  readonly cooldown?: number
}

export interface PlateauOptions extends PlateauWatchOptions {
  /** The factor of a fall, in [0, 1). Default: 0.1. */
  readonly factor?: number
  /** The rate goes no lower. Default: 0. */
  readonly minLr?: number
  /** A fall by no more than this is left out. Default: 1e-8. */
  readonly eps?: number
}

/** What a watch remembers; enough to go on where it is. */
export interface PlateauState {
  /** Null before the first observation that improved on nothing. */
  readonly best: number | null
  readonly bad: number
  readonly cooldown: number
}

const watchNames = ["mode", "patience", "threshold", "thresholdMode", "cooldown"]

/** Decides from a metric, observation by observation, when the rate should fall. */
export class PlateauWatch {
  private readonly options: Required<PlateauWatchOptions>
  private best: number
  private bad = 0
  private cooldown = 0

  /** @throws NABLA_INVALID_ARGUMENT for options out of range, with `where` */
  constructor(options: PlateauWatchOptions = {}, where = "plateau") {
    checkNames(where, options, watchNames)
    const { mode = "min", patience = 10, threshold = 1e-4, thresholdMode = "rel", cooldown = 0 } = options
    checkWord(where, "mode", mode, ["min", "max"])
    checkWord(where, "thresholdMode", thresholdMode, ["rel", "abs"])
    checkNumbers(where, { patience, cooldown }, { min: 0, whole: true })
    checkNumbers(where, { threshold }, { min: 0 })
    this.options = { mode, patience, threshold, thresholdMode, cooldown }
    this.best = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  /** Takes the next value of the metric, and says whether the rate should fall now. NaN is no improvement. */
  observe(metric: number): boolean {
    const improved = this.isBetter(metric)
    if (improved) this.best = metric
    this.bad = improved ? 0 : this.bad + 1
    if (this.cooldown > 0) {
      this.cooldown--
      this.bad = 0
    }
    if (this.bad <= this.options.patience) return false
    this.cooldown = this.options.cooldown
    this.bad = 0
    return true
  }

  get state(): PlateauState {
    return {
      best: Number.isFinite(this.best) ? this.best : null,
      bad: this.bad,
      cooldown: this.cooldown,
    }
  }

  set state({ best, bad, cooldown }: PlateauState) {
    if (best !== null) this.best = best
    this.bad = bad
    this.cooldown = cooldown
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options
    const { best } = this
    if (mode === "min") return metric < (thresholdMode === "rel" ? best * (1 - threshold) : best - threshold)
    return metric > (thresholdMode === "rel" ? best * (1 + threshold) : best + threshold)
  }
}

/** The rate after a fall: rate·factor, no lower than `min`, and as it was where that is no more than `eps` less. */
export function loweredRate(rate: number, factor: number, min: number, eps: number): number {
  const lowered = Math.max(rate * factor, min)
  return rate - lowered > eps ? lowered : rate
}

/** A rate that falls when a metric stops improving; as a schedule it gives the rate of the moment, whatever the step. */
export interface Plateau {
  readonly schedule: Schedule
  readonly rate: number
  /** Takes the next value of the metric (a loss after each epoch, say) and gives the rate from here on. */
  observe(metric: number): number
  /** What was observed and where the rate is: enough to go on. */
  stateDict(): PlateauRateState
  loadStateDict(state: PlateauRateState): void
}

export interface PlateauRateState {
  readonly rate: number
  readonly watch: PlateauState
}

/**
 * Reduce on plateau: the rate falls by a factor when a metric has not improved for `patience` observations.
 *
 *     better: m < best·(1 − threshold) | m < best − threshold        with mode "max": m > best·(1 + threshold) | …
 *     rate = max(rate·factor, minLr)   after more than `patience` observations in a row that were not better
 *
 * This one depends on more than the step: it is a schedule together with what it has observed.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example
 * const patient = schedules.plateau(0.1, { patience: 3 })
 * const optimizer = new optim.SGD(model.parameters(), { lr: patient.schedule })
 * patient.observe(validationLoss) // after each epoch
 */
export function plateau(rate: number, options: PlateauOptions = {}): Plateau {
  const { factor = 0.1, minLr = 0, eps = 1e-8, ...watchOptions } = options
  checkRates("plateau", { rate, minLr, eps })
  checkFactor("plateau", factor)
  const watch = new PlateauWatch(watchOptions)
  let current = rate
  return {
    schedule: schedule("plateau", () => current),
    get rate() {
      return current
    },
    observe(metric) {
      if (watch.observe(metric)) current = loweredRate(current, factor, minLr, eps)
      return current
    },
    stateDict: () => ({ rate: current, watch: watch.state }),
    loadStateDict(state) {
      current = state.rate
      watch.state = state.watch
    },
  }
}

/** @throws NABLA_INVALID_ARGUMENT for a factor that does not lower */
export function checkFactor(where: string, factor: number): void {
  if (factor >= 0 && factor < 1) return
  throw invalid(where, "factor is no such number", "a number ≥ 0 and < 1", String(factor))
}

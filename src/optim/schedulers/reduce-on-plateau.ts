import type { PlateauState, PlateauWatchOptions } from "../../schedules/index.ts"
import { checkFactor, loweredRate, PlateauWatch } from "../../schedules/index.ts"
import { checkOptions } from "./options.ts"
import type { ScheduledOptimizer, SchedulerState } from "./scheduler.ts"
import { LRScheduler, perGroup } from "./scheduler.ts"

export interface ReduceLROnPlateauOptions extends PlateauWatchOptions {
  /** In [0, 1). Default: 0.1. */
  readonly factor?: number
  /** For all groups, or one for each. Default: 0. */
  readonly minLr?: number | readonly number[]
  /** A fall by no more than this is left out. Default: 1e-8. */
  readonly eps?: number
}

const names = [
  "mode",
  "factor",
  "patience",
  "threshold",
  "thresholdMode",
  "cooldown",
  "minLr",
  "eps",
] as const

/**
 * schedules.plateau as a scheduler: the rates of all groups are multiplied by a factor when a metric has not improved
 * for a while.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, and from step for something that is no number
 *
 * @example
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { patience: 3 })
 * scheduler.step(validationLoss) // after each epoch
 */
export class ReduceLROnPlateau extends LRScheduler {
  private readonly factor: number
  private readonly minima: readonly number[]
  private readonly eps: number
  private readonly watch: PlateauWatch

  constructor(optimizer: ScheduledOptimizer, options: ReduceLROnPlateauOptions = {}) {
    const given = checkOptions("ReduceLROnPlateau", options, [], names)
    const { factor = 0.1, minLr = 0, eps = 1e-8, ...watch } = given
    checkFactor("ReduceLROnPlateau", factor)
    super(optimizer)
    this.factor = factor
    this.eps = eps
    this.minima = perGroup("ReduceLROnPlateau", optimizer, "lowest rates", minLr)
    this.watch = new PlateauWatch(watch, "ReduceLROnPlateau")
    this.epoch = 0
  }

  /** @param metric what should improve; NaN counts as no improvement */
  step(metric?: number): void {
    if (typeof metric !== "number")
      throw this.invalid(
        "step needs the metric",
        "a number, such as the loss on held-out data",
        typeof metric,
      )
    this.epoch++
    if (!this.watch.observe(metric)) return
    for (const [i, group] of this.groups.entries())
      group.lr = loweredRate(group.lr as number, this.factor, this.minima[i]!, this.eps)
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), watch: this.watch.state }
  }

  override loadStateDict(state: SchedulerState): void {
    super.loadStateDict(state)
    this.watch.state = state.watch as PlateauState
  }
}

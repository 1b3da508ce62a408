import * as schedules from "../../schedules/index.ts"
import { checkOptions, checkStrategy } from "./options.ts"
import type { ScheduledOptimizer } from "./scheduler.ts"
import { absolute, initialRates, perGroup, RuledScheduler, relative, within } from "./scheduler.ts"

export interface CosineAnnealingLROptions {
  readonly tMax: number
  /** Default: 0. */
  readonly etaMin?: number
}

/**
 * schedules.cosine as a scheduler (arXiv:1608.03983v5). After tMax steps the rate goes up again along the cosine.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, { tMax: 100 })
 */
export class CosineAnnealingLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CosineAnnealingLROptions) {
    const { tMax, etaMin = 0 } = checkOptions("CosineAnnealingLR", options, ["tMax"], ["etaMin"])
    super(
      optimizer,
      within("CosineAnnealingLR", () => relative(schedules.cosine(1, tMax, { past: "wave" }), etaMin)),
    )
  }
}

export interface CosineAnnealingWarmRestartsOptions {
  readonly t0: number
  /** Default: 1. */
  readonly tMult?: number
  /** Default: 0. */
  readonly etaMin?: number
}

/**
 * schedules.cosineRestarts as a scheduler (arXiv:1608.03983v5). `step(epoch)` takes parts of an epoch, such as
 * `step(epoch + i / batches)`.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, { t0: 10, tMult: 2 })
 */
export class CosineAnnealingWarmRestarts extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: CosineAnnealingWarmRestartsOptions) {
    const names = ["tMult", "etaMin"] as const
    const { t0, tMult = 1, etaMin = 0 } = checkOptions("CosineAnnealingWarmRestarts", options, ["t0"], names)
    const shape = { multiple: tMult, min: etaMin }
    const rates = within("CosineAnnealingWarmRestarts", () =>
      initialRates(optimizer).map((rate) => schedules.cosineRestarts(rate, t0, shape)),
    )
    super(optimizer, rates.map(absolute))
  }
}

export interface SWALROptions {
  /** The rate to arrive at: for all groups, or one for each. */
  readonly swaLr: number | readonly number[]
  /** Default: 10. */
  readonly annealEpochs?: number
  /** Default: "cos". */
  readonly annealStrategy?: "cos" | "linear"
}

/**
 * From the rate that it finds to the rate at which weights are averaged (SWA, arXiv:1803.05407v3), which then stays.
 *
 *     rate(t) = swaLr + (lr − swaLr)·f(t)      f: from 1 to 0 in annealEpochs steps
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.SWALR(optimizer, { swaLr: 0.05, annealEpochs: 20 })
 */
export class SWALR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: SWALROptions) {
    const names = ["annealEpochs", "annealStrategy"] as const
    const {
      swaLr,
      annealEpochs = 10,
      annealStrategy = "cos",
    } = checkOptions("SWALR", options, ["swaLr"], names)
    const strategy = checkStrategy("SWALR", annealStrategy)
    const factor = within("SWALR", () => {
      if (annealEpochs === 0) return schedules.constant(0)
      return strategy === "linear"
        ? schedules.linear(1, 0, annealEpochs)
        : schedules.cosine(1, annealEpochs, { past: "hold" })
    })
    super(
      optimizer,
      perGroup("SWALR", optimizer, "rates", swaLr).map((rate) => relative(factor, rate)),
    )
  }
}

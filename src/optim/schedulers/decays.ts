import type { Schedule } from "../../schedules/index.ts"
import * as schedules from "../../schedules/index.ts"
import { checkOptions } from "./options.ts"
import type { Rule, ScheduledOptimizer } from "./scheduler.ts"
import { absolute, initialRates, perGroup, RuledScheduler, relative, within } from "./scheduler.ts"

/** PyTorch's recursions never meet an end at 0 steps: the first factor stays. */
const endOf = (totalIters: number): number => (totalIters === 0 ? Number.MAX_VALUE : totalIters)

export interface StepLROptions {
  readonly stepSize: number
  /** Default: 0.1. */
  readonly gamma?: number
}

/**
 * schedules.step as a scheduler: the rate of each group is multiplied by gamma every stepSize steps.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.StepLR(optimizer, { stepSize: 30, gamma: 0.1 })
 */
export class StepLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: StepLROptions) {
    const { stepSize, gamma = 0.1 } = checkOptions("StepLR", options, ["stepSize"], ["gamma"])
    super(
      optimizer,
      within("StepLR", () => relative(schedules.step(1, stepSize, { gamma }))),
    )
  }
}

export interface MultiStepLROptions {
  readonly milestones: readonly number[]
  /** Default: 0.1. */
  readonly gamma?: number
}

/**
 * schedules.multiStep as a scheduler: the rate of each group is multiplied by gamma at each milestone.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, { milestones: [30, 80] })
 */
export class MultiStepLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: MultiStepLROptions) {
    const { milestones, gamma = 0.1 } = checkOptions("MultiStepLR", options, ["milestones"], ["gamma"])
    super(
      optimizer,
      within("MultiStepLR", () => relative(schedules.multiStep(1, milestones, { gamma }))),
    )
  }
}

export interface ConstantLROptions {
  /** In [0, 1]. Default: 1/3. */
  readonly factor?: number
  /** Default: 5. */
  readonly totalIters?: number
}

/**
 * The rate of each group times a factor for a number of steps, and the rate itself from then on.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 4 })
 */
export class ConstantLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: ConstantLROptions = {}) {
    const { factor = 1 / 3, totalIters = 5 } = checkOptions(
      "ConstantLR",
      options,
      [],
      ["factor", "totalIters"],
    )
    const shape = { from: factor, shape: "constant" } as const
    const factors = within("ConstantLR", () => schedules.warmUp(() => 1, endOf(totalIters), shape))
    super(optimizer, relative(factors))
  }
}

export interface LinearLROptions {
  /** In [0, 1]. Default: 1/3. */
  readonly startFactor?: number
  /** Default: 1. */
  readonly endFactor?: number
  /** Default: 5. */
  readonly totalIters?: number
}

/**
 * schedules.linear as a scheduler: a factor that goes in a line from startFactor to endFactor.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.1, totalIters: 500 })
 */
export class LinearLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LinearLROptions = {}) {
    const names = ["startFactor", "endFactor", "totalIters"] as const
    const {
      startFactor = 1 / 3,
      endFactor = 1,
      totalIters = 5,
    } = checkOptions("LinearLR", options, [], names)
    super(
      optimizer,
      within("LinearLR", () => relative(schedules.linear(startFactor, endFactor, endOf(totalIters)))),
    )
  }
}

export interface ExponentialLROptions {
  readonly gamma: number
}

/**
 * schedules.exponential as a scheduler: every step multiplies the rate of each group by gamma.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, { gamma: 0.95 })
 */
export class ExponentialLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: ExponentialLROptions) {
    const { gamma } = checkOptions("ExponentialLR", options, ["gamma"], [])
    super(
      optimizer,
      within("ExponentialLR", () => relative(schedules.exponential(1, gamma))),
    )
  }
}

export interface PolynomialLROptions {
  /** Default: 5. */
  readonly totalIters?: number
  /** Default: 1. */
  readonly power?: number
}

/**
 * schedules.polynomial as a scheduler: the rate of each group falls to 0 in totalIters steps.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 1000, power: 2 })
 */
export class PolynomialLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: PolynomialLROptions = {}) {
    const { totalIters = 5, power = 1 } = checkOptions("PolynomialLR", options, [], ["totalIters", "power"])
    super(
      optimizer,
      within("PolynomialLR", () => relative(schedules.polynomial(1, endOf(totalIters), { power }))),
    )
  }
}

export interface LambdaLROptions {
  /** Factors by step: for all groups, or one for each. */
  readonly lrLambda: Schedule | readonly Schedule[]
}

/**
 * schedules.lambda as a scheduler: the rate that each group started with, times a function of the step.
 *
 * @throws NABLA_INVALID_ARGUMENT for a number of functions that does not fit
 *
 * @example const scheduler = new optim.lrScheduler.LambdaLR(optimizer, { lrLambda: (step) => 0.95 ** step })
 */
export class LambdaLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LambdaLROptions) {
    const { lrLambda } = checkOptions("LambdaLR", options, ["lrLambda"], [])
    const bases = initialRates(optimizer)
    const factors = perGroup("LambdaLR", optimizer, "functions", lrLambda)
    super(
      optimizer,
      factors.map((factor, i) => within("LambdaLR", () => absolute(schedules.lambda(bases[i]!, factor)))),
    )
  }
}

/**
 * schedules.multiplicative as a scheduler: each step multiplies the rate of each group by a function of the step.
 *
 * @throws NABLA_INVALID_ARGUMENT for a number of functions that does not fit
 *
 * @example const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, { lrLambda: () => 0.95 })
 */
export class MultiplicativeLR extends RuledScheduler {
  constructor(optimizer: ScheduledOptimizer, options: LambdaLROptions) {
    const { lrLambda } = checkOptions("MultiplicativeLR", options, ["lrLambda"], [])
    super(optimizer, perGroup("MultiplicativeLR", optimizer, "functions", lrLambda).map(multiplied))
  }
}

/** In a sequence it goes on from the rate that it finds, as in PyTorch. */
function multiplied(factor: Schedule): Rule {
  const { next } = within("MultiplicativeLR", () => relative(schedules.multiplicative(1, factor)))
  return { next, at: (t, current) => (t === 0 ? current : current * factor(t)) }
}

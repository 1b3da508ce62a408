import { NablaError } from "../../base/index.ts"
import type { Schedule } from "../../schedules/index.ts"

/** What schedulers change in a group of parameters. */
export interface ScheduledGroup {
  lr: number | Schedule
  /** The rate that the first scheduler found, or that one-cycle has set; as in PyTorch it is kept with the group. */
  initialLr?: number
  momentum?: number
  betas?: readonly [number, number]
}

/** What schedulers ask of an optimizer. */
export interface ScheduledOptimizer {
  readonly paramGroups: readonly object[]
}

/** How the rate of a group follows from the number of steps. */
export interface Rule {
  /** The rate of step t, from the one of the step before. */
  next(t: number, current: number, base: number): number
  /** The rate of step t, whatever was before. */
  at(t: number, current: number, base: number): number
}

/** The momentum of a group, step by step. */
export type MomentumRules = readonly Schedule[]

/** What a scheduler remembers; together with the optimizer's own state it is enough to go on. */
export interface SchedulerState {
  readonly scheduler: string
  readonly lastEpoch: number
  /** Of schedulers within this one. */
  readonly parts?: readonly SchedulerState[]
  /** Anything else, of schedulers that watch a metric. */
  readonly watch?: unknown
}

/** What all schedulers do: count calls of step, and give each group of the optimizer its rate. */
export abstract class LRScheduler {
  readonly optimizer: ScheduledOptimizer
  /** The rates that the groups started with, when this scheduler was made. */
  readonly baseLrs: readonly number[]
  protected epoch = -1

  constructor(optimizer: ScheduledOptimizer) {
    this.optimizer = optimizer
    if (!Array.isArray(optimizer?.paramGroups))
      throw this.invalid(
        "there is no optimizer to schedule",
        "an optimizer of nabla/optim",
        String(optimizer),
      )
    for (const [i, group] of this.groups.entries()) {
      if (typeof group.lr !== "number")
        throw this.invalid(
          `the rate of group ${i} is a schedule already`,
          "a number to start from",
          "a function",
        )
      group.initialLr ??= group.lr
    }
    this.baseLrs = initialRates(optimizer)
  }

  /** Sets the rates of the next step; to be called once after each optimizer.step(), or once an epoch. */
  abstract step(epoch?: number): void

  /** Forgets the step that making the scheduler has made, so that another one can put it into a sequence. */
  undo(): void {
    this.epoch--
  }

  /** How often step has been called. */
  get lastEpoch(): number {
    return this.epoch
  }

  /** The rates of all groups. */
  getLastLr(): number[] {
    return this.groups.map(({ lr }) => Number(lr))
  }

  stateDict(): SchedulerState {
    return { scheduler: this.constructor.name, lastEpoch: this.epoch }
  }

  /** @throws NABLA_STATE_DICT for the state of another scheduler; nothing is changed then */
  loadStateDict(state: SchedulerState): void {
    this.checkState(state)
    this.epoch = state.lastEpoch
  }

  /** Throws unless a state is that of such a scheduler. */
  protected checkState(state: SchedulerState): void {
    if (state?.scheduler === this.constructor.name && Number.isFinite(state.lastEpoch)) return
    throw new NablaError("NABLA_STATE_DICT", {
      message: "the state does not fit the scheduler",
      where: `${this.constructor.name}.loadStateDict`,
      expected: `the state of ${this.constructor.name}`,
      got: state?.scheduler === undefined ? "no state of a scheduler" : `the state of ${state.scheduler}`,
      hint: "load what stateDict() of the same scheduler gave",
    })
  }

  protected get groups(): readonly ScheduledGroup[] {
    return this.optimizer.paramGroups as readonly ScheduledGroup[]
  }

  protected invalid(message: string, expected: string, got: string): NablaError {
    return invalidFor(this.constructor.name, message, expected, got)
  }
}

/** A scheduler whose groups each follow a rule. */
export abstract class RuledScheduler extends LRScheduler {
  private readonly rules: readonly Rule[]
  private readonly momenta: MomentumRules | null

  /** @param rules for all groups, or one for each */
  constructor(
    optimizer: ScheduledOptimizer,
    rules: Rule | readonly Rule[],
    momenta: MomentumRules | null = null,
  ) {
    super(optimizer)
    this.rules = this.forGroups("rules", rules)
    this.momenta = momenta
    this.step()
  }

  step(epoch?: number): void {
    if (epoch !== undefined && !(Number.isFinite(epoch) && epoch >= 0))
      throw this.invalid("this is no epoch", "a finite number ≥ 0", String(epoch))
    const t = epoch ?? this.epoch + 1
    const rates = this.groups.map(({ lr }, i) => {
      const [rule, base] = [this.rules[i]!, this.baseLrs[i]!]
      return epoch === undefined ? rule.next(t, lr as number, base) : rule.at(t, lr as number, base)
    })
    this.epoch = t
    for (const [i, group] of this.groups.entries()) {
      group.lr = rates[i]!
      if (this.momenta !== null) setMomentum(group, this.momenta[i]!(t))
    }
  }

  private forGroups<T>(name: string, values: T | readonly T[]): readonly T[] {
    return perGroup(this.constructor.name, this.optimizer, name, values)
  }
}

/**
 * The rate changes as a factor does, whatever else changes it: rate(t) = floor + (rate(t−1) − floor)·f(t)/f(t−1). So
 * schedulers of this kind can be chained. Where f was 0, the part of the base rate is given back.
 */
export function relative(factor: Schedule, floor = 0): Rule {
  const at: Rule["at"] = (t, _, base) => floor + (base - floor) * factor(t)
  return {
    at,
    next(t, current, base) {
      if (t === 0) return floor + (current - floor) * factor(0)
      const before = factor(t - 1)
      if (before === 0) return current + (base - floor) * factor(t)
      return floor + (current - floor) * (factor(t) / before)
    },
  }
}

/** The rate is that of a schedule, whatever it was before. */
export function absolute(rates: Schedule): Rule {
  return { at: rates, next: rates }
}

/** A value for each group, from one for all or a list. */
export function perGroup<T>(
  where: string,
  { paramGroups }: ScheduledOptimizer,
  name: string,
  values: T | readonly T[],
): readonly T[] {
  if (!Array.isArray(values)) return paramGroups.map(() => values as T)
  if (values.length === paramGroups.length) return values as readonly T[]
  const expected = `${paramGroups.length}, one for each group`
  throw invalidFor(where, `the number of ${name} does not fit the optimizer`, expected, String(values.length))
}

/** The rates that the groups started with. */
export function initialRates({ paramGroups }: ScheduledOptimizer): number[] {
  return (paramGroups as readonly ScheduledGroup[]).map(({ initialLr, lr }) => initialLr ?? (lr as number))
}

/** Sets what an optimizer calls momentum: `momentum`, or the first of `betas`. */
export function setMomentum(group: ScheduledGroup, momentum: number): void {
  if (group.betas === undefined) group.momentum = momentum
  else group.betas = [momentum, group.betas[1]]
}

/** @throws NABLA_INVALID_ARGUMENT for an optimizer without momentum */
export function checkMomentum(where: string, { paramGroups }: ScheduledOptimizer): void {
  const without = paramGroups.findIndex((group) => !("momentum" in group) && !("betas" in group))
  if (without === -1) return
  const got = `group ${without} has neither`
  throw invalidFor(where, "the optimizer has no momentum to cycle", "an option momentum or betas", got)
}

/** Runs what may find fault with options, so that the error names the scheduler. */
export function within<T>(where: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw error instanceof NablaError ? error.within(where) : error
  }
}

export function invalidFor(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where, expected, got })
}

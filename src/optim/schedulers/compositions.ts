import { NablaError } from "../../base/index.ts"
import { checkOptions } from "./options.ts"
import type { ScheduledOptimizer, SchedulerState } from "./scheduler.ts"
import { invalidFor, LRScheduler } from "./scheduler.ts"

/** A scheduler made of others, of the same optimizer. */
abstract class CompositeScheduler extends LRScheduler {
  protected readonly parts: readonly LRScheduler[]

  constructor(where: string, optimizer: ScheduledOptimizer | undefined, parts: readonly LRScheduler[]) {
    if (!Array.isArray(parts) || parts.length === 0)
      throw invalidFor(where, "there is nothing to combine", "a list of schedulers", String(parts))
    const common = optimizer ?? parts[0]!.optimizer
    const stray = parts.findIndex((part) => part.optimizer !== common)
    if (stray !== -1)
      throw invalidFor(
        where,
        "the schedulers differ in their optimizers",
        "the same for all",
        `another in ${stray}`,
      )
    super(common)
    this.parts = parts
  }

  override undo(): void {
    super.undo()
    for (const part of this.parts) part.undo()
  }

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), parts: this.parts.map((part) => part.stateDict()) }
  }

  override loadStateDict(state: SchedulerState): void {
    this.checkState(state)
    this.parts.forEach((part, i) => {
      part.loadStateDict(state.parts![i]!)
    })
    this.epoch = state.lastEpoch
  }

  protected override checkState(state: SchedulerState): void {
    super.checkState(state)
    const names = (list: readonly { readonly scheduler: string }[]): string =>
      list.map(({ scheduler }) => scheduler).join(", ")
    const [own, theirs] = [names(this.parts.map((part) => part.stateDict())), names(state.parts ?? [])]
    if (own === theirs) return
    throw new NablaError("NABLA_STATE_DICT", {
      message: "the state does not fit the scheduler",
      where: `${this.constructor.name}.loadStateDict`,
      expected: `the state of ${own}`,
      got: `the state of ${theirs}`,
      hint: "load what stateDict() of the same scheduler gave",
    })
  }
}

/**
 * Several schedulers at once: each step is a step of all, in their order.
 *
 * @throws NABLA_INVALID_ARGUMENT for no schedulers, or schedulers of different optimizers
 *
 * @example
 * const { ConstantLR, ExponentialLR, ChainedScheduler } = optim.lrScheduler
 * const warm = new ConstantLR(optimizer, { factor: 0.1, totalIters: 5 })
 * const scheduler = new ChainedScheduler([warm, new ExponentialLR(optimizer, { gamma: 0.9 })])
 */
export class ChainedScheduler extends CompositeScheduler {
  /** @param parts the schedulers; or the optimizer, and `{ schedulers }` as the other classes take it */
  constructor(parts: readonly LRScheduler[])
  constructor(optimizer: ScheduledOptimizer, options: { readonly schedulers: readonly LRScheduler[] })
  constructor(
    first: readonly LRScheduler[] | ScheduledOptimizer,
    options?: { readonly schedulers: readonly LRScheduler[] },
  ) {
    if (options === undefined) super("ChainedScheduler", undefined, first as readonly LRScheduler[])
    else {
      const { schedulers } = checkOptions("ChainedScheduler", options, ["schedulers"], [])
      super("ChainedScheduler", first as ScheduledOptimizer, schedulers)
    }
    this.epoch = 0
  }

  step(epoch?: number): void {
    this.epoch = epoch ?? this.epoch + 1
    for (const part of this.parts) part.step(epoch)
  }
}

export interface SequentialLROptions {
  readonly schedulers: readonly LRScheduler[]
  /** Where the second scheduler begins, the third, … */
  readonly milestones: readonly number[]
}

/**
 * schedules.sequential for schedulers: one after another, each from its own beginning.
 *
 * @throws NABLA_INVALID_ARGUMENT for no schedulers, schedulers of different optimizers, or milestones that do not fit
 *
 * @example
 * const { LinearLR, CosineAnnealingLR, SequentialLR } = optim.lrScheduler
 * const warm = new LinearLR(optimizer, { startFactor: 0.1, totalIters: 500 })
 * const schedulers = [warm, new CosineAnnealingLR(optimizer, { tMax: 9500 })]
 * const scheduler = new SequentialLR(optimizer, { schedulers, milestones: [500] })
 */
export class SequentialLR extends CompositeScheduler {
  private readonly milestones: readonly number[]

  constructor(optimizer: ScheduledOptimizer, options: SequentialLROptions) {
    const { schedulers, milestones } = checkOptions("SequentialLR", options, ["schedulers", "milestones"], [])
    super("SequentialLR", optimizer, schedulers)
    this.milestones = checkMilestones(milestones, schedulers.length)
    for (const group of this.groups) group.lr = group.initialLr!
    for (const part of schedulers) part.undo()
    schedulers[0]!.step()
    this.epoch = 0
  }

  step(epoch?: number): void {
    this.epoch = epoch ?? this.epoch + 1
    const at = this.milestones.filter((milestone) => milestone <= this.epoch).length
    const begin = at === 0 ? 0 : this.milestones[at - 1]!
    if (epoch !== undefined || (at > 0 && begin === this.epoch)) this.parts[at]!.step(this.epoch - begin)
    else this.parts[at]!.step()
  }
}

function checkMilestones(milestones: readonly number[], schedulers: number): readonly number[] {
  if (milestones.length !== schedulers - 1) {
    const got = `${schedulers} schedulers and ${milestones.length} milestones`
    throw invalidFor("SequentialLR", "the numbers do not fit", "one milestone fewer than schedulers", got)
  }
  const rising = milestones.every((at, i) => at > (i === 0 ? 0 : milestones[i - 1]!))
  if (rising) return milestones
  throw invalidFor(
    "SequentialLR",
    "the milestones do not rise",
    "each above the one before",
    milestones.join(", "),
  )
}

import type { AnyModule } from "../../nn/index.ts"
import type { Averageable, AveragedModelOptions } from "../../optim/index.ts"
import { AveragedModel } from "../../optim/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad } from "../../tensor/index.ts"
import type { Batches } from "../evaluate.ts"
import type { EpochEvent, FitListener, StepEvent, TrainingHandle } from "../events.ts"
import { checkOptions, invalid } from "../metrics/check.ts"

interface AveragingOptions {
  /** Whether held-out data are evaluated with the averages. Default: true. */
  readonly evaluate?: boolean
  /** Whether the model ends with the averages as its weights. Default: true. */
  readonly apply?: boolean
}

export interface WeightEMAOptions extends AveragingOptions {
  /** β, ≥ 0 and < 1. Default: 0.999. */
  readonly decay?: number
  /** Steps between two updates. Default: 1. */
  readonly every?: number
}

export interface StochasticWeightAveragingOptions extends AveragingOptions {
  /** The epoch after which the first weights are taken. Default: 1. */
  readonly start?: number
  /** Epochs between two weights that are taken. Default: 1. */
  readonly every?: number
  /** Data to go through in training mode at the end, so that batch norms get the statistics of the averages. Default: none. */
  readonly statisticsFrom?: Batches
}

type Model = AnyModule & Averageable<readonly unknown[], unknown>
type State = ReturnType<AveragedModel<never, never>["stateDict"]>

/** Weights that are averaged beside the training: when, is up to the subclasses. */
abstract class WeightAveraging implements FitListener {
  protected averaged: AveragedModel<readonly unknown[], unknown> | null = null
  private readonly averagedOptions: AveragedModelOptions
  private readonly evaluates: boolean
  private readonly applies: boolean
  /** The trained weights, while the model has the averages. */
  private own: (() => void) | null = null

  protected constructor(averaged: AveragedModelOptions, { evaluate = true, apply = true }: AveragingOptions) {
    this.averagedOptions = averaged
    this.evaluates = evaluate
    this.applies = apply
  }

  onStart(_event: unknown, { model }: TrainingHandle): void {
    this.averaged = new AveragedModel(model as Model, this.averagedOptions)
  }

  beforeEvaluation({ model }: TrainingHandle): void {
    if (this.evaluates) this.own = this.exchange(model)
  }

  afterEvaluation(): void {
    this.own?.()
    this.own = null
  }

  onEnd(_event: unknown, { model }: TrainingHandle): void {
    this.afterEvaluation()
    if (this.applies) this.exchange(model)
  }

  stateDict(): State | null {
    return this.averaged?.stateDict() ?? null
  }

  loadStateDict(state: State | null): void {
    if (state !== null) this.averaged?.loadStateDict(state)
  }

  /** Gives the model the averages, if there are any; the result gives it back what it had. */
  private exchange(model: AnyModule): (() => void) | null {
    const { averaged } = this
    if (averaged === null || averaged.nAveraged === 0) return null
    const averages = averaged.module.stateDict()
    const restores = Object.entries(model.stateDict()).map(([name, tensor]) => {
      const { node } = tensor
      tensor.replace(averages[name]!.node)
      return () => void tensor.replace(node)
    })
    return () => {
      for (const restore of restores) restore()
    }
  }
}

/**
 * A running average of the weights beside the training (Polyak & Juditsky, 1992): ā = β·ā + (1 − β)·θ after each step, or
 * after each `every`-th. The first update copies. The trained weights are not touched until the end.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example await fit(model, loader, { optimizer, test, callbacks: [new WeightEMA({ decay: 0.99 })] })
 */
export class WeightEMA extends WeightAveraging {
  readonly name = "weight-ema"
  private readonly every: number

  constructor(options: WeightEMAOptions = {}) {
    checkOptions("WeightEMA", options, ["decay", "every", "evaluate", "apply"])
    const { decay = 0.999, every = 1, ...rest } = options
    if (!(decay >= 0 && decay < 1))
      throw invalid("WeightEMA", "decay cannot be this", "a number ≥ 0 and < 1", decay)
    super({ decay }, rest)
    this.every = whole("WeightEMA", "every", every)
  }

  onStep({ step }: StepEvent): void {
    if (step % this.every === 0) this.averaged?.updateParameters()
  }
}

/**
 * Stochastic weight averaging (Izmailov et al., arXiv:1803.05407v3): the mean of the weights after the epochs from `start`
 * on. Batch norms need statistics of the averaged weights: see `statisticsFrom`.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 *
 * @example
 * const swa = new StochasticWeightAveraging({ start: 10, statisticsFrom: loader })
 * await fit(model, loader, { optimizer, epochs: 20, callbacks: [swa] })
 */
export class StochasticWeightAveraging extends WeightAveraging {
  readonly name = "stochastic-weight-averaging"
  private readonly start: number
  private readonly every: number
  private readonly statisticsFrom: Batches | undefined

  constructor(options: StochasticWeightAveragingOptions = {}) {
    checkOptions("StochasticWeightAveraging", options, [
      "start",
      "every",
      "evaluate",
      "apply",
      "statisticsFrom",
    ])
    const { start = 1, every = 1, statisticsFrom, ...rest } = options
    super({}, rest)
    this.start = whole("StochasticWeightAveraging", "start", start)
    this.every = whole("StochasticWeightAveraging", "every", every)
    this.statisticsFrom = statisticsFrom
  }

  onEpoch({ epoch }: EpochEvent): void {
    if (epoch >= this.start && (epoch - this.start) % this.every === 0) this.averaged?.updateParameters()
  }

  override async onEnd(event: unknown, training: TrainingHandle): Promise<void> {
    super.onEnd(event, training)
    if (this.statisticsFrom === undefined || this.averaged?.nAveraged === 0) return
    const model = training.model as AnyModule & { forward(x: Tensor): unknown }
    model.train()
    for await (const [x] of this.statisticsFrom) noGrad(() => model.forward(x))
  }
}

function whole(where: string, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw invalid(where, `${name} cannot be this`, "a whole number ≥ 1", value)
}

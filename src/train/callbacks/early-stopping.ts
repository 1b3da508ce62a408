import { NablaError } from "../../base/index.ts"
import type { AnyModule } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import type { EpochEvent, FitListener, TrainingHandle } from "../events.ts"
import { checkOptions, invalid } from "../metrics/check.ts"

export interface EarlyStoppingOptions {
  /** Name of the value that is watched, on the held-out data where there are any. Default: "loss". */
  readonly monitor?: string
  /** Whether small or large values are good. Default: "min" for names with loss, error, mae, rmse or perplexity, else "max". */
  readonly mode?: "min" | "max"
  /** Epochs without an improvement after which the training ends. Default: 5. */
  readonly patience?: number
  /** What an improvement must exceed. Default: 0. */
  readonly minDelta?: number
  /** Whether the model ends with the parameters and buffers of its best epoch, however it ends. Default: true. */
  readonly restoreBest?: boolean
  /**
   * Which weights are restored: those that are "trained" (default), or those that were "evaluated", where a callback before
   * this one evaluates others, such as a WeightEMA its averages.
   */
  readonly weights?: "trained" | "evaluated"
}

/** What is remembered: numbers and tensors, fit for a checkpoint. */
export interface EarlyStoppingState {
  readonly best: number | null
  readonly bestEpoch: number
  readonly wait: number
  readonly weights: Readonly<Record<string, Tensor>> | null
}

const SMALL_IS_GOOD = /loss|error|mae|rmse|mse|perplexity/i

/**
 * Ends a training whose value on the held-out data has not improved for `patience` epochs.
 *
 *     improved ⇔ value < best − minDelta   (mode "max": value > best + minDelta)
 *
 * Attributes: `best` and `bestEpoch`, once an epoch has ended. A value that is NaN is no improvement.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range; in fit, for a value that there is not
 *
 * @example
 * const stopping = new EarlyStopping({ monitor: "accuracy", patience: 3 })
 * await fit(model, loader, { optimizer, test, epochs: 100, callbacks: [stopping] })
 */
export class EarlyStopping implements FitListener {
  readonly name = "early-stopping"
  private readonly options: Required<EarlyStoppingOptions>
  /** Copies of what the last evaluation was of. */
  private evaluated: Readonly<Record<string, Tensor>> | null = null
  private known: EarlyStoppingState = { best: null, bestEpoch: 0, wait: 0, weights: null }

  constructor(options: EarlyStoppingOptions = {}) {
    const names = ["monitor", "mode", "patience", "minDelta", "restoreBest", "weights"]
    checkOptions("EarlyStopping", options, names)
    const { monitor = "loss", patience = 5, minDelta = 0, restoreBest = true } = options
    const { weights = "trained" } = options
    const { mode = SMALL_IS_GOOD.test(monitor) ? "min" : "max" } = options
    if (!(Number.isInteger(patience) && patience >= 1))
      throw invalid("EarlyStopping", "patience cannot be this", "a whole number ≥ 1", patience)
    if (!(minDelta >= 0)) throw invalid("EarlyStopping", "minDelta cannot be this", "a number ≥ 0", minDelta)
    if (mode !== "min" && mode !== "max")
      throw invalid("EarlyStopping", "mode cannot be this", "min | max", mode)
    if (weights !== "trained" && weights !== "evaluated")
      throw invalid("EarlyStopping", "weights cannot be these", "trained | evaluated", weights)
    this.options = { monitor, mode, patience, minDelta, restoreBest, weights }
  }

  get best(): number | null {
    return this.known.best
  }

  get bestEpoch(): number {
    return this.known.bestEpoch
  }

  async beforeEvaluation({ model }: TrainingHandle): Promise<void> {
    const { restoreBest, weights } = this.options
    if (restoreBest && weights === "evaluated") this.evaluated = await copyOf(model)
  }

  async onEpoch({ epoch, train, test }: EpochEvent, { model, stop }: TrainingHandle): Promise<void> {
    const { monitor, patience, restoreBest } = this.options
    const values = test ?? train
    const value = values[monitor]
    if (value === undefined) throw unknownValue(monitor, Object.keys(values))
    if (this.improves(value)) {
      const weights = restoreBest ? (this.evaluated ?? (await copyOf(model))) : null
      this.known = { best: value, bestEpoch: epoch, wait: 0, weights }
      return
    }
    this.known = { ...this.known, wait: this.known.wait + 1 }
    if (this.known.wait >= patience)
      stop(`${monitor} has not improved for ${patience} epochs: best ${this.best} in epoch ${this.bestEpoch}`)
  }

  onEnd(_event: unknown, { model }: TrainingHandle): void {
    if (this.known.weights !== null && this.known.wait > 0) model.loadStateDict(this.known.weights)
  }

  stateDict(): EarlyStoppingState {
    return this.known
  }

  loadStateDict(state: EarlyStoppingState): void {
    this.known = state
  }

  private improves(value: number): boolean {
    const { mode, minDelta } = this.options
    if (Number.isNaN(value)) return false
    if (this.known.best === null) return true
    return mode === "min" ? value < this.known.best - minDelta : value > this.known.best + minDelta
  }
}

/** The values of a model's parameters and buffers, as tensors of their own. */
async function copyOf(model: AnyModule): Promise<Record<string, Tensor>> {
  const entries = Object.entries(model.stateDict()).map(async ([name, value]) => {
    const { shape, dtype } = value
    return [name, tensor((await value.data()).slice(), { shape, dtype })] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

function unknownValue(monitor: string, known: readonly string[]): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such value to watch",
    expected: known.join(" | "),
    got: monitor,
    where: "EarlyStopping",
    hint: "name a metric of fit, or add it to { metrics }",
  })
}

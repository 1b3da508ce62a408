import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import type { Optimizer } from "../optim/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { Batches, EvaluateOptions } from "./evaluate.ts"
import { interrupted, objective } from "./evaluate.ts"
import { readReports } from "./metrics/report.ts"
import { Breather } from "./pause.ts"
import type { RateSuggestion } from "./rate-suggestion.ts"
import { suggestRate } from "./rate-suggestion.ts"
import { Snapshot } from "./snapshot.ts"
import { TrainingStep } from "./step.ts"

export interface LrRangeOptions<Output = Tensor> extends Pick<EvaluateOptions<Output>, "loss" | "signal"> {
  readonly optimizer: Optimizer
  /** The first rate. Default: 1e-6. */
  readonly from?: number
  /** The last rate. Default: 10. */
  readonly to?: number
  /** Default: 100. */
  readonly steps?: number
  /** Whether the rate grows by a factor or by a term in each step. Default: "exponential". */
  readonly scale?: "exponential" | "linear"
  /** Decay of the running average of the loss, in [0, 1). Default: 0.9. */
  readonly smoothing?: number
  /** The test ends when the smoothed loss is this many times its lowest value. Default: 4. */
  readonly divergence?: number
}

/** What a range test saw; the suggestion is read off the smoothed losses. */
export interface LrRangeResult extends RateSuggestion {
  readonly rates: readonly number[]
  /** Of the batch before the step with the rate. */
  readonly losses: readonly number[]
  /** Running averages of the losses. */
  readonly smoothed: readonly number[]
  /** Why it ended. */
  readonly ended: "all rates tried" | "the loss diverged" | "the loss was not finite"
}

const names = ["optimizer", "loss", "signal", "from", "to", "steps", "scale", "smoothing", "divergence"]

const SMOOTHING = 0.9

/**
 * The learning-rate range test (Smith 2017, arXiv:1506.01186v6, section 3.3): trains with rates that grow from step to
 * step, and suggests the one at which the loss falls fastest.
 *
 *     rate(t) = from·(to/from)^(t/(steps − 1))
 *     smoothed(t) = (Σₛ β^(t−s)·loss(s))/(Σₛ β^(t−s))        β: smoothing
 *
 * The model is left exactly as it was found: parameters, buffers, gradients, modes, the optimizer with its state, random
 * generators, and the epoch of the data loader, however the test ends.
 *
 * @param data batches, gone through as often as the steps need
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 * @throws NABLA_EMPTY_DATA when there is no batch
 * @throws NABLA_INTERRUPTED when the signal has been given
 *
 * @example
 * const { suggestion, reason } = await lrRangeTest(model, loader, { optimizer })
 * if (suggestion !== null) optimizer.lr = suggestion
 * console.log(reason)
 */
export async function lrRangeTest<Output = Tensor>(
  model: Module<readonly [Tensor], Output>,
  data: Batches,
  options: LrRangeOptions<Output>,
): Promise<LrRangeResult> {
  const rates = testedRates(options)
  const { optimizer } = options
  const snapshot = await Snapshot.of(model, optimizer, data)
  try {
    const seen = await train(model, data, options, rates)
    const { smoothing = SMOOTHING } = options
    return { ...seen, ...suggestRate({ ...seen, smoothing }) }
  } finally {
    await snapshot.restore()
  }
}

async function train<Output>(
  model: Module<readonly [Tensor], Output>,
  data: Batches,
  options: LrRangeOptions<Output>,
  rates: readonly number[],
): Promise<Pick<LrRangeResult, "rates" | "losses" | "smoothed" | "ended">> {
  const { optimizer, smoothing = SMOOTHING, divergence = 4, signal } = options
  const step = new TrainingStep({
    model,
    loss: objective(options).loss,
    metrics: {},
    optimizer,
    capture: true,
  })
  const average = new RunningAverage(smoothing)
  const breather = new Breather()
  const [losses, smoothed]: number[][] = [[], []]
  const batches = endless(data)
  const seen = (ended: LrRangeResult["ended"]) => ({
    rates: rates.slice(0, losses!.length),
    losses: losses!,
    smoothed: smoothed!,
    ended,
  })
  model.train()
  let lowest = Number.POSITIVE_INFINITY
  for (const rate of rates) {
    if (signal?.aborted) throw interrupted("the range test")
    for (const group of optimizer.paramGroups) group.lr = rate
    const [x, y] = batches.next().value as readonly [Tensor, Tensor]
    const loss = (await readReports(step.take([x, y]), 0))[0]!.loss
    if (!Number.isFinite(loss)) return seen("the loss was not finite")
    losses!.push(loss)
    smoothed!.push(average.add(loss))
    lowest = Math.min(lowest, smoothed!.at(-1)!)
    if (smoothed!.at(-1)! > divergence * lowest) return seen("the loss diverged")
    await breather.breathe()
  }
  return seen("all rates tried")
}

/** The mean of all values so far, with weights that fall by a factor with each newer value. */
class RunningAverage {
  private readonly decay: number
  private sum = 0
  private weight = 0

  constructor(decay: number) {
    this.decay = decay
  }

  add(value: number): number {
    this.sum = this.decay * this.sum + value
    this.weight = this.decay * this.weight + 1
    return this.sum / this.weight
  }
}

function* endless(data: Batches): Generator<readonly [Tensor, Tensor]> {
  for (;;) {
    let any = false
    for (const batch of data) {
      any = true
      yield batch
    }
    if (!any) {
      throw new NablaError("NABLA_EMPTY_DATA", {
        message: "there is no batch to train on",
        where: "lrRangeTest",
      })
    }
  }
}

function testedRates<Output>(options: LrRangeOptions<Output>): number[] {
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw invalid("there is no such option", names.join(", "), unknown.join(", "))
  const {
    from = 1e-6,
    to = 10,
    steps = 100,
    scale = "exponential",
    smoothing = SMOOTHING,
    divergence = 4,
  } = options
  if (typeof options.optimizer?.stateDict !== "function")
    throw invalid("there is no optimizer", "an optimizer of nabla/optim", String(options.optimizer))
  if (!(from > 0 && to > from && Number.isFinite(to)))
    throw invalid("these are no bounds", "0 < from < to", `from ${from}, to ${to}`)
  if (!Number.isSafeInteger(steps) || steps < 10)
    throw invalid("steps is no such number", "a whole number ≥ 10", String(steps))
  if (scale !== "exponential" && scale !== "linear")
    throw invalid("there is no such scale", "exponential | linear", String(scale))
  if (!(smoothing >= 0 && smoothing < 1))
    throw invalid("smoothing is no such number", "a number ≥ 0 and < 1", String(smoothing))
  if (!(divergence > 1)) throw invalid("divergence is no such number", "a number > 1", String(divergence))
  return Array.from({ length: steps }, (_, t) => {
    const share = t / (steps - 1)
    return scale === "linear" ? from + (to - from) * share : from * (to / from) ** share
  })
}

function invalid(message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: "lrRangeTest", expected, got })
}

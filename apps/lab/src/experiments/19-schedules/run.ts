import { Generator, optim, randn, schedules, zeros } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"

/** Runs that go on side by side, each with noise of its own. */
export const REPLICAS = 4096

export interface Follow {
  readonly rates: readonly number[]
  /** E[w²] over the replicas after each step. */
  readonly squares: readonly number[]
}

export interface View {
  readonly scheduled: Follow
  readonly constant: Follow
  readonly done: boolean
}

/** Where all runs begin: E[w²] = 1. */
export const START = 1

/** A student's record, as a schedule: from each step on, the rate that was set. */
function byHand(text: string, steps: number): schedules.Schedule {
  const changes = text.split(",").map((part) => {
    const [step, rate] = part.split("=").map((number) => Number(number.trim()))
    return { step: step!, rate: rate! }
  })
  return schedules.replay({ format: "nabla.rates", version: 1, steps, changes }, { past: "hold" })
}

export function scheduleOf({ schedule, rate, steps, hand }: Values): schedules.Schedule {
  switch (schedule) {
    case "exponential":
      return schedules.exponential(rate, 0.01 ** (1 / steps))
    case "cosine":
      return schedules.cosine(rate, steps)
    case "restarts":
      return schedules.cosineRestarts(rate, Math.ceil(steps / 7), { multiple: 2 })
    case "cyclical":
      return schedules.cyclical(rate / 20, rate, { up: Math.ceil(steps / 12) })
    case "oneCycle":
      return schedules.oneCycle(rate, steps)
    case "warmUp":
      return schedules.warmUp(schedules.constant(rate), Math.ceil(steps / 5), { from: 0.02 })
    case "byHand":
      return byHand(hand, steps)
    default:
      return schedules.step(rate, Math.ceil(steps / 2))
  }
}

/** Replicas of the noisy bowl ½(w − ξ)², ξ ~ N(0, 1), under one optimizer. */
class Replicas {
  private readonly w = zeros([REPLICAS], { dtype: "float64" }).add(START).detach().requiresGrad_()
  private readonly generator: Generator
  private readonly optimizer: optim.Optimizer
  readonly rates: number[] = []
  readonly squares: number[] = []

  constructor(lr: number | schedules.Schedule, seed: number) {
    this.generator = new Generator(seed)
    this.optimizer = optim.sgd([this.w], { lr })
  }

  step(): void {
    const { w, optimizer, generator } = this
    this.rates.push(optimizer.lr)
    optimizer.zeroGrad()
    const sample = randn([REPLICAS], { generator, dtype: "float64" })
    w.sub(sample).square().mul(0.5).sum().backward()
    optimizer.step()
    this.squares.push(w.square().mean().itemSync())
  }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { rate, steps, seed, broken } = values
  const schedule = scheduleOf(values)
  // Broken on purpose: the optimizer keeps the rate that it began with.
  const scheduled = new Replicas(broken ? schedule(0) : schedule, seed)
  const constant = new Replicas(rate, seed + 1)
  const planned = Array.from({ length: steps }, (_, step) => schedule(step))
  const copy = ({ rates, squares }: Follow): Follow => ({ rates: [...rates], squares: [...squares] })
  const view = (done: boolean): View => ({
    scheduled: { ...copy(scheduled), rates: planned.slice(0, scheduled.squares.length) },
    constant: copy(constant),
    done,
  })
  let pause = performance.now() + 80
  for (let step = 0; step < steps && !signal.aborted; step++) {
    scheduled.step()
    constant.step()
    if (performance.now() > pause) {
      yield view(false)
      pause = performance.now() + 80
    }
  }
  yield view(true)
}

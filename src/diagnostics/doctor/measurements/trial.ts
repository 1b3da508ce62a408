import type { AnyModule, Module } from "../../../nn/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { cat, noGrad, withValues } from "../../../tensor/index.ts"
import type { Batch } from "../../objective.ts"
import type { OptimizerLike } from "../optimizer-settings.ts"

/** What is different in a trial from the training as it is configured. */
export interface TrialOptions {
  readonly steps: number
  /** The learning rate, as a multiple of the configured one. Default: 1. */
  readonly rate?: number
  /** How many batches are joined to one. Default: 1. */
  readonly batches?: number
  /** Whether the optimizer's weight decay is left out. Default: false. */
  readonly withoutDecay?: boolean
}

/** A few steps of training under other settings, as a controlled experiment. Plain data. */
export interface Trial {
  readonly steps: number
  /** Mean loss over the same examples, before and after. */
  readonly before: number
  readonly after: number
  /** Standard error of after − before, from how it differs between eighths of the examples. */
  readonly error: number
  /** Loss of each step on its own batch. */
  readonly losses: readonly number[]
  readonly finite: boolean
}

export interface TrialParts {
  readonly model: Module<readonly [Tensor], Tensor>
  readonly batches: readonly Batch[]
  /** The examples that before and after are measured on. */
  readonly fixed: Batch
  readonly loss: (output: Tensor, target: Tensor) => Tensor
  readonly optimizer: OptimizerLike
}

const PARTS = 8

/** Trains under the given settings. What it changes is put back by the caller. */
export async function trial(parts: TrialParts, options: TrialOptions): Promise<Trial> {
  const { model, optimizer, loss } = parts
  const { steps, rate = 1, batches: many = 1, withoutDecay = false } = options
  optimizer.zeroGrad()
  const first = await measuredParts(parts)
  const configured = optimizer.paramGroups.map((group) => (group as { lr?: unknown }).lr)
  if (withoutDecay) for (const group of optimizer.paramGroups) Object.assign(group, { weightDecay: 0 })
  const losses: number[] = []
  let [next, finite] = [0, true]
  for (let i = 0; i < steps && finite; i++) {
    const taken = Array.from({ length: many }, () => parts.batches[next++ % parts.batches.length]!)
    optimizer.paramGroups.forEach((group, g) => {
      const lr = configured[g]
      const now = typeof lr === "function" ? lr(optimizer.steps ?? 0) : lr
      if (rate !== 1 && typeof now === "number") Object.assign(group, { lr: now * rate })
    })
    model.train()
    const [x, y] = together(taken)
    const value = loss(model.forward(x), y)
    optimizer.zeroGrad()
    value.backward()
    optimizer.step(() => value)
    losses.push(Number(await value.item()))
    finite = Number.isFinite(losses.at(-1))
  }
  const last = finite ? await measuredParts(parts) : first.map(() => NaN)
  const changes = last.map((value, i) => value - first[i]!)
  return { steps, losses, ...stated(first, last, changes), finite: finite && last.every(Number.isFinite) }
}

function stated(
  first: readonly number[],
  last: readonly number[],
  changes: readonly number[],
): Pick<Trial, "before" | "after" | "error"> {
  const change = mean(changes)
  const variance = mean(changes.map((value) => (value - change) ** 2)) * (PARTS / (PARTS - 1))
  const error = changes.length < 2 ? 0 : Math.sqrt(variance / changes.length)
  return { before: mean(first), after: mean(last), error }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function together(taken: readonly Batch[]): Batch {
  if (taken.length === 1) return taken[0]!
  return [cat(taken.map(([x]) => x)), cat(taken.map(([, y]) => y))]
}

/**
 * Losses of eighths of the fixed examples. Nothing is drawn and no statistics lag behind: dropout is off, batch norm
 * takes the examples' own statistics.
 */
async function measuredParts({ model, fixed: [x, y], loss }: TrialParts): Promise<number[]> {
  const examples = x.shape[0] ?? 1
  const parts = Math.min(PARTS, Math.max(1, Math.floor(examples / 2)))
  const size = Math.floor(examples / parts)
  const buffers = model.buffers()
  calm(model)
  const values = Array.from({ length: parts }, (_, i) =>
    noGrad(() =>
      withValues(buffers, buffers, () =>
        loss(model.forward(x.narrow(0, i * size, size)), y.narrow(0, i * size, size)).detach(),
      ),
    ),
  )
  return Promise.all(values.map(async (value) => Number(await value.item())))
}

function calm(model: AnyModule): void {
  for (const module of model.modules()) module.training = "runningMean" in module
}

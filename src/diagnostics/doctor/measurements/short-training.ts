import type { Module } from "../../../nn/index.ts"
import { noGrad, type Tensor } from "../../../tensor/index.ts"
import type { Observation } from "../../instrument/observation.ts"
import { instrument } from "../../instrument/probe.ts"
import type { Batch } from "../../objective.ts"
import type { OptimizerLike } from "../optimizer-settings.ts"

/**
 * One step of the caller's own loop: forward, backward, update. It may take the batch that it is given or draw its own,
 * and returns the loss if it has it.
 */
export type RawStep = (x: Tensor, y: Tensor) => unknown

/** Some steps of the training, as it is configured. Plain data. */
export interface ShortTraining {
  /** Loss of each step on its own batch, before the update. */
  readonly losses: readonly number[]
  /** Examples of each step's batch. */
  readonly batchSizes: readonly number[]
  /** Mean loss of the same examples in evaluation mode, before and after. */
  readonly before: number
  readonly after: number
  /** Observed steps: the first, every few, and the last. */
  readonly observations: readonly Observation[]
  /** A pass in training mode over the fixed examples after it, without a step. */
  readonly end: Observation | null
  /** Step of the first loss that was not finite, from 1. */
  readonly nonFiniteAt: number | null
}

export interface ShortTrainingParts {
  readonly model: Module<readonly [Tensor], Tensor>
  readonly batches: readonly Batch[]
  readonly fixed: Batch
  readonly loss: (output: Tensor, target: Tensor) => Tensor
  readonly optimizer: OptimizerLike
  readonly step: RawStep | null
  readonly steps: number
}

/** Trains for some steps and watches. What it changes is put back by the caller. */
export async function shortTraining(parts: ShortTrainingParts): Promise<ShortTraining> {
  const { model, batches, fixed, loss, steps } = parts
  const every = Math.max(1, Math.floor(steps / 12))
  const probe = instrument(model, { tier: "full", every, bins: 0, window: 2 })
  const losses: number[] = []
  const batchSizes: number[] = []
  let nonFiniteAt: number | null = null
  try {
    const before = await evaluated(model, fixed, loss)
    for (let i = 0; i < steps && nonFiniteAt === null; i++) {
      const batch = batches[i % batches.length]!
      const value = await oneStep(parts, batch)
      await probe.after()
      losses.push(value)
      batchSizes.push(batch[0].shape[0] ?? 1)
      if (!Number.isFinite(value)) nonFiniteAt = i + 1
    }
    const after = await evaluated(model, fixed, loss)
    const observations = [...probe.observations]
    probe.detach()
    const end = nonFiniteAt === null ? await lookedAt(model, fixed, loss) : null
    return { losses, batchSizes, before, after, observations, end, nonFiniteAt }
  } finally {
    probe.detach()
  }
}

/** What a pass forward and backward shows. */
export async function lookedAt(
  model: Module<readonly [Tensor], Tensor>,
  [x, y]: Batch,
  loss: (output: Tensor, target: Tensor) => Tensor,
): Promise<Observation> {
  const probe = instrument(model, { tier: "full", every: 1 })
  try {
    model.train()
    loss(model.forward(x), y).backward()
    return (await probe.after())!
  } finally {
    probe.detach()
  }
}

async function oneStep(parts: ShortTrainingParts, [x, y]: Batch): Promise<number> {
  const { model, loss, optimizer, step } = parts
  if (step === null) {
    model.train()
    const value = loss(model.forward(x), y)
    optimizer.zeroGrad()
    value.backward()
    optimizer.step(() => value)
    return Number(await value.item())
  }
  const given = await step(x, y)
  if (typeof given === "number") return given
  if (hasItem(given)) return Number(await given.item())
  const modes = model.modules().map((module) => ({ module, training: module.training }))
  const value = await evaluated(model, [x, y], loss)
  for (const { module, training } of modes) module.training = training
  return value
}

function hasItem(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "item" in value
}

/** The loss in evaluation mode; the mode is left so. */
export async function evaluated(
  model: Module<readonly [Tensor], Tensor>,
  [x, y]: Batch,
  loss: (output: Tensor, target: Tensor) => Tensor,
): Promise<number> {
  model.eval()
  return Number(await noGrad(() => loss(model.forward(x), y)).item())
}

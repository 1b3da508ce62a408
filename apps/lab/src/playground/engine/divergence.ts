import { noGrad, tensor } from "nabla"
import type { Snapshot, Trainer } from "./trainer.ts"

/** Where a run left the finite numbers. */
export interface Divergence {
  readonly epoch: number
  /** The update at which something was not finite. */
  readonly step: number
  /** Counted from 1. */
  readonly layer: number
  readonly what: "activations" | "weights" | "loss"
}

const finite = (values: ArrayLike<number>): boolean => Array.from(values).every(Number.isFinite)

/** Repeats a run from its last good state, first epoch by epoch, then step by step. The trainer ends at the last good epoch. */
export function locate(trainer: Trainer, from: Snapshot, until: number): Divergence {
  trainer.restore(from)
  let good = from
  while (trainer.epoch < until) {
    trainer.trainEpoch()
    if (!trainer.finite || !Number.isFinite(trainer.scores(trainer.train).loss)) break
    good = trainer.snapshot()
  }
  trainer.restore(good)
  const found = firstBadStep(trainer)
  trainer.restore(good)
  return found
}

function firstBadStep(trainer: Trainer): Divergence {
  const epoch = trainer.epoch + 1
  for (const batch of trainer.batches()) {
    const step = trainer.steps + 1
    const layer = firstBadLayer(trainer, batch)
    if (layer !== null) return { epoch, step, layer, what: "activations" }
    trainer.net.train()
    trainer.trainBatches([batch])
    const bad = trainer.layers().findIndex(({ weight, bias }) => !finite(weight) || !finite(bias))
    if (bad >= 0) return { epoch, step, layer: bad + 1, what: "weights" }
  }
  // All is finite, but squares of the outputs are not.
  return { epoch, step: trainer.steps, layer: trainer.net.layers.length, what: "loss" }
}

function firstBadLayer(trainer: Trainer, batch: readonly number[]): number | null {
  const { features, width } = trainer.train
  const rows = batch.flatMap((place) => [...features.slice(place * width, (place + 1) * width)])
  const x = tensor(Float64Array.from(rows), { shape: [batch.length, width], dtype: "float64" })
  trainer.net.eval()
  const outputs = noGrad(() => trainer.net.outputs(x))
  const bad = outputs.findIndex((layer) => !finite(layer.dataSync() as Float64Array))
  return bad < 0 ? null : bad + 1
}

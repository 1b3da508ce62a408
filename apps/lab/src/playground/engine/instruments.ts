import { enableGrad, tensor } from "nabla"
import type { Diagnosis } from "nabla/diagnostics"
import { diagnose, exactSpectrum, hessianOf, objectiveOf } from "nabla/diagnostics"
import type { Trainer } from "./trainer.ts"

const f64 = { dtype: "float64" } as const

/** Larger Hessians take too long to write out while somebody waits. */
export const LARGEST_SPECTRUM = 600

export interface Spectrum {
  /** Ascending. */
  readonly values: Float64Array
  readonly condition: number
  readonly negative: number
  /** The largest rate at which plain descent on this quadratic does not diverge. */
  readonly stableRate: number
}

export interface LayerInstruments {
  /** Counts in equal bins between the least and the largest value. */
  readonly activations: HistogramOf
  readonly gradients: HistogramOf
  /** Units whose output is the same for every point. */
  readonly silent: number
}

export interface HistogramOf {
  readonly from: number
  readonly to: number
  readonly counts: readonly number[]
  /** Root of the mean square. */
  readonly size: number
}

const BINS = 32

function histogram(values: Float64Array): HistogramOf {
  let [from, to, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const value of values) {
    from = Math.min(from, value)
    to = Math.max(to, value)
    squares += value * value
  }
  const counts = new Array<number>(BINS).fill(0)
  const width = to > from ? to - from : 1
  for (const value of values) counts[Math.min(BINS - 1, Math.floor(((value - from) / width) * BINS))]!++
  return { from, to, counts, size: Math.sqrt(squares / Math.max(1, values.length)) }
}

/** All training data. */
export function tensorsOf({ train, objective }: Trainer) {
  const x = tensor(train.features, { shape: [train.count, train.width], ...f64 })
  const y =
    objective.outputs > 1
      ? tensor(Int32Array.from(train.labels))
      : tensor(train.labels, { shape: [train.count, 1], ...f64 })
  return [x, y] as const
}

/** Activations and gradients of each layer, over all training data. */
export function instrument(trainer: Trainer): LayerInstruments[] {
  const [x, y] = tensorsOf(trainer)
  trainer.net.eval()
  trainer.net.zeroGrad()
  const outputs = enableGrad(() => {
    const all = trainer.net.outputs(x)
    trainer.objective.loss(all.at(-1)!, y).backward()
    return all
  })
  const found = outputs.map((output, i) => {
    const values = Float64Array.from(output.dataSync())
    const { weight } = trainer.net.layers.at(i)!
    return {
      activations: histogram(values),
      gradients: histogram(Float64Array.from(weight.grad!.dataSync())),
      silent: silentUnits(values, output.shape[1]!),
    }
  })
  trainer.net.zeroGrad()
  return found
}

function silentUnits(values: Float64Array, units: number): number {
  let silent = 0
  for (let unit = 0; unit < units; unit++) {
    let same = true
    for (let i = unit; i < values.length && same; i += units) same = values[i] === values[unit]
    if (same) silent++
  }
  return silent
}

/**
 * Lets the doctor measure: he tries steps and undoes them, and puts other tensors in the place of those that the captured
 * program knows.
 */
export async function undisturbed<T>(trainer: Trainer, measure: () => Promise<T>): Promise<T> {
  // A captured step leaves gradients behind that nobody can read.
  trainer.net.zeroGrad()
  const before = trainer.snapshot()
  try {
    return await measure()
  } finally {
    trainer.restore(before)
  }
}

/** What the doctor finds in the run as it stands. */
export function examine(trainer: Trainer): Promise<Diagnosis> {
  const { net, objective, optimizers, classic } = trainer
  return undisturbed(trainer, () =>
    diagnose(net, tensorsOf(trainer), {
      loss: (z, target) => objective.loss(z, target),
      // Playground's own rule is none that the doctor knows, and he steps by gradients alone.
      ...(classic || optimizers.length > 1 || optimizers[0]!.needsClosure
        ? {}
        : { optimizer: optimizers[0]! }),
    }),
  )
}

/** All eigenvalues of the Hessian of the training loss, without a penalty. */
export async function spectrumOf(trainer: Trainer): Promise<Spectrum> {
  const { net, objective } = trainer
  const [x, y] = tensorsOf(trainer)
  const whole = objectiveOf(net, [x, y], { loss: (z, target) => objective.loss(z, target) })
  const { values, condition, negative } = await exactSpectrum(hessianOf(whole))
  return { values: Float64Array.from(values), condition, negative, stableRate: 2 / values.at(-1)! }
}

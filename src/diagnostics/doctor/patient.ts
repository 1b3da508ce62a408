import type { Module } from "../../nn/index.ts"
import { crossEntropy } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad } from "../../tensor/index.ts"
import type { NoiseReport } from "../backward/noise.ts"
import { gradientNoise } from "../backward/noise.ts"
import { hessianOf } from "../curvature/operator.ts"
import { topEigenvalues } from "../curvature/top-eigenvalues.ts"
import type { DataAnalysis } from "../data/analyze-data.ts"
import { analyzeData } from "../data/analyze-data.ts"
import type { InitAnalysis } from "../initialisation/analyze-init.ts"
import { analyzeInit } from "../initialisation/analyze-init.ts"
import type { Observation } from "../instrument/observation.ts"
import type { BatchNormReport } from "../normalisation/analyze-batch-norm.ts"
import { analyzeBatchNorm } from "../normalisation/analyze-batch-norm.ts"
import type { Batch } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import type { TrainingHistory } from "./history.ts"
import { readHistory } from "./history.ts"
import type { Anatomy } from "./measurements/anatomy.ts"
import { anatomy } from "./measurements/anatomy.ts"
import { joined, takeBatches } from "./measurements/batches.ts"
import type { LossKind } from "./measurements/loss-kind.ts"
import { lossKind } from "./measurements/loss-kind.ts"
import type { OneBatchFit } from "./measurements/one-batch.ts"
import { fitOneBatch } from "./measurements/one-batch.ts"
import type { ShortTraining } from "./measurements/short-training.ts"
import { evaluated, lookedAt, shortTraining } from "./measurements/short-training.ts"
import type { Trial, TrialOptions } from "./measurements/trial.ts"
import { trial } from "./measurements/trial.ts"
import { untouched } from "./measurements/untouched.ts"
import type { OptimizerSettings } from "./optimizer-settings.ts"
import { optimizerSettings } from "./optimizer-settings.ts"
import type { DiagnoseOptions } from "./options.ts"

export type PatientModel = Module<readonly [Tensor], Tensor>

/** The outermost eigenvalues of the Hessian of the loss on a batch. */
export interface Curvature {
  /** The three largest. */
  readonly largest: readonly number[]
  /** The most negative one, or the smallest. */
  readonly smallest: number
  /** Whether the largest is exact to about a percent. */
  readonly converged: boolean
}

/** The loss in evaluation mode, on data that were trained on and on held-out data; null where there are none. */
export interface EvalGap {
  readonly train: number
  readonly test: number | null
}

/** Examples of one batch of the cheaper measurements. */
const BATCH = 256
/** Examples whose curvature and single gradients are computed. */
const FEW = 128
const TRIAL_STEPS = 60

/**
 * What the doctor examines: a model, its data, and what else is known of the training. Each measurement is made when it
 * is first asked for, once, and leaves everything as it was found.
 */
export class Patient {
  readonly model: PatientModel
  readonly options: DiagnoseOptions
  readonly loss: (output: Tensor, target: Tensor) => Tensor
  /** The first batches, as the training gets them. */
  readonly batches: readonly Batch[]
  readonly testBatches: readonly Batch[] | null
  readonly optimizer: OptimizerSettings | null
  readonly history: TrainingHistory
  /** Whether the weights are no longer those that the model began with. */
  readonly trained: boolean
  private readonly measured = new Map<string, Promise<unknown>>()
  private queue: Promise<unknown> = Promise.resolve()

  constructor(model: PatientModel, data: Batch | Iterable<Batch>, options: DiagnoseOptions = {}) {
    this.model = model
    this.options = options
    this.loss = options.loss ?? ((output, target) => crossEntropy(output, target))
    this.batches = takeBatches(data)
    this.testBatches = options.test === undefined ? null : takeBatches(options.test)
    this.optimizer = options.optimizer === undefined ? null : optimizerSettings(options.optimizer)
    this.history = readHistory(options.history ?? [])
    const { steps, epochs } = this.history
    const known = steps.length + epochs.length > 0 || (this.optimizer?.steps ?? 0) > 0
    this.trained = options.trained ?? known
  }

  /** Examples of a batch of the training. */
  get batchSize(): number {
    return this.batches[0]![0].shape[0] ?? 1
  }

  /** All examples that were taken of the data, at most 2048. */
  get sample(): Batch {
    return joined(this.batches)
  }

  get testSample(): Batch | null {
    return this.testBatches === null ? null : joined(this.testBatches)
  }

  /** Some examples, for passes through the model: at most 256. */
  get batch(): Batch {
    return joined(this.batches, BATCH)
  }

  /** A few examples, for what costs many passes: at most 128. */
  get few(): Batch {
    return joined(this.batches, FEW)
  }

  /**
   * A measurement of a check's own: made once by its name, and everything that it changed is put back. `f` must not wait
   * for other measurements, which wait for their turn.
   */
  measure<T>(name: string, f: () => T | Promise<T>): Promise<T> {
    let result = this.measured.get(name)
    if (result === undefined) {
      result = this.turn(() => untouched(this.model, this.options.optimizer ?? null, f))
      this.measured.set(name, result)
    }
    return result as Promise<T>
  }

  /** The data, with labels if they are class indices, against the held-out ones. */
  data(): Promise<DataAnalysis> {
    const test = this.testSample
    const [x, labels] = this.sample
    return this.measure("data", () =>
      analyzeData(x, { labels, ...(test !== null && { test: test[0] }), maxFeatures: 128 }),
    )
  }

  /** How the model is built and what its layers are given. */
  anatomy(): Promise<Anatomy> {
    return this.measure("anatomy", () => anatomy(this.model, this.batch[0]))
  }

  /** The same of the model as it began, where that is known; else as it is. */
  initialAnatomy(): Promise<Anatomy> {
    const { initial } = this.options
    if (initial === undefined) return this.anatomy()
    return this.measure("initial anatomy", () => anatomy(initial, this.batch[0]))
  }

  /** The features as the first layer with weights gets them; null behind an embedding or a normalisation. */
  features(): Promise<DataAnalysis | null> {
    return this.measure("features", async () => {
      const { features } = await anatomy(this.model, this.sample[0])
      return features === null ? null : analyzeData(features, { maxFeatures: 128 })
    })
  }

  lossKind(): Promise<LossKind> {
    return this.measure("loss kind", () => {
      this.model.eval()
      const output = noGrad(() => this.model.forward(this.few[0]))
      return lossKind(this.loss, output, this.few[1])
    })
  }

  /** The model as it began; null for a trained one without `initial`. */
  init(): Promise<InitAnalysis | null> {
    const model = this.options.initial ?? (this.trained ? null : this.model)
    const [x, y] = this.batch
    const loss = (output: Tensor): Tensor => this.loss(output, y)
    return this.measure("init", () => (model === null ? null : analyzeInit(model, x, { loss })))
  }

  /** One pass forward and backward in training mode, with the weights as they are. */
  pass(): Promise<Observation> {
    return this.measure("pass", () => lookedAt(this.model, this.batch, this.loss))
  }

  /** What the model answers in evaluation mode, of `batch`. */
  output(): Promise<{ readonly shape: readonly number[]; readonly values: ArrayLike<number> }> {
    return this.measure("output", async () => {
      this.model.eval()
      const output = noGrad(() => this.model.forward(this.batch[0]))
      return { shape: output.shape, values: await output.data() }
    })
  }

  gradientNoise(): Promise<NoiseReport> {
    const [x, y] = this.few
    return this.measure("gradient noise", () => gradientNoise(this.model, x, y, { loss: this.loss }))
  }

  curvature(): Promise<Curvature> {
    return this.measure("curvature", async () => {
      const objective = objectiveOf(this.model, this.few, { loss: this.loss, mode: "train" })
      const hessian = hessianOf(objective)
      const options = { tolerance: 0.01, maxProducts: 40, seed: 1 }
      const k = Math.min(3, objective.size)
      const largest = await topEigenvalues(hessian, k, options)
      const smallest = await topEigenvalues(hessian, 1, { ...options, which: "smallest", resume: largest })
      return { largest: largest.values, smallest: smallest.values[0]!, converged: largest.converged }
    })
  }

  /** Some steps as the training is configured, from the weights as they are; null without an optimizer. */
  shortTraining(): Promise<ShortTraining | null> {
    const { optimizer, step = null, trialSteps: steps = TRIAL_STEPS } = this.options
    return this.measure("short training", () => {
      if (optimizer === undefined) return null
      const { model, batches, batch: fixed, loss } = this
      return shortTraining({ model, batches, fixed, loss, optimizer, step, steps })
    })
  }

  /** Some steps under other settings, by a loop of the doctor's own; null without an optimizer. */
  trial(options: TrialOptions): Promise<Trial | null> {
    const { optimizer } = this.options
    const { model, batches, batch: fixed, loss } = this
    return this.measure(`trial ${JSON.stringify(options)}`, () =>
      optimizer === undefined ? null : trial({ model, batches, fixed, loss, optimizer }, options),
    )
  }

  /** Whether the model can learn 32 examples by heart. */
  oneBatch(): Promise<OneBatchFit> {
    const batch = joined(this.batches, 32)
    return this.measure("one batch", () => fitOneBatch(this.model, batch, this.loss))
  }

  trainTestGap(): Promise<EvalGap> {
    const test = this.testSample
    return this.measure("gap", async () => ({
      train: await evaluated(this.model, this.sample, this.loss),
      test: test === null ? null : await evaluated(this.model, test, this.loss),
    }))
  }

  /** What batch norm does; null when the model has none. */
  batchNorm(): Promise<BatchNormReport | null> {
    return this.measure("batch norm", async () => {
      const has = this.model
        .modules()
        .some((module) => /^(Sync)?Batch(Norm|Renorm)/.test(module.constructor.name))
      return has ? analyzeBatchNorm(this.model, this.sample[0]) : null
    })
  }

  /** One measurement at a time: each takes the model to itself. */
  private turn<T>(f: () => Promise<T>): Promise<T> {
    const result = this.queue.then(f)
    this.queue = result.catch(() => {})
    return result
  }
}

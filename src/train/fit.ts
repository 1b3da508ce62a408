import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { Batches, EvaluateOptions } from "./evaluate.ts"
import { evaluate, interrupted, objective } from "./evaluate.ts"
import type { EndEvent, EpochEvent, FitListener, FitStatus } from "./events.ts"
import type { Loss, Metrics, Values } from "./metrics.ts"
import { RunningMeans, readReport } from "./metrics.ts"
import { nonFiniteError, ParameterGuard } from "./non-finite.ts"
import { Breather } from "./pause.ts"
import type { Steppable } from "./step.ts"
import { TrainingStep } from "./step.ts"

export interface FitOptions<Output = Tensor> extends EvaluateOptions<Output> {
  readonly optimizer: Steppable
  /** How often to go through the data. Default: 1. */
  readonly epochs?: number
  /** Held-out data, evaluated after each epoch. */
  readonly test?: Batches
  readonly listeners?: readonly FitListener[]
  /** Largest norm of all gradients together; larger ones are scaled down (see clipGradNorm_). Default: none. */
  readonly clipGradNorm?: number
  /**
   * Whether steps are captured and replayed where that gives the same (see TrainingStep); gradients are then not left on
   * the parameters. Default: true.
   */
  readonly capture?: boolean
  /** Ends the training after the step at hand; it then counts as interrupted, not as failed. */
  readonly signal?: AbortSignal
}

export interface FitResult extends EndEvent {
  readonly status: "completed" | "interrupted"
}

/**
 * Trains a model: for each batch the loss, its gradients and a step of the optimizer; after each epoch an evaluation on
 * held-out data. All arithmetic is that of the plain loop, so both give the same bits.
 *
 * @throws NABLA_NON_FINITE when a loss is not finite: it names the step and the first layer whose output was not
 *   finite, and the parameters have the values from before that step
 * @throws NABLA_INVALID_ARGUMENT when `epochs` is no whole number ≥ 1
 * @throws what the model, the data or a listener throws
 *
 * @example
 * const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
 * const result = await fit(model, loader, { optimizer, epochs: 3, test })
 */
export async function fit<Output = Tensor>(
  model: Module<readonly [Tensor], Output>,
  data: Batches,
  options: FitOptions<Output>,
): Promise<FitResult> {
  const training = new Training(model, data, options)
  try {
    return await training.run()
  } catch (error) {
    // The first error is the one to tell; a listener that fails on the way out must not hide it.
    if (!training.ended) await training.end("failed", error).catch(() => {})
    throw error
  }
}

/** The state of one call of fit. */
class Training<Output> {
  private readonly model: Module<readonly [Tensor], Output>
  private readonly data: Batches
  private readonly options: FitOptions<Output>
  private readonly loss: Loss<Output>
  private readonly metrics: Metrics<Output>
  private readonly body: TrainingStep<Output>
  private readonly epochs: number
  private readonly guard: ParameterGuard
  private readonly began = performance.now()
  private readonly breather = new Breather()
  private readonly history: EpochEvent[] = []
  private step = 0
  private samples = 0
  private trainingSeconds = 0
  ended = false

  constructor(model: Module<readonly [Tensor], Output>, data: Batches, options: FitOptions<Output>) {
    this.model = model
    this.data = data
    this.options = options
    this.epochs = checkEpochs(options.epochs ?? 1)
    const { loss, metrics } = objective(options)
    this.loss = loss
    this.metrics = metrics
    const { optimizer, clipGradNorm, capture = true } = options
    this.body = new TrainingStep({ model, loss, metrics, optimizer, clipGradNorm, capture })
    this.guard = new ParameterGuard(model)
  }

  async run(): Promise<FitResult> {
    await this.tell((listener) => listener.onStart?.({ epochs: this.epochs, ...this.batches }))
    this.model.train()
    try {
      for (let epoch = 1; epoch <= this.epochs; epoch++) await this.runEpoch(epoch)
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_INTERRUPTED")) throw error
      return { ...(await this.end("interrupted")), status: "interrupted" }
    }
    return { ...(await this.end("completed")), status: "completed" }
  }

  private async runEpoch(epoch: number): Promise<void> {
    const means = new RunningMeans()
    const [samplesBefore, secondsBefore] = [this.samples, this.trainingSeconds]
    let batch = 0
    let mark = performance.now()
    for (const [x, y] of this.data) {
      this.checkSignal()
      const values = await this.takeStep(epoch, x, y)
      const samples = x.shape[0]!
      means.add(values, samples)
      this.step++
      this.samples += samples
      this.trainingSeconds += (performance.now() - mark) / 1000
      const progress = { epoch, epochs: this.epochs, batch: ++batch, ...this.batches, step: this.step }
      const event = { ...progress, samples, values, means: means.values, seconds: this.seconds }
      await this.tell((listener) => listener.onStep?.(event))
      await this.breather.breathe()
      mark = performance.now()
    }
    this.checkSignal()
    const samplesPerSecond = (this.samples - samplesBefore) / (this.trainingSeconds - secondsBefore)
    await this.endEpoch(epoch, means.values, samplesPerSecond)
  }

  /** A step; the numbers are read when it has computed them along with the parameters. */
  private async takeStep(epoch: number, x: Tensor, y: Tensor): Promise<Values> {
    this.guard.remember()
    const { obstacle } = this.body
    const reported = this.body.take(x, y)
    if (this.body.obstacle !== obstacle)
      await this.tell((it) => it.onNotice?.(uncaptured(this.body.obstacle!)))
    const values = await readReport(reported, this.metrics)
    if (Number.isFinite(values.loss)) return values
    await this.guard.restore()
    throw await nonFiniteError(this.model, x, { loss: values.loss!, step: this.step + 1, epoch })
  }

  private async endEpoch(epoch: number, train: Values, samplesPerSecond: number): Promise<void> {
    const { test, signal } = this.options
    const objective = { loss: this.loss, metrics: this.metrics, ...(signal && { signal }) }
    const measured = test && { test: await evaluate(this.model, test, objective) }
    const times = { seconds: this.seconds, samplesPerSecond }
    const event = { epoch, epochs: this.epochs, step: this.step, train, ...measured, ...times }
    this.history.push(event)
    await this.tell((listener) => listener.onEpoch?.(event))
  }

  /** Tells the listeners how it ended; all of them are told, and the first error among theirs is thrown. */
  async end(status: FitStatus, error?: unknown): Promise<EndEvent> {
    this.ended = true
    const samplesPerSecond = this.step === 0 ? 0 : this.samples / this.trainingSeconds
    const event = {
      status,
      steps: this.step,
      epochs: this.history,
      seconds: this.seconds,
      samplesPerSecond,
      ...(error === undefined ? {} : { error }),
    }
    const failures: unknown[] = []
    for (const listener of this.options.listeners ?? []) {
      try {
        await listener.onEnd?.(event)
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 0) throw failures[0]
    return event
  }

  private async tell(call: (listener: FitListener) => void | Promise<void>): Promise<void> {
    for (const listener of this.options.listeners ?? []) await call(listener)
  }

  private checkSignal(): void {
    if (this.options.signal?.aborted) throw interrupted("the training")
  }

  private get batches(): { batches?: number } {
    return this.data.length === undefined ? {} : { batches: this.data.length }
  }

  private get seconds(): number {
    return (performance.now() - this.began) / 1000
  }
}

function checkEpochs(epochs: number): number {
  if (Number.isSafeInteger(epochs) && epochs >= 1) return epochs
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "epochs is no such number",
    expected: "a whole number ≥ 1",
    got: String(epochs),
    where: "fit",
  })
}

function uncaptured(obstacle: NablaError): string {
  return `steps are not replayed, which would be faster: ${obstacle.detail.message}`
}

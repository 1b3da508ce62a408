import { NablaError } from "../base/index.ts"
import type { Module } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { realize } from "../tensor/index.ts"
import type { Checkpoint, Stateful, TrainingPosition } from "./checkpoint.ts"
import type { Batches, EvaluateOptions, StreamedBatches } from "./evaluate.ts"
import { evaluate, interrupted, objective } from "./evaluate.ts"
import type { EndEvent, EpochEvent, FitListener, FitStatus, TrainingHandle } from "./events.ts"
import type { CheckpointKeeper } from "./fit-checkpoints.ts"
import { FitCheckpoints } from "./fit-checkpoints.ts"
import type { Loss, Metrics, Values } from "./metrics/index.ts"
import type { BatchReport } from "./metrics/report.ts"
import { RunningValues, readReports } from "./metrics/report.ts"
import { nonFiniteError, ParameterGuard } from "./non-finite.ts"
import { Breather } from "./pause.ts"
import type { Batch, Steppable } from "./step.ts"
import { TrainingStep } from "./step.ts"

export interface FitOptions<Output = Tensor> extends EvaluateOptions<Output> {
  readonly optimizer: Steppable
  /** How often to go through the data. Default: 1. */
  readonly epochs?: number
  /** Held-out data, evaluated after each epoch. */
  readonly test?: Batches | StreamedBatches
  /** What acts on the training between its steps, such as EarlyStopping; told before the listeners, in their order. */
  readonly callbacks?: readonly FitListener[]
  readonly listeners?: readonly FitListener[]
  /** Largest norm of all gradients together; larger ones are scaled down (see clipGradNorm_). Default: none. */
  readonly clipGradNorm?: number
  /** Largest absolute value of the gradients' entries; others are cut off there (see clipGradValue_). Default: none. */
  readonly clipGradValue?: number
  /**
   * Batches whose gradients make one step, weighted by their sizes: the step is that of one batch of all their samples,
   * where samples do not influence each other. The last step of an epoch takes what is left. Default: 1.
   */
  readonly accumulate?: number
  /** Steps after which the held-out data are evaluated within an epoch, too. Default: only after each epoch. */
  readonly evaluateEvery?: number
  /**
   * Whether steps are captured and replayed where that gives the same (see TrainingStep); gradients are then not left on
   * the parameters. Default: true.
   */
  readonly capture?: boolean
  /** Takes checkpoints while the training goes on, such as a CheckpointFolder. Evaluations are then not cut short. */
  readonly checkpoint?: CheckpointKeeper
  /** Goes on where this checkpoint was taken, with the same bits: model, optimizer and data are made as they were then. */
  readonly resume?: Checkpoint | null
  /** What else changes in a training and belongs into checkpoints, by name, such as a scheduler. */
  readonly state?: Readonly<Record<string, Stateful>>
  /** Fitted preprocessing by name, which is kept in checkpoints for whoever uses the model. */
  readonly preprocessing?: Readonly<Record<string, unknown>>
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
 * @throws NABLA_STATE_DICT or NABLA_DATA_MISMATCH when model, optimizer or data do not fit the checkpoint to resume
 * @throws what the model, the data or a listener throws
 *
 * @example
 * const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
 * const result = await fit(model, loader, { optimizer, epochs: 3, test })
 */
export async function fit<Output = Tensor>(
  model: Module<readonly [Tensor], Output>,
  data: Batches | StreamedBatches,
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

/** Samples, and seconds that went into training on them; of those, what went by until batches were there. */
interface Taken {
  readonly samples: number
  readonly training: number
  readonly waiting: number
}

type Pace = Pick<EpochEvent, "samplesPerSecond" | "dataWaitShare">

function pace(before: Taken, after: Taken): Pace {
  const seconds = after.training - before.training
  if (seconds === 0) return { samplesPerSecond: 0, dataWaitShare: 0 }
  return {
    samplesPerSecond: (after.samples - before.samples) / seconds,
    dataWaitShare: (after.waiting - before.waiting) / seconds,
  }
}

/** The state of one call of fit. */
class Training<Output> {
  private readonly model: Module<readonly [Tensor], Output>
  private readonly data: Batches | StreamedBatches
  private readonly options: FitOptions<Output>
  private readonly loss: Loss<Output>
  private readonly metrics: Metrics<Output>
  private readonly body: TrainingStep<Output>
  private readonly epochs: number
  private readonly accumulate: number
  /** Callbacks, then listeners. */
  private readonly followers: readonly FitListener[]
  private readonly handle: TrainingHandle
  private stopped: string | null = null
  private readonly guard: ParameterGuard
  private readonly began = performance.now()
  private readonly breather = new Breather()
  private readonly history: EpochEvent[] = []
  private readonly checkpoints: FitCheckpoints
  /** The epoch at hand, batches of it that were trained on, whether these were all, and their values. */
  private epoch = 1
  private batch = 0
  private trained = false
  private running: RunningValues
  private step = 0
  private samples = 0
  private trainingSeconds = 0
  private waitingSeconds = 0
  /** Of the training before it was resumed. */
  private earlierSeconds = 0
  ended = false

  constructor(
    model: Module<readonly [Tensor], Output>,
    data: Batches | StreamedBatches,
    options: FitOptions<Output>,
  ) {
    this.model = model
    this.data = data
    this.options = options
    this.epochs = checkCount("epochs", options.epochs ?? 1)
    this.accumulate = checkCount("accumulate", options.accumulate ?? 1)
    checkCount("evaluateEvery", options.evaluateEvery ?? 1)
    this.followers = [...(options.callbacks ?? []), ...(options.listeners ?? [])]
    this.handle = { model, optimizer: options.optimizer, stop: (reason) => void (this.stopped ??= reason) }
    const { loss, metrics } = objective(options)
    this.loss = loss
    this.metrics = metrics
    const { optimizer, clipGradNorm, clipGradValue, capture = true } = options
    this.body = new TrainingStep({ model, loss, metrics, optimizer, clipGradNorm, clipGradValue, capture })
    this.guard = new ParameterGuard(model)
    this.running = new RunningValues(metrics)
    const { test, state = {}, preprocessing = {}, checkpoint: keeper = null } = options
    const { followers } = this
    const parts = { model, optimizer, data, test, followers, state, preprocessing, keeper }
    this.checkpoints = new FitCheckpoints(parts)
  }

  async run(): Promise<FitResult> {
    await this.tell((listener) => listener.onStart?.({ epochs: this.epochs, ...this.batches }, this.handle))
    this.model.train()
    await this.resume()
    try {
      while (this.epoch <= this.epochs && this.stopped === null) await this.runEpoch(this.epoch)
      await this.offerCheckpoint({ last: true })
    } catch (error) {
      if (!(error instanceof NablaError && error.code === "NABLA_INTERRUPTED")) throw error
      await this.offerCheckpoint({ last: true })
      return { ...(await this.end("interrupted")), status: "interrupted" }
    }
    return { ...(await this.end("completed")), status: "completed" }
  }

  private async resume(): Promise<void> {
    const { resume = null } = this.options
    if (resume === null) return
    const unmatched = this.checkpoints.restore(resume)
    const { epoch, batch, trained, step, samples, running, ...times } = resume.position
    Object.assign(this, { epoch, batch, trained, step, samples, stopped: resume.stopped })
    this.running.load(running)
    this.trainingSeconds = times.trainingSeconds
    this.waitingSeconds = times.waitingSeconds
    this.earlierSeconds = times.seconds
    this.history.push(...resume.history)
    if (unmatched.length === 0) return
    const notice = `not in both the checkpoint and the training, so not as it was: ${unmatched.join(", ")}`
    await this.tell((it) => it.onNotice?.(notice))
  }

  private async runEpoch(epoch: number): Promise<void> {
    const { running: means } = this
    const before = this.taken
    this.checkSignal()
    let mark = performance.now()
    for await (const batches of grouped(this.checkpoints.remaining(this.trained), this.accumulate)) {
      // What an augmentation left to be computed is work on the data, not part of the step.
      realize(batches.flat())
      this.waitingSeconds += (performance.now() - mark) / 1000
      const lr = this.rate
      const reports = await this.takeStep(epoch, batches)
      const samples = this.add(means, batches, reports)
      this.step++
      this.batch += batches.length
      this.trained = this.batch === this.data.length
      this.samples += samples
      this.trainingSeconds += (performance.now() - mark) / 1000
      const progress = { epoch, epochs: this.epochs, batch: this.batch, ...this.batches, step: this.step }
      const event = {
        ...progress,
        samples,
        values: this.valuesOf(batches, reports),
        means: means.quick,
        seconds: this.seconds,
        ...lr,
      }
      await this.tell((listener) => listener.onStep?.(event, this.handle))
      if (this.step % (this.options.evaluateEvery ?? Number.POSITIVE_INFINITY) === 0)
        await this.evaluateWithin(epoch)
      this.checkpoints.follow()
      await this.offerCheckpoint({ last: false })
      if (this.stopped !== null) return
      await this.breather.breathe()
      // Now rather than when the next batch has been made: it may have drawn random numbers.
      this.checkSignal()
      mark = performance.now()
    }
    this.trained = true
    const ended = await this.endEpoch(epoch, means.values, pace(before, this.taken))
    Object.assign(this, {
      epoch: epoch + 1,
      batch: 0,
      trained: false,
      running: new RunningValues(this.metrics),
    })
    this.checkpoints.settle()
    await this.offerCheckpoint({ ended, last: false })
  }

  /** A step; the numbers are read when it has computed them along with the parameters. */
  private async takeStep(epoch: number, batches: readonly Batch[]): Promise<BatchReport[]> {
    this.guard.remember()
    const { obstacle } = this.body
    const reported = this.body.take(...batches)
    if (this.body.obstacle !== obstacle)
      await this.tell((it) => it.onNotice?.(uncaptured(this.body.obstacle!)))
    const reports = await readReports(reported, Object.keys(this.metrics).length)
    const bad = reports.findIndex(({ loss }) => !Number.isFinite(loss))
    if (bad < 0) return reports
    await this.guard.restore()
    const at = { loss: reports[bad]!.loss, step: this.step + 1, epoch }
    throw await nonFiniteError(this.model, batches[bad]!, this.loss, at)
  }

  /** Of the batches of one step by themselves. */
  private valuesOf(batches: readonly Batch[], reports: readonly BatchReport[]): Values {
    const values = new RunningValues(this.metrics)
    this.add(values, batches, reports)
    return values.quick
  }

  /** @returns the number of samples */
  private add(values: RunningValues, batches: readonly Batch[], reports: readonly BatchReport[]): number {
    for (const [i, report] of reports.entries()) values.add(report, batches[i]![0].shape[0]!)
    return batches.reduce((sum, [x]) => sum + x.shape[0]!, 0)
  }

  private async evaluateWithin(epoch: number): Promise<void> {
    const test = await this.evaluated()
    if (test === null) return
    const event = { epoch, step: this.step, test, seconds: this.seconds }
    await this.tell((it) => it.onEvaluation?.(event, this.handle))
  }

  /** Values on the held-out data; null when there are none. */
  private async evaluated(): Promise<Values | null> {
    const { test, signal, checkpoint } = this.options
    if (test === undefined) return null
    // Halfway through an evaluation a training could not be resumed with the same bits.
    const cut = checkpoint === undefined && signal !== undefined ? { signal } : {}
    const objective = { loss: this.loss, metrics: this.metrics, ...cut }
    await this.tell((it) => it.beforeEvaluation?.(this.handle))
    const values = await evaluate(this.model, test, objective)
    await this.tell((it) => it.afterEvaluation?.(this.handle))
    return values
  }

  private async endEpoch(epoch: number, train: Values, measuredPace: Pace): Promise<EpochEvent> {
    const test = await this.evaluated()
    const measured = test && { test }
    const times = { seconds: this.seconds, ...measuredPace }
    const event = { epoch, epochs: this.epochs, step: this.step, train, ...measured, ...times }
    this.history.push(event)
    await this.tell((listener) => listener.onEpoch?.(event, this.handle))
    return event
  }

  private async offerCheckpoint(moment: {
    readonly ended?: EpochEvent
    readonly last: boolean
  }): Promise<void> {
    const { position, history, stopped } = this
    await this.checkpoints.offer({ ...moment, position }, { history, stopped })
  }

  /** Tells the listeners how it ended; all of them are told, and the first error among theirs is thrown. */
  async end(status: FitStatus, error?: unknown): Promise<EndEvent> {
    this.ended = true
    const event = {
      status,
      steps: this.step,
      epochs: this.history,
      seconds: this.seconds,
      ...pace({ samples: 0, training: 0, waiting: 0 }, this.taken),
      ...(error === undefined ? {} : { error }),
      ...(this.stopped === null ? {} : { stopped: this.stopped }),
    }
    const failures: unknown[] = []
    for (const listener of this.followers) {
      try {
        await listener.onEnd?.(event, this.handle)
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 0) throw failures[0]
    return event
  }

  private async tell(call: (listener: FitListener) => void | Promise<void>): Promise<void> {
    for (const listener of this.followers) await call(listener)
  }

  private checkSignal(): void {
    if (this.options.signal?.aborted) throw interrupted("the training")
  }

  private get rate(): { lr?: number } {
    const { lr } = this.options.optimizer
    return lr === undefined ? {} : { lr }
  }

  private get batches(): { batches?: number } {
    return this.data.length === undefined ? {} : { batches: this.data.length }
  }

  private get taken(): Taken {
    return { samples: this.samples, training: this.trainingSeconds, waiting: this.waitingSeconds }
  }

  private get position(): TrainingPosition {
    const { epoch, batch, trained, step, samples, seconds, trainingSeconds, waitingSeconds } = this
    const times = { seconds, trainingSeconds, waitingSeconds }
    return { epoch, batch, trained, step, samples, ...times, running: this.running.state() }
  }

  private get seconds(): number {
    return this.earlierSeconds + (performance.now() - this.began) / 1000
  }
}

/** Batches in groups of a number, the last with what is left. */
async function* grouped(data: StreamedBatches, size: number): AsyncGenerator<readonly Batch[]> {
  let group: Batch[] = []
  for await (const batch of data) {
    group.push(batch)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

function checkCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is no such number`,
    expected: "a whole number ≥ 1",
    got: String(value),
    where: "fit",
  })
}

function uncaptured(obstacle: NablaError): string {
  return `steps are not replayed, which would be faster: ${obstacle.detail.message}`
}

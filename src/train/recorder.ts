import { NablaError } from "../base/index.ts"
import { encodeSafetensors } from "../io/index.ts"
import type { AnyModule } from "../nn/index.ts"
import type { CheckpointOptions } from "./checkpoint-keeper.ts"
import { CheckpointFolder } from "./checkpoint-keeper.ts"
import { environment } from "./environment.ts"
import type { EndEvent, EpochEvent, EvaluationEvent, FitListener, StepEvent } from "./events.ts"
import type { MetricsLogState } from "./metrics-log.ts"
import { rounded } from "./metrics-records.ts"
import { RunFolder } from "./run-folder.ts"
import type { ResumedRun } from "./runs.ts"

export interface NewRunOptions {
  /** The folder that holds the folders of runs. Default: `runs`. */
  readonly root?: string
  /** Name of this run's folder; a number is added when it is taken. */
  readonly name: string
  /** What the run was asked to do; anything that JSON can hold. */
  readonly config: object
  /** How checkpoints are kept, where fit is given `checkpoint: recorder.checkpoints`. */
  readonly checkpoints?: CheckpointOptions
}

export interface ResumeOptions extends Pick<NewRunOptions, "checkpoints"> {
  /** The run to go on with, see resumeRun. */
  readonly resume: ResumedRun
}

export type RecorderOptions = NewRunOptions | ResumeOptions

interface RecorderState {
  readonly step: number
  readonly metrics: MetricsLogState
}

/**
 * Keeps a run on disk while fit works, in `root/name`:
 *
 *     config.json         what was asked for
 *     environment.json    versions, machine, device, seed, commit
 *     metrics.jsonl       a line for each step and each epoch, as they happen; metrics.csv: the same as a table
 *     checkpoints/        where fit is given the recorder's `checkpoints`
 *     model.safetensors   the parameters at the end, or where the run was stopped
 *     summary.json        status ("running", "completed", "interrupted", "failed"), last numbers, times, the error
 *     lock                while a process works here
 *
 * A run that ends before its first step is finished leaves no folder.
 *
 * Attributes: path – the folder of the run (undefined before it began); checkpoints – for fit's option `checkpoint`.
 *
 * @example await fit(model, loader, { optimizer, listeners: [new RunRecorder(model, { name: "first", config: {} })] })
 */
export class RunRecorder implements FitListener {
  /** Under which it stands in checkpoints. */
  readonly name = "recorder"
  readonly checkpoints: CheckpointFolder
  private readonly model: AnyModule
  private readonly options: RecorderOptions
  private folder: RunFolder | null = null
  private started = new Date()
  private step = 0
  private linesMissing = false

  constructor(model: AnyModule, options: RecorderOptions) {
    this.model = model
    this.options = options
    const config = "resume" in options ? options.resume.config : options.config
    this.checkpoints = new CheckpointFolder(() => this.folder!.checkpoints, options.checkpoints, config)
    if ("resume" in options) this.folder = options.resume.folder
  }

  get path(): string | undefined {
    return this.folder?.path
  }

  /** @throws NABLA_FILE_WRITE when the folder cannot be made; nothing is left behind */
  onStart(): void {
    this.started = new Date()
    const running = { status: "running", started: this.started, process: process.pid }
    const { options } = this
    if ("resume" in options) {
      const { folder, checkpoint } = options.resume
      if (checkpoint === null) folder.metrics.rewind(null, 0)
      folder.writeJson("summary.json", { ...running, ...this.history() })
      return
    }
    this.folder = RunFolder.create(options.root ?? "runs", options.name, {
      "environment.json": environment(),
      "summary.json": running,
      "config.json": options.config,
    })
  }

  onStep(event: StepEvent): void {
    this.step = event.step
    this.folder?.metrics.step(event)
  }

  onEvaluation(event: EvaluationEvent): void {
    this.folder?.metrics.evaluation(event)
  }

  onEpoch(event: EpochEvent): void {
    this.folder?.metrics.epoch(event)
  }

  async onEnd(event: EndEvent): Promise<void> {
    if (this.folder === null) return
    if (event.steps === 0 && !("resume" in this.options)) return this.discard()
    try {
      const metadata = { format: "pt", writer: "nabla" }
      this.folder.write("model.safetensors", await encodeSafetensors(this.model.stateDict(), metadata))
      this.folder.writeJson("summary.json", this.summary(event))
    } catch (error) {
      this.folder.writeJson("summary.json", this.summary({ ...event, status: "failed", error }))
      throw error
    } finally {
      this.folder.close()
    }
  }

  /** How far the logs have come; they are synced, so that no checkpoint is ahead of them. */
  stateDict(): RecorderState {
    return { step: this.step, metrics: this.folder!.metrics.state() }
  }

  /** Cuts the logs back to where a checkpoint was taken. */
  loadStateDict({ step, metrics }: RecorderState): void {
    this.step = step
    this.linesMissing = !this.folder!.metrics.rewind(metrics, step)
  }

  private summary(event: EndEvent): object {
    const last = event.epochs.at(-1)
    return {
      status: event.status,
      started: this.started,
      ...this.history(),
      ended: new Date(),
      seconds: rounded(event.seconds),
      samplesPerSecond: rounded(event.samplesPerSecond),
      dataWaitShare: rounded(event.dataWaitShare),
      steps: event.steps,
      epochs: event.epochs.length,
      ...(last && { train: last.train, test: last.test }),
      ...(event.stopped === undefined ? {} : { stopped: event.stopped }),
      ...(event.error === undefined ? {} : { error: errorRecord(event.error) }),
    }
  }

  /** When a run began that goes on here, and where it was resumed. */
  private history(): object {
    if (!("resume" in this.options)) return {}
    const { summary, checkpoint } = this.options.resume
    const earlier = Array.isArray(summary.resumed) ? summary.resumed : []
    const now = { time: this.started, step: checkpoint?.position.step ?? 0 }
    const missing = this.linesMissing ? { metricsIncomplete: true } : {}
    return { started: summary.started ?? this.started, resumed: [...earlier, now], ...missing }
  }

  private discard(): void {
    this.folder?.discard()
    this.folder = null
  }
}

function errorRecord(error: unknown): object {
  if (error instanceof NablaError) return { code: error.code, message: error.message }
  return { code: "NABLA_INTERNAL", message: String(error) }
}

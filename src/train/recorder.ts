import { NablaError } from "../base/index.ts"
import { encodeSafetensors } from "../io/index.ts"
import type { AnyModule } from "../nn/index.ts"
import { environment } from "./environment.ts"
import type { EndEvent, EpochEvent, FitListener, StepEvent } from "./events.ts"
import { RunFolder } from "./run-folder.ts"

export interface RecorderOptions {
  /** The folder that holds the folders of runs. Default: `runs`. */
  readonly root?: string
  /** Name of this run's folder; a number is added when it is taken. */
  readonly name: string
  /** What the run was asked to do; anything that JSON can hold. */
  readonly config: object
}

/**
 * Keeps a run on disk while fit works, in `root/name`:
 *
 *     config.json         what was asked for
 *     environment.json    versions, machine, device
 *     metrics.jsonl       a line for each step and each epoch, as they happen
 *     model.safetensors   the parameters at the end, or where the run was stopped
 *     summary.json        status ("running", "completed", "interrupted", "failed"), last numbers, times, the error
 *
 * A run that ends before its first step is finished leaves no folder.
 *
 * @example await fit(model, loader, { optimizer, listeners: [new RunRecorder(model, { name: "first", config: {} })] })
 */
export class RunRecorder implements FitListener {
  private readonly model: AnyModule
  private readonly options: RecorderOptions
  private folder: RunFolder | null = null
  private started = new Date()

  constructor(model: AnyModule, options: RecorderOptions) {
    this.model = model
    this.options = options
  }

  /** The folder of the run; undefined before it began, and when the run left none. */
  get path(): string | undefined {
    return this.folder?.path
  }

  /** @throws NABLA_FILE_WRITE when the folder cannot be made; nothing is left behind */
  onStart(): void {
    this.started = new Date()
    this.folder = new RunFolder(this.options.root ?? "runs", this.options.name)
    try {
      this.folder.writeJson("config.json", this.options.config)
      this.folder.writeJson("environment.json", environment())
      this.folder.writeJson("summary.json", {
        status: "running",
        started: this.started,
        process: process.pid,
      })
    } catch (error) {
      this.discard()
      throw error
    }
  }

  onStep({ epoch, step, samples, values, seconds }: StepEvent): void {
    this.folder?.append({ kind: "step", step, epoch, samples, ...values, seconds: rounded(seconds) })
  }

  onEpoch(event: EpochEvent): void {
    this.folder?.append({ kind: "epoch", ...epochRecord(event) })
  }

  async onEnd(event: EndEvent): Promise<void> {
    if (this.folder === null) return
    if (event.steps === 0) return this.discard()
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

  private summary(event: EndEvent): object {
    const last = event.epochs.at(-1)
    return {
      status: event.status,
      started: this.started,
      ended: new Date(),
      seconds: rounded(event.seconds),
      samplesPerSecond: rounded(event.samplesPerSecond),
      steps: event.steps,
      epochs: event.epochs.length,
      ...(last && { train: last.train, test: last.test }),
      ...(event.error === undefined ? {} : { error: errorRecord(event.error) }),
    }
  }

  private discard(): void {
    this.folder?.discard()
    this.folder = null
  }
}

function epochRecord({ epoch, step, train, test, seconds, samplesPerSecond }: EpochEvent): object {
  const times = { seconds: rounded(seconds), samplesPerSecond: rounded(samplesPerSecond) }
  return { epoch, step, train, ...(test && { test }), ...times }
}

function errorRecord(error: unknown): object {
  if (error instanceof NablaError) return { code: error.code, message: error.message }
  return { code: "NABLA_INTERNAL", message: String(error) }
}

/** Times are measured to the millisecond. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

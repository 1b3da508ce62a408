import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readdirSync } from "node:fs"
import { hostname } from "node:os"
import { basename, join } from "node:path"
import type { SummaryValue, TfEvent } from "../io/index.ts"
import { EVENTS_VERSION, eventEncoder, histogramOf } from "../io/index.ts"
import type { EpochEvent, EvaluationEvent, FitListener, StepEvent, TrainingHandle } from "./events.ts"
import { makeFolders, writeAll, writeError } from "./files.ts"
import type { Values } from "./metrics/index.ts"

export interface TensorBoardOptions {
  /** The folder for the file, or what gives it once the training has begun (a run's). Default: `runs`. */
  readonly folder?: string | (() => string | undefined)
  /** Draw the distribution of each parameter after each epoch. Default: false. */
  readonly histograms?: boolean
  /** What the run was asked to do; shown as text. */
  readonly config?: object
}

interface TensorBoardState {
  readonly file: string
  readonly bytes: number
}

const PREFIX = "events.out.tfevents."

/** Counts files of this process, so that two that are made within a second have two names. */
let filesMade = 0

/**
 * Writes what a training says into a file that TensorBoard shows: `events.out.tfevents.…` in the folder of the run.
 * Each step and epoch is written at once, so that the pictures grow while the training runs, and a crash loses nothing
 * but a last record that is not whole. A resumed training goes on in the same file from where its checkpoint was taken;
 * where that cannot be, a new file tells TensorBoard from which step on it takes the place of the earlier ones.
 *
 * Shown are `step/…` (the values and learning rate of each step), `train/…` and `test/…` (of each epoch or evaluation),
 * `samplesPerSecond`, and as asked for the configuration and the distributions of parameters.
 *
 * @example await fit(model, loader, { optimizer, listeners: [new TensorBoardRecorder({ folder: "runs/first" })] })
 */
export class TensorBoardRecorder implements FitListener {
  /** Under which it stands in checkpoints. */
  readonly name = "tensorboard"
  private readonly options: TensorBoardOptions
  private encode: ((event: TfEvent) => Uint8Array) | null = null
  private file: number | null = null
  private path = ""

  constructor(options: TensorBoardOptions = {}) {
    this.options = options
  }

  async onStart(): Promise<void> {
    this.encode = await eventEncoder()
  }

  onStep({ step, values, lr }: StepEvent): void {
    this.write(step, scalars("step", lr === undefined ? values : { ...values, lr }))
  }

  onEvaluation({ step, test }: EvaluationEvent): void {
    this.write(step, scalars("test", test))
  }

  async onEpoch(event: EpochEvent, { model }: TrainingHandle): Promise<void> {
    const { step, train, test, samplesPerSecond } = event
    const values = [...scalars("train", train), ...scalars("test", test ?? {})]
    this.write(step, [...values, { tag: "samplesPerSecond", scalar: samplesPerSecond }])
    if (this.options.histograms !== true) return
    for (const [name, parameter] of model.namedParameters()) {
      this.write(step, [{ tag: `parameters/${name}`, histogram: histogramOf(await parameter.data()) }])
    }
  }

  onEnd(): void {
    this.close()
  }

  /** Where the file ends; it is synced, so that no checkpoint is ahead of it. */
  stateDict(): TensorBoardState {
    if (this.file === null) return { file: "", bytes: 0 }
    fsyncSync(this.file)
    return { file: basename(this.path), bytes: fstatSync(this.file).size }
  }

  /** Goes on in the file of a checkpoint, from where it ended then. */
  loadStateDict({ file, bytes }: TensorBoardState): void {
    const path = join(this.folder(), file)
    if (file === "" || !existsSync(path)) return
    this.attempt(path, () => {
      const opened = openSync(path, "a+")
      if (fstatSync(opened).size < bytes) return closeSync(opened)
      ftruncateSync(opened, bytes)
      this.file = opened
      this.path = path
    })
  }

  private folder(): string {
    const { folder = "runs" } = this.options
    return (typeof folder === "string" ? folder : folder()) ?? "runs"
  }

  private write(step: number, values: readonly SummaryValue[]): void {
    if (this.file === null) this.begin(step)
    this.append({ step, values })
  }

  private append(event: Omit<TfEvent, "wallTime">): void {
    const record = this.encode!({ wallTime: Date.now() / 1000, ...event })
    this.attempt(this.path, () => writeAll(this.file!, record))
  }

  /** Makes a file whose first event belongs to a step. */
  private begin(step: number): void {
    const folder = this.folder()
    makeFolders(folder)
    const earlier = readdirSync(folder).some((name) => name.startsWith(PREFIX))
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0")
    this.path = join(folder, `${PREFIX}${seconds}.${hostname()}.${process.pid}.${filesMade++}`)
    this.attempt(this.path, () => {
      this.file = openSync(this.path, "ax")
    })
    this.append({ fileVersion: EVENTS_VERSION })
    if (earlier) this.append({ step, sessionStart: true })
    const { config } = this.options
    if (config === undefined) return
    const text = `\`\`\`json\n${JSON.stringify(config, null, 2)}\n\`\`\``
    this.append({ step: 0, values: [{ tag: "config", text }] })
  }

  private close(): void {
    if (this.file === null) return
    const file = this.file
    this.file = null
    this.attempt(this.path, () => {
      try {
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
    })
  }

  private attempt(path: string, work: () => void): void {
    try {
      work()
    } catch (cause) {
      throw writeError(path, cause)
    }
  }
}

/** Numbers under tags of one group. */
function scalars(group: string, values: Values): SummaryValue[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === "number" ? [{ tag: `${group}/${name}`, scalar: value }] : [],
  )
}

import { NablaError } from "../base/index.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { KEPT, saveCheckpoint } from "./checkpoint-folder.ts"
import type { EpochEvent } from "./events.ts"
import type { CheckpointKeeper, CheckpointMoment } from "./fit-checkpoints.ts"

export interface CheckpointOptions {
  /** Steps between two checkpoints. Default: none within an epoch. */
  readonly everySteps?: number
  /** Epochs between two checkpoints; 0 for none. Default: 1. */
  readonly everyEpochs?: number
  /** Seconds between two checkpoints. Default: none by the clock. */
  readonly everySeconds?: number
  /** How many checkpoints are kept: the newest ones. Default: 3. */
  readonly keep?: number
  /** What the best epoch is told by, such as "test.loss" or "train.accuracy"; null for none. Default: "test.loss". */
  readonly best?: string | null
  /** Whether the least or the greatest value is the best. Default: "min". */
  readonly mode?: "min" | "max"
}

interface KeeperState {
  readonly best: number | null
  readonly seconds: number
}

const names = ["everySteps", "everyEpochs", "everySeconds", "keep", "best", "mode"]

/**
 * Keeps the checkpoints of a training in a folder: every so many steps, epochs or seconds, one where the training ends,
 * and the best one as `best.safetensors`.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that do not exist or are out of range
 *
 * @example await fit(model, loader, { optimizer, test, checkpoint: new CheckpointFolder("kept", { everySteps: 100 }) })
 */
export class CheckpointFolder implements CheckpointKeeper {
  private readonly folder: () => string
  private readonly options: Required<CheckpointOptions>
  /** Kept in each checkpoint. */
  private readonly config: unknown
  private best: number | null = null
  private seconds = 0
  private improved = false

  /**
   * @param folder where they are kept; a function where that is known only later
   * @param config what the run was asked to do, kept in each checkpoint
   */
  constructor(folder: string | (() => string), options: CheckpointOptions = {}, config: unknown = null) {
    this.folder = typeof folder === "string" ? () => folder : folder
    this.options = complete(options)
    this.config = config
  }

  due({ position, ended, last }: CheckpointMoment): boolean {
    const { everySteps, everyEpochs, everySeconds } = this.options
    const { step, seconds } = position
    this.improved = ended !== undefined && this.improves(ended)
    const bySteps = everySteps > 0 && ended === undefined && step % everySteps === 0
    const byEpochs = everyEpochs > 0 && ended !== undefined && ended.epoch % everyEpochs === 0
    const byTime = everySeconds > 0 && seconds - this.seconds >= everySeconds
    if (!(last || this.improved || bySteps || byEpochs || byTime)) return false
    this.seconds = seconds
    return true
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const { keep } = this.options
    const { config } = this
    await saveCheckpoint(this.folder(), { ...checkpoint, config }, { keep, best: this.improved })
  }

  stateDict(): KeeperState {
    return { best: this.best, seconds: this.seconds }
  }

  loadStateDict({ best, seconds }: KeeperState): void {
    this.best = best
    this.seconds = seconds
  }

  private improves({ train, test }: EpochEvent): boolean {
    const { best, mode } = this.options
    if (best === null) return false
    const [set, ...rest] = best.split(".")
    // Without held-out data the training's own values have to do.
    const value = (set === "test" ? (test ?? train) : train)[rest.join(".")]
    if (value === undefined || Number.isNaN(value)) return false
    if (this.best !== null && !(mode === "min" ? value < this.best : value > this.best)) return false
    this.best = value
    return true
  }
}

function complete(options: CheckpointOptions): Required<CheckpointOptions> {
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw invalid("there is no such option", names.join(", "), unknown.join(", "))
  const { everySteps = 0, everyEpochs = 1, everySeconds = 0, keep = KEPT } = options
  const { best = "test.loss", mode = "min" } = options
  for (const [name, value] of Object.entries({ everySteps, everyEpochs }))
    if (!(Number.isSafeInteger(value) && value >= 0)) throw invalid(name, "a whole number ≥ 0", String(value))
  if (!(everySeconds >= 0)) throw invalid("everySeconds", "a number ≥ 0", String(everySeconds))
  if (!(Number.isSafeInteger(keep) && keep >= 1)) throw invalid("keep", "a whole number ≥ 1", String(keep))
  if (best !== null && !/^(train|test)\../.test(best)) throw invalid("best", "test.loss, train.loss …", best)
  if (mode !== "min" && mode !== "max") throw invalid("mode", "min | max", String(mode))
  return { everySteps, everyEpochs, everySeconds, keep, best, mode }
}

function invalid(what: string, expected: string, got: string): NablaError {
  const message = expected === names.join(", ") ? what : `${what} cannot be this`
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: "CheckpointFolder", expected, got })
}

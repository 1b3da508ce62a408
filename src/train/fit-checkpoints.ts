import type { AnyModule } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { Checkpoint, Stateful, TrainingPosition } from "./checkpoint.ts"
import { DataPlace } from "./data-place.ts"
import type { Batches, StreamedBatches } from "./evaluate.ts"
import type { EpochEvent, FitListener } from "./events.ts"
import { generatorsOf, restoreGenerators, restoreState, stateOf } from "./training-state.ts"

/** A moment between two steps at which a checkpoint can be taken. */
export interface CheckpointMoment {
  readonly position: TrainingPosition
  /** The epoch that has just ended. */
  readonly ended?: EpochEvent | undefined
  /** Whether the training ends here, completed or interrupted. */
  readonly last: boolean
}

/**
 * Takes checkpoints from fit and keeps them somewhere. With stateDict and loadStateDict, what it remembers (the best
 * value so far) is part of the checkpoints.
 */
export interface CheckpointKeeper {
  /** Whether a checkpoint is wanted at this moment; asked after each step and after each epoch. */
  due(moment: CheckpointMoment): boolean
  /** The tensors of the checkpoint are the training's own, and change when it goes on. */
  save(checkpoint: Checkpoint): void | Promise<void>
}

export interface CheckpointedParts {
  readonly model: AnyModule
  readonly optimizer: object
  readonly data: Batches | StreamedBatches
  readonly test: Batches | StreamedBatches | undefined
  readonly followers: readonly FitListener[]
  readonly state: Readonly<Record<string, Stateful>>
  readonly preprocessing: Readonly<Record<string, unknown>>
  readonly keeper: CheckpointKeeper | null
}

/** The part of fit that takes checkpoints and goes on from one. */
export class FitCheckpoints {
  private readonly parts: CheckpointedParts
  private readonly train: DataPlace
  private readonly test: DataPlace | null
  private resumed: Checkpoint | null = null
  /** Batches of the resumed epoch that were trained on and will come once more. */
  private skip = 0
  /** Where the last checkpoint was taken. */
  private taken = ""

  constructor(parts: CheckpointedParts) {
    this.parts = parts
    this.train = new DataPlace(parts.data)
    this.test = parts.test === undefined ? null : new DataPlace(parts.test)
  }

  /**
   * Puts the training where a checkpoint was taken.
   *
   * @returns what only the training has, or only the checkpoint
   * @throws NABLA_STATE_DICT or NABLA_DATA_MISMATCH when they do not fit
   */
  restore(checkpoint: Checkpoint): readonly string[] {
    const { position, loaders } = checkpoint
    this.skip = this.train.restore(loaders.train ?? null, position.batch)
    if (loaders.test !== undefined) this.test?.restore(loaders.test, 0)
    this.resumed = checkpoint
    this.taken = placeOf(position)
    return restoreState(this.stateful, checkpoint)
  }

  /**
   * The batches of the epoch that were not trained on.
   *
   * @param trained whether there are none left
   */
  async *remaining(trained: boolean): AsyncGenerator<readonly [Tensor, Tensor]> {
    // What does not know its place is gone through all the same, so that the next epoch follows.
    if (trained && this.skip === 0) return
    for await (const batch of this.parts.data) {
      if (this.skip === 0) yield batch
      else if (--this.skip === 0) this.restoreRandom()
    }
  }

  /** Making the batches that were passed over may have drawn random numbers. */
  private restoreRandom(): void {
    const { model, optimizer } = this.parts
    restoreGenerators(generatorsOf(model, optimizer), this.resumed!.random)
  }

  /** After a step, before the next batch is asked for. */
  follow(): void {
    this.train.follow()
    this.test?.settle()
  }

  /** Between two epochs. */
  settle(): void {
    this.train.settle()
    this.test?.settle()
  }

  /** Takes a checkpoint if one is due. */
  async offer(
    moment: CheckpointMoment,
    told: { readonly history: readonly EpochEvent[]; readonly stopped: string | null },
  ): Promise<void> {
    const { keeper, preprocessing } = this.parts
    const { position } = moment
    if (keeper === null || position.step === 0) return
    if (moment.last && this.taken === placeOf(position)) return
    if (!keeper.due(moment)) return
    const loaders = { train: this.train.saved, ...(this.test && { test: this.test.saved }) }
    const state = { ...stateOf(this.stateful), loaders, preprocessing }
    await keeper.save({ position, ...told, ...state, config: null })
    this.taken = placeOf(position)
  }

  private get stateful(): Parameters<typeof stateOf>[0] {
    const { model, optimizer, followers, state, keeper } = this.parts
    const own = keeper !== null && "stateDict" in keeper ? { checkpoints: keeper as unknown as Stateful } : {}
    return { model, optimizer, listeners: followers, state: { ...own, ...state } }
  }
}

const placeOf = ({ epoch, batch, step }: TrainingPosition): string => `${epoch} ${batch} ${step}`

import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { checkCount } from "./check.ts"

/** Where a loader is: plain numbers, fit for a checkpoint. */
export interface LoaderState {
  /** The epoch that is gone through, or comes next. */
  readonly epoch: number
  /** Batches of it that were handed out. */
  readonly batch: number
  readonly seed: number
  /** Samples of the data, which must be the same to continue. */
  readonly samples: number
}

/** Batches that can be left and continued at any place: what a checkpoint asks of the data of a training. */
export interface Resumable {
  state(): LoaderState
  load(state: LoaderState): void
}

/** Base of loaders: epochs of batches, which can be left and continued at any batch. */
export abstract class EpochLoader<Batch = [Tensor, Tensor]> implements Iterable<Batch>, Resumable {
  #epoch = 0
  /** Batches of the epoch before `#epoch` that were handed out; null when it was gone through to its end. */
  #handedOut: number | null = null
  /** The batch that the next iteration begins with. */
  #first = 0

  /** Number of batches in an epoch. */
  abstract readonly length: number
  protected abstract readonly identity: {
    readonly name: string
    readonly seed: number
    readonly samples: number
  }
  protected abstract from(epoch: number, first: number): Iterable<Batch>

  /** The epoch that the next iteration goes through; set it to resume a training. */
  get epoch(): number {
    return this.#epoch
  }

  set epoch(epoch: number) {
    this.#epoch = epoch
    this.#handedOut = null
    this.#first = 0
  }

  /** Goes through the epoch `this.epoch` and leaves `this.epoch` one higher, from the first batch on. */
  *[Symbol.iterator](): Iterator<Batch> {
    const [epoch, first] = [this.#epoch, this.#first]
    this.epoch = epoch + 1
    this.#handedOut = first
    let handedOut = first
    for (const batch of this.from(epoch, first)) {
      handedOut++
      if (this.#epoch === epoch + 1) this.#handedOut = handedOut < this.length ? handedOut : null
      yield batch
    }
  }

  /** Where the loader is: between two batches of an epoch, or between two epochs. */
  state(): LoaderState {
    const { seed, samples } = this.identity
    const within = this.#handedOut !== null
    return {
      epoch: within ? this.#epoch - 1 : this.#epoch,
      batch: this.#handedOut ?? this.#first,
      seed,
      samples,
    }
  }

  /**
   * Continues where another loader of the same data and options was: the next iteration gives the batches that were
   * left of its epoch.
   *
   * @throws NABLA_INVALID_ARGUMENT for what is no state
   * @throws NABLA_DATA_MISMATCH when seed or number of samples are others
   */
  load({ epoch, batch, seed, samples }: LoaderState): void {
    const { name, ...own } = this.identity
    checkCount("DataLoader.load", "epoch", epoch, 0)
    checkCount("DataLoader.load", "batch", batch < this.length ? batch : Number.NaN, 0)
    if (seed !== own.seed || samples !== own.samples) {
      throw new NablaError("NABLA_DATA_MISMATCH", {
        message: "the state is that of a loader of other data or another seed",
        expected: `seed ${own.seed}, ${own.samples} samples`,
        got: `seed ${seed}, ${samples} samples`,
        where: name,
      })
    }
    this.epoch = epoch
    this.#first = batch
  }
}

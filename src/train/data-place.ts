import { NablaError } from "../base/index.ts"
import type { Batches, StreamedBatches } from "./evaluate.ts"

/** Where data are: what their own `state()` says, or the number of the epoch, or nothing. */
type SavedPlace = { readonly state: unknown } | { readonly epoch: number } | null

interface Resumable {
  state(): unknown
  load(state: unknown): void
}

/**
 * Follows where the data of a training are. Loaders say so themselves (`state`, `load`); of others the number of the
 * epoch is kept, where they have one, and the batches that were trained on are passed over.
 */
export class DataPlace {
  private readonly data: Batches | StreamedBatches
  private place: SavedPlace = null

  constructor(data: Batches | StreamedBatches) {
    this.data = data
    this.settle()
  }

  /** Between two epochs. */
  settle(): void {
    const { data } = this
    if (isResumable(data)) this.place = { state: data.state() }
    else if (hasEpoch(data)) this.place = { epoch: data.epoch }
  }

  /** After a step, before the next batch is asked for. */
  follow(): void {
    if (isResumable(this.data)) this.place = { state: this.data.state() }
  }

  /** Fit for a checkpoint. */
  get saved(): unknown {
    return this.place
  }

  /**
   * Goes to where other data of the same kind were.
   *
   * @param batch how many batches of the epoch were trained on
   * @returns how many batches the next iteration has to pass over
   * @throws NABLA_DATA_MISMATCH when the data cannot be at such a place
   */
  restore(saved: unknown, batch: number): number {
    const place = saved as SavedPlace
    this.place = place
    if (place === null) return batch
    const { data } = this
    if ("state" in place && isResumable(data)) {
      data.load(place.state)
      return 0
    }
    if ("epoch" in place && hasEpoch(data)) {
      data.epoch = place.epoch
      return batch
    }
    throw new NablaError("NABLA_DATA_MISMATCH", {
      message: "the checkpoint is of a training on other data",
      expected: "state" in place ? "a loader with state() and load()" : "data with epochs",
      got: data.constructor.name,
      where: "fit",
      hint: "go on with the data that the training began with",
    })
  }
}

function isResumable(data: object): data is Resumable {
  const { state, load } = data as Partial<Resumable>
  return typeof state === "function" && typeof load === "function"
}

function hasEpoch(data: object): data is { epoch: number } {
  return typeof (data as { epoch?: unknown }).epoch === "number"
}

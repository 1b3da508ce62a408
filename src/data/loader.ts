import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import type { BatchOptions, DataLoaderOptions } from "./batches.ts"
import { countBatches, epochBatches } from "./batches.ts"
import type { ArrayBatch, ArrayDataset } from "./dataset.ts"
import { gather } from "./dataset.ts"

/**
 * Cuts a data set into batches of tensors, in a new order each epoch when `shuffle` is set.
 *
 * Defaults as in PyTorch: batchSize 1, shuffle false, dropLast false; seed 0. Each iteration is the next epoch.
 * A batch has arrays of its own, so a tensor of an earlier batch never changes.
 *
 * x has shape [batch, ...inputShape] float32; y has shape [batch, ...targetShape], int32 for classes, else float32.
 *
 * @example
 * const loader = new DataLoader(glyphs({ n: 8000 }), { batchSize: 64, shuffle: true, seed: 1 })
 * for (const [x, y] of loader) console.log(x.shape, y.shape) // [64, 1, 28, 28], [64]
 */
export class DataLoader implements Iterable<[Tensor, Tensor]> {
  readonly dataset: ArrayDataset
  readonly options: BatchOptions
  /** the epoch that the next iteration goes through; set it to resume a training */
  epoch = 0

  /**
   * @throws NABLA_INVALID_ARGUMENT when batchSize is no whole number ≥ 1
   * @throws NABLA_EMPTY_DATA when there is no batch: no sample, or with dropLast fewer samples than a batch takes
   */
  constructor(dataset: ArrayDataset, options: DataLoaderOptions = {}) {
    const { batchSize = 1, shuffle = false, seed = 0, dropLast = false } = options
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "batchSize is no such number",
        expected: "a whole number ≥ 1",
        got: String(batchSize),
        where: "DataLoader",
      })
    }
    this.dataset = dataset
    this.options = { batchSize, shuffle, seed, dropLast }
    if (this.length > 0) return
    throw new NablaError("NABLA_EMPTY_DATA", {
      message: "an epoch would have no batch",
      expected: dropLast ? `at least one batch of ${batchSize} samples` : "at least one sample",
      got: `${dataset.length} samples`,
      where: `DataLoader of ${dataset.name}`,
    })
  }

  /** Number of batches in an epoch. */
  get length(): number {
    return countBatches(this.dataset.length, this.options)
  }

  /** Goes through the epoch `this.epoch` and leaves `this.epoch` one higher, from the first batch on. */
  *[Symbol.iterator](): Iterator<[Tensor, Tensor]> {
    const epoch = this.epoch++
    for (const batch of this.batches(epoch)) yield this.#tensors(batch)
  }

  /**
   * The batches of an epoch as plain arrays, fresh for every batch; `this.epoch` stays as it is.
   *
   * @param first the batch to begin with
   */
  *batches(epoch: number, first = 0): Generator<ArrayBatch, void, undefined> {
    const all = epochBatches(this.dataset.length, this.options, epoch)
    for (const indices of all.slice(first)) yield gather(this.dataset, indices)
  }

  #tensors(batch: ArrayBatch): [Tensor, Tensor] {
    const { inputShape, targetShape } = this.dataset
    const count = batch.length
    return [
      tensor(batch.inputs, { shape: [count, ...inputShape] }),
      tensor(batch.targets, { shape: [count, ...targetShape] }),
    ]
  }
}

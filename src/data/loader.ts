import { Random } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { Generator as RandomGenerator, tensor } from "../tensor/index.ts"
import type { Augmentation } from "./augmentation/index.ts"
import { replayed } from "./augmentation/index.ts"
import type { BatchingOptions, BatchOptions } from "./batches.ts"
import { batchesOf } from "./batches.ts"
import { checkNames } from "./check.ts"
import type { AnyDataset, ArrayBatch, SampleSet } from "./dataset.ts"
import { gather } from "./dataset.ts"
import { EpochLoader } from "./epochs.ts"
import type { BatchSampler } from "./samplers.ts"

export interface DataLoaderOptions extends BatchingOptions {
  /** Changes each batch at random, drawn from (seed, epoch, batch). */
  readonly augment?: Augmentation | undefined
  /** Makes tensors of a batch. Default: inputs and targets in the shapes of the data set. */
  readonly collate?: ((batch: ArrayBatch, dataset: AnyDataset) => [Tensor, Tensor]) | undefined
}

const batchingNames = ["batchSize", "shuffle", "seed", "dropLast", "sampler", "batchSampler"]

/**
 * Cuts a data set into batches of tensors, in a new order each epoch when `shuffle` is set.
 *
 * Defaults as in PyTorch: batchSize 1, shuffle false, dropLast false; seed 0. Each iteration is the next epoch.
 * A batch has arrays of its own, so a tensor of an earlier batch never changes. All batches follow from seed, epoch and
 * place alone, so that `state()` and `load(state)` continue an epoch at any batch with the same bits.
 *
 * x has shape [batch, ...inputShape] float32; y has shape [batch, ...targetShape], int32 for classes, else float32.
 *
 * @example
 * const loader = new DataLoader(glyphs({ n: 8000 }), { batchSize: 64, shuffle: true, seed: 1 })
 * for (const [x, y] of loader) console.log(x.shape, y.shape) // [64, 1, 28, 28], [64]
 */
export class DataLoader extends EpochLoader {
  readonly dataset: AnyDataset
  readonly options: BatchOptions
  private readonly sampler: BatchSampler
  private readonly augment: Augmentation | null
  private readonly collate: (batch: ArrayBatch, dataset: AnyDataset) => [Tensor, Tensor]

  /**
   * @throws NABLA_INVALID_ARGUMENT when batchSize is no whole number ≥ 1, for options that do not exist or contradict
   * each other
   * @throws NABLA_EMPTY_DATA when there is no batch: no sample, or with dropLast fewer samples than a batch takes
   */
  constructor(dataset: AnyDataset, options: DataLoaderOptions = {}) {
    super()
    checkNames("DataLoader", options, [...batchingNames, "augment", "collate"])
    const { augment = null, collate = asTensors, ...batching } = options
    const sampler = batchesOf(`DataLoader of ${dataset.name}`, dataset.length, batching)
    this.dataset = dataset
    this.options = sampler.options
    this.sampler = sampler
    this.augment = augment?.replayable ? replayed(augment) : augment
    this.collate = collate
  }

  get length(): number {
    return this.sampler.length
  }

  /**
   * The batches of an epoch as plain arrays, fresh for every batch; `this.epoch` stays as it is.
   *
   * @param first the batch to begin with
   */
  *batches(epoch: number, first = 0): Generator<ArrayBatch> {
    for (const indices of this.sampler.batches(epoch).slice(first)) yield gather(this.dataset, indices)
  }

  protected get identity(): { name: string; seed: number; samples: number } {
    return { name: this.dataset.name, seed: this.options.seed, samples: this.dataset.length }
  }

  protected *from(epoch: number, first: number): Generator<[Tensor, Tensor]> {
    let number = first
    for (const batch of this.batches(epoch, first)) {
      const [x, y] = this.collate(batch, this.dataset)
      yield this.augment === null ? [x, y] : [...this.augment([x, y], this.generator(epoch, number))]
      number++
    }
  }

  private generator(epoch: number, batch: number): RandomGenerator {
    return new RandomGenerator(new Random(this.options.seed).fork(epoch).fork(batch).uint32())
  }
}

function asTensors(batch: ArrayBatch, { inputShape, targetShape }: SampleSet): [Tensor, Tensor] {
  return [
    tensor(batch.inputs, { shape: [batch.length, ...inputShape] }),
    tensor(batch.targets, { shape: [batch.length, ...targetShape] }),
  ]
}

/** Samples of any kind, one by one: a list, or what computes or reads them when they are asked for. */
export interface Samples<Sample> {
  readonly length: number
  get(index: number): Sample
}

export interface SampleLoaderOptions<Sample, Batch> extends BatchingOptions {
  /** Makes a batch of samples. */
  readonly collate: (samples: readonly Sample[]) => Batch
}

/**
 * Batches of samples of any kind, put together by `collate`: sequences of different lengths, pairs of pictures. Order,
 * epochs and `state()` are as with DataLoader.
 *
 * @throws as DataLoader
 *
 * @example
 * const loader = new SampleLoader(sentences, {
 *   batchSampler: bucketSampler(sentences.map((it) => it.length), { batchSize: 32 }),
 *   collate: (batch) => padSequences(batch, { value: 0 }),
 * })
 */
export class SampleLoader<Sample, Batch> extends EpochLoader<Batch> {
  private readonly samples: Samples<Sample>
  private readonly collate: (samples: readonly Sample[]) => Batch
  private readonly sampler: BatchSampler
  private readonly seed: number

  constructor(samples: readonly Sample[] | Samples<Sample>, options: SampleLoaderOptions<Sample, Batch>) {
    super()
    checkNames("SampleLoader", options, [...batchingNames, "collate"])
    const { collate, ...batching } = options
    this.samples = "get" in samples ? samples : { length: samples.length, get: (index) => samples[index]! }
    this.collate = collate
    this.sampler = batchesOf("SampleLoader", samples.length, batching)
    this.seed = batching.seed ?? 0
  }

  get length(): number {
    return this.sampler.length
  }

  protected get identity(): { name: string; seed: number; samples: number } {
    return { name: "SampleLoader", seed: this.seed, samples: this.samples.length }
  }

  protected *from(epoch: number, first: number): Generator<Batch> {
    for (const indices of this.sampler.batches(epoch).slice(first))
      yield this.collate(Array.from(indices, (index) => this.samples.get(index)))
  }
}

export interface PadOptions {
  /** What stands behind shorter sequences. Default: 0. */
  readonly value?: number
}

/**
 * Sequences of whole numbers as one tensor: [batch, longest] int32, and their lengths [batch] int32.
 *
 * @example padSequences([[1, 2, 3], [4]]) // [[1, 2, 3], [4, 0, 0]] and [3, 1]
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  options: PadOptions = {},
): [padded: Tensor, lengths: Tensor] {
  checkNames("padSequences", options, ["value"])
  const lengths = Int32Array.from(sequences, ({ length }) => length)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const data = new Int32Array(sequences.length * longest).fill(options.value ?? 0)
  for (const [i, sequence] of sequences.entries()) data.set(sequence, i * longest)
  return [tensor(data, { shape: [sequences.length, longest] }), tensor(lengths)]
}

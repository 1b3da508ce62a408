import { NablaError, Random } from "../base/index.ts"
import { checkCount } from "./check.ts"
import type { BatchSampler, Sampler } from "./samplers.ts"

export interface BatchingOptions {
  /** samples in a batch */
  readonly batchSize?: number
  /** a new order in every epoch, drawn from (seed, epoch) */
  readonly shuffle?: boolean
  /** any whole number */
  readonly seed?: number
  /** leaves out the last batch when it is smaller than the others */
  readonly dropLast?: boolean
  /** settles the order instead of `shuffle`, and how many samples an epoch has */
  readonly sampler?: Sampler | undefined
  /** settles the batches themselves, instead of all of the above but the seed */
  readonly batchSampler?: BatchSampler | undefined
}

/** What settles which samples stand in which batch of which epoch. */
export type BatchOptions = Readonly<Required<Omit<BatchingOptions, "sampler" | "batchSampler">>>

/** How many batches an epoch over `length` samples has. */
export function countBatches(length: number, options: BatchOptions): number {
  const whole = length / options.batchSize
  return options.dropLast ? Math.floor(whole) : Math.ceil(whole)
}

/**
 * The sample indices of every batch of an epoch; a function of its arguments alone.
 *
 * @returns for each batch a view of one order of 0 … length-1; only `dropLast` leaves indices out
 */
export function epochBatches(length: number, options: BatchOptions, epoch: number): Int32Array[] {
  const order = Int32Array.from({ length }, (_, i) => i)
  if (options.shuffle) new Random(options.seed).fork(epoch).shuffle(order)
  return cut(order, options)
}

function cut(order: Int32Array, options: BatchOptions): Int32Array[] {
  return Array.from({ length: countBatches(order.length, options) }, (_, i) =>
    order.subarray(i * options.batchSize, (i + 1) * options.batchSize),
  )
}

/**
 * The batches of a loader by its options.
 *
 * @throws NABLA_INVALID_ARGUMENT when batchSize is no whole number ≥ 1, or options contradict each other
 * @throws NABLA_EMPTY_DATA when there is no batch: no sample, or with dropLast fewer samples than a batch takes
 */
export function batchesOf(
  where: string,
  samples: number,
  options: BatchingOptions,
): BatchSampler & { options: BatchOptions } {
  const { batchSize = 1, shuffle = false, seed = 0, dropLast = false, sampler, batchSampler } = options
  checkCount("DataLoader", "batchSize", batchSize)
  const ways = [sampler && "sampler", batchSampler && "batchSampler", shuffle && "shuffle"].filter(Boolean)
  if (ways.length > 1) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the order of samples is given in more than one way",
      expected: "one of sampler, batchSampler and shuffle",
      got: ways.join(" and "),
      where,
    })
  }
  const plain = { batchSize, shuffle, seed, dropLast }
  const length = batchSampler?.length ?? countBatches(sampler?.length ?? samples, plain)
  if (samples === 0 || length === 0) {
    throw new NablaError("NABLA_EMPTY_DATA", {
      message: "an epoch would have no batch",
      expected: dropLast ? `at least one batch of ${batchSize} samples` : "at least one sample",
      got: `${sampler?.length ?? samples} samples`,
      where,
    })
  }
  const drawn = (epoch: number): readonly Int32Array[] => {
    if (batchSampler !== undefined) return batchSampler.batches(epoch)
    return sampler === undefined ? epochBatches(samples, plain, epoch) : cut(sampler.order(epoch), plain)
  }
  // Who takes single batches from here and there, such as a worker, need not have the order drawn anew each time.
  let last: { epoch: number; batches: readonly Int32Array[] } | null = null
  const batches = (epoch: number): readonly Int32Array[] => {
    if (last?.epoch !== epoch) last = { epoch, batches: drawn(epoch) }
    return last.batches
  }
  return { length, batches, options: plain }
}

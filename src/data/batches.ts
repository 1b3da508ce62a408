import { Random } from "../base/index.ts"

export interface DataLoaderOptions {
  /** samples in a batch */
  readonly batchSize?: number
  /** a new order in every epoch, drawn from (seed, epoch) */
  readonly shuffle?: boolean
  /** any whole number */
  readonly seed?: number
  /** leaves out the last batch when it is smaller than the others */
  readonly dropLast?: boolean
}

/** What settles which samples stand in which batch of which epoch. */
export type BatchOptions = Readonly<Required<DataLoaderOptions>>

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
  const count = countBatches(length, options)
  return Array.from({ length: count }, (_, i) =>
    order.subarray(i * options.batchSize, (i + 1) * options.batchSize),
  )
}

import { NablaError, Random } from "../base/index.ts"
import { checkCount, checkNames } from "./check.ts"

/** The samples of each epoch in their order: a function of the epoch's number alone, so that it can be resumed. */
export interface Sampler {
  /** Number of samples in an epoch. */
  readonly length: number
  order(epoch: number): Int32Array
}

/** The samples of each batch of an epoch: a function of the epoch's number alone. */
export interface BatchSampler {
  /** Number of batches in an epoch. */
  readonly length: number
  batches(epoch: number): readonly Int32Array[]
}

export interface WeightedOptions {
  /** Samples in an epoch. Default: as many as there are weights. */
  readonly count?: number
  /** Default: 0. */
  readonly seed?: number
}

/**
 * Draws samples with probability wᵢ/Σw, with replacement: rare classes come as often as frequent ones when each sample
 * weighs 1/(size of its class).
 *
 * @throws NABLA_INVALID_ARGUMENT for weights below 0 or all 0, and options that are none
 *
 * @example new DataLoader(data, { batchSize: 32, sampler: weightedSampler(weights, { seed: 1 }) })
 */
export function weightedSampler(weights: ArrayLike<number>, options: WeightedOptions = {}): Sampler {
  checkNames("weightedSampler", options, ["count", "seed"])
  const { count = weights.length, seed = 0 } = options
  checkCount("weightedSampler", "count", count)
  const sums = new Float64Array(weights.length)
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]! >= 0 ? weights[i]! : Number.NaN
    sums[i] = sum
  }
  if (!(sum > 0 && sum < Infinity)) {
    const expected = "finite numbers ≥ 0, not all 0"
    const message = "these are no weights"
    throw new NablaError("NABLA_INVALID_ARGUMENT", { message, expected, where: "weightedSampler" })
  }
  const order = (epoch: number): Int32Array => {
    const random = new Random(seed).fork(epoch)
    return Int32Array.from({ length: count }, () => firstAbove(sums, random.uniform() * sum))
  }
  return { length: count, order }
}

/** The first place whose sum is larger; sums ascend. */
function firstAbove(sums: Float64Array, value: number): number {
  let [low, high] = [0, sums.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sums[middle]! > value) high = middle
    else low = middle + 1
  }
  return low
}

/** 1/(size of the class) for each label: with these weights all classes come equally often. */
export function classWeights(labels: ArrayLike<number>): Float64Array {
  const sizes = new Map<number, number>()
  for (let i = 0; i < labels.length; i++) sizes.set(labels[i]!, (sizes.get(labels[i]!) ?? 0) + 1)
  return Float64Array.from(labels, (label) => 1 / sizes.get(label)!)
}

/**
 * All samples in a random order in which every stretch has the classes in the shares of the whole, up to one or two of
 * each: so has every batch.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that are none, NABLA_EMPTY_DATA without a label
 *
 * @example new DataLoader(data, { batchSize: 32, sampler: stratifiedSampler(data.targets, { seed: 1 }) })
 */
export function stratifiedSampler(
  labels: ArrayLike<number>,
  options: { readonly seed?: number } = {},
): Sampler {
  checkNames("stratifiedSampler", options, ["seed"])
  const { seed = 0 } = options
  const groups = groupsOf(labels, "stratifiedSampler")
  const order = (epoch: number): Int32Array => {
    const random = new Random(seed).fork(epoch)
    // A class of m samples has one in each m-th part of the epoch.
    const places = groups.flatMap((group) => {
      const members = random.shuffle(group.slice())
      return Array.from(members, (sample, i) => ({ sample, at: (i + random.uniform()) / members.length }))
    })
    return Int32Array.from(
      places.sort((a, b) => a.at - b.at),
      ({ sample }) => sample,
    )
  }
  return { length: labels.length, order }
}

/** The places of each label, ascending by label. @throws NABLA_EMPTY_DATA without one */
export function groupsOf(labels: ArrayLike<number | string>, where: string): Int32Array[] {
  const groups = new Map<number | string, number[]>()
  for (let i = 0; i < labels.length; i++) {
    const group = groups.get(labels[i]!)
    if (group === undefined) groups.set(labels[i]!, [i])
    else group.push(i)
  }
  if (groups.size === 0) throw new NablaError("NABLA_EMPTY_DATA", { message: "there is no label", where })
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([, places]) => Int32Array.from(places))
}

export interface BucketOptions {
  readonly batchSize: number
  /** Batches that are sorted together: the more, the more alike the lengths in a batch. Default: 100. */
  readonly together?: number
  /** Default: 0. */
  readonly seed?: number
  /** Leaves out batches that are smaller than the others. Default: false. */
  readonly dropLast?: boolean
}

/**
 * Batches of samples of like length, so that little is padded: shuffled samples are sorted by length in stretches of
 * `together` batches, and then the batches are shuffled.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that are none, NABLA_EMPTY_DATA without a batch
 *
 * @example const batchSampler = bucketSampler(texts.map((text) => text.length), { batchSize: 32 })
 */
export function bucketSampler(lengths: ArrayLike<number>, options: BucketOptions): BatchSampler {
  checkNames("bucketSampler", options, ["batchSize", "together", "seed", "dropLast"])
  const { batchSize, together = 100, seed = 0, dropLast = false } = options
  checkCount("bucketSampler", "batchSize", batchSize)
  checkCount("bucketSampler", "together", together)
  const count = dropLast ? Math.floor(lengths.length / batchSize) : Math.ceil(lengths.length / batchSize)
  if (count === 0) {
    const got = `${lengths.length} samples`
    throw new NablaError("NABLA_EMPTY_DATA", { message: "there is no batch", got, where: "bucketSampler" })
  }
  const batches = (epoch: number): Int32Array[] => {
    const random = new Random(seed).fork(epoch)
    const order = random.shuffle(Int32Array.from({ length: lengths.length }, (_, i) => i))
    const whole = dropLast ? order.subarray(0, count * batchSize) : order
    for (let begin = 0; begin < whole.length; begin += batchSize * together)
      whole.subarray(begin, begin + batchSize * together).sort((a, b) => lengths[a]! - lengths[b]!)
    const cut = Array.from({ length: count }, (_, i) => whole.subarray(i * batchSize, (i + 1) * batchSize))
    return random.shuffle(cut)
  }
  return { length: count, batches }
}

export interface DistributedOptions {
  /** Which of them this process is, from 0. */
  readonly rank: number
  /** How many processes share the samples. */
  readonly size: number
  /** Leaves out what is over; otherwise the first samples come twice, so that all have as many. Default: false. */
  readonly dropLast?: boolean
}

/**
 * Every `size`-th sample of another sampler, from the `rank`-th on: together the processes see each sample once.
 *
 * @throws NABLA_INVALID_ARGUMENT for a rank outside 0 … size − 1 and options that are none
 * @throws NABLA_EMPTY_DATA when there are too few samples
 *
 * @example const sampler = distributedSampler(stratifiedSampler(labels), { rank: 0, size: 4 })
 */
export function distributedSampler(inner: Sampler, options: DistributedOptions): Sampler {
  checkNames("distributedSampler", options, ["rank", "size", "dropLast"])
  const { rank, size, dropLast = false } = options
  checkCount("distributedSampler", "size", size)
  checkCount("distributedSampler", "rank", rank < size ? rank : Number.NaN, 0)
  const length = dropLast ? Math.floor(inner.length / size) : Math.ceil(inner.length / size)
  if (length === 0) {
    const got = `${inner.length} samples for ${size} processes`
    throw new NablaError("NABLA_EMPTY_DATA", {
      message: "there are too few samples",
      got,
      where: "distributedSampler",
    })
  }
  const order = (epoch: number): Int32Array => {
    const all = inner.order(epoch)
    return Int32Array.from({ length }, (_, i) => all[(rank + i * size) % all.length]!)
  }
  return { length, order }
}

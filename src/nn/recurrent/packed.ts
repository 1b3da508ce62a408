import { formatShape, NablaError, numel } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { arange, cat, full, tensor, where } from "../../tensor/index.ts"

/**
 * Sequences of different lengths without their padding, step by step: the first elements of all sequences, then the
 * second ones of those that have them, and so on, the longest sequence first.
 */
export class PackedSequence {
  /** [Σ lengths, …] */
  readonly data: Tensor
  /** How many sequences have a step, for each step: never more than for the step before. */
  readonly batchSizes: readonly number[]
  /** The numbers of the sequences in the order of their lengths, or null if they were in this order. */
  readonly sortedIndices: readonly number[] | null

  constructor(data: Tensor, batchSizes: readonly number[], sortedIndices: readonly number[] | null = null) {
    const total = batchSizes.reduce((sum, size) => sum + size, 0)
    if (data.shape[0] !== total || batchSizes.some((size, t) => size > (batchSizes[t - 1] ?? size))) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the batch sizes do not fit the data of a packed sequence",
        where: "PackedSequence",
        expected: `sizes that do not grow, of sum ${data.shape[0]}`,
        got: `[${batchSizes.join(", ")}]`,
      })
    }
    this.data = data
    this.batchSizes = batchSizes
    this.sortedIndices = sortedIndices
  }

  /** Where each sequence is in the order of lengths, or null. */
  get unsortedIndices(): readonly number[] | null {
    return this.sortedIndices && inverse(this.sortedIndices)
  }

  /** The same packing of other data. */
  withData(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batchSizes, this.sortedIndices)
  }

  /** The lengths, in the original order of the sequences. */
  get lengths(): number[] {
    const sorted = Array.from(
      { length: this.batchSizes[0] ?? 0 },
      (_, n) => this.batchSizes.filter((size) => size > n).length,
    )
    return this.unsortedIndices?.map((at) => sorted[at]!) ?? sorted
  }
}

export interface PackOptions {
  /** Whether the input is [N, T, …] rather than [T, N, …]. Default: false. */
  readonly batchFirst?: boolean
  /** Whether sequences must come in the order of their lengths, the longest first; otherwise they are sorted. Default:
   * true. */
  readonly enforceSorted?: boolean
}

/**
 * Packs padded sequences, so that a recurrent layer computes nothing for the padding. Lengths decide what is computed,
 * so they are numbers rather than a tensor that may not be known yet.
 *
 * Shapes: [T, N, …] (or [N, T, …] with batchFirst) → data [Σ lengths, …]
 *
 * @throws NABLA_SHAPE_MISMATCH when there are not N lengths, or one is not in 1 … T
 * @throws NABLA_INVALID_ARGUMENT when the lengths should be sorted and are not
 *
 * @example
 * const packed = nn.packPaddedSequence(randn([5, 2, 8]), [5, 3])
 * const [output] = nn.lstm(8, 16).forward(packed)
 * nn.padPackedSequence(output)[0].shape // [5, 2, 16]
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: readonly number[] | Tensor,
  { batchFirst = false, enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const given = Array.isArray(lengths) ? [...lengths] : Array.from((lengths as Tensor).dataSync())
  const steps = batchFirst ? input.transpose(0, 1) : input
  checkLengths(steps, given)
  const order = given.map((_, n) => n).sort((a, b) => given[b]! - given[a]!)
  const isSorted = order.every((n, at) => given[n] === given[at])
  if (!isSorted && enforceSorted) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the sequences are not in the order of their lengths",
      where: "packPaddedSequence",
      expected: "lengths that do not grow",
      got: `[${given.join(", ")}]`,
      hint: "pass { enforceSorted: false }",
    })
  }
  const sorted = isSorted ? steps : steps.indexSelect(1, int(order))
  const longest = Math.max(...given)
  const batchSizes = Array.from({ length: longest }, (_, t) => given.filter((length) => length > t).length)
  const data = cat(batchSizes.map((size, t) => sorted.select(0, t).narrow(0, 0, size)))
  return new PackedSequence(data, batchSizes, isSorted ? null : order)
}

function checkLengths(steps: Tensor, lengths: readonly number[]): void {
  const [time, samples] = steps.shape
  const good = (length: number): boolean => Number.isInteger(length) && length >= 1 && length <= time!
  if (steps.ndim >= 2 && lengths.length === samples && lengths.every(good)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the lengths do not fit the sequences",
    where: "packPaddedSequence",
    expected: steps.ndim < 2 ? "[T, N, …]" : `${samples} whole numbers of 1 … ${time}`,
    got: steps.ndim < 2 ? formatShape(steps.shape) : `[${lengths.join(", ")}]`,
  })
}

export interface PadOptions {
  /** Whether the result is [N, T, …] rather than [T, N, …]. Default: false. */
  readonly batchFirst?: boolean
  /** What stands behind the end of a sequence. Default: 0. */
  readonly paddingValue?: number
  /** T of the result, at least the longest length. Default: that. */
  readonly totalLength?: number
}

/**
 * Sequences as a padded tensor, and their lengths: the inverse of packPaddedSequence.
 *
 * Shapes: data [Σ lengths, …] → [T, N, …] (or [N, T, …] with batchFirst)
 *
 * @throws NABLA_INVALID_ARGUMENT when the total length is less than the longest one
 *
 * @example nn.padPackedSequence(packed, { batchFirst: true })
 */
export function padPackedSequence(
  packed: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength = packed.batchSizes.length }: PadOptions = {},
): [output: Tensor, lengths: number[]] {
  const { data, batchSizes } = packed
  if (totalLength < batchSizes.length) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the sequences are longer than the total length",
      where: "padPackedSequence",
      expected: `at least ${batchSizes.length}`,
      got: String(totalLength),
    })
  }
  const samples = batchSizes[0] ?? 0
  const rest = data.shape.slice(1)
  const starts = batchSizes.map((_, t) => batchSizes.slice(0, t).reduce((sum, size) => sum + size, 0))
  const order = packed.unsortedIndices
  // Row of the data for each step and sequence; any row where there is none.
  const rows = Array.from({ length: totalLength }, (_, t) =>
    Array.from({ length: samples }, (_, n) => {
      const at = order?.[n] ?? n
      return at < (batchSizes[t] ?? 0) ? starts[t]! + at : 0
    }),
  ).flat()
  const gathered = data.indexSelect(0, int(rows)).reshape([totalLength, samples, ...rest])
  const present = arange(totalLength)
    .unsqueeze(1)
    .lt(int(packed.lengths))
    .reshape([totalLength, samples, ...rest.map(() => 1)])
  const filler = full([], paddingValue, { dtype: data.dtype })
  const padded = numel(gathered.shape) === 0 ? gathered : where(present, gathered, filler)
  return [batchFirst ? padded.transpose(0, 1) : padded, packed.lengths]
}

function inverse(order: readonly number[]): number[] {
  const places = new Array<number>(order.length)
  order.forEach((n, at) => void (places[n] = at))
  return places
}

/** Whole numbers as a tensor. */
export function int(list: readonly number[]): Tensor {
  return tensor(Int32Array.from(list), { shape: [list.length], dtype: "int32" })
}

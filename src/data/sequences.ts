import { Random } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { tensor } from "../tensor/index.ts"
import { checkCount } from "./check.ts"
import { EpochLoader } from "./epochs.ts"

export interface SequenceOptions {
  /** Binary channels of an item. Default: 8. */
  readonly bits?: number
  /** Least and greatest number of items. Defaults: see each task. */
  readonly minLength?: number
  readonly maxLength?: number
  /** Sequences in a batch; all of one batch have the same length. Default: 16. */
  readonly batchSize?: number
  /** Batches in an epoch. Default: 100. */
  readonly batches?: number
  /** Any whole number. Default: 0. */
  readonly seed?: number
}

/** One batch on its way: sequences of the same form, written item by item. */
interface Frame {
  readonly inputSteps: number
  readonly answerSteps: number
  /** Writes one sequence: into `input` [inputSteps + answerSteps, channels] and `answer` [answerSteps, answerChannels]. */
  fill(input: Grid, answer: Grid): void
}

class Grid {
  private readonly data: Float32Array
  private readonly start: number
  private readonly channels: number

  constructor(data: Float32Array, start: number, channels: number) {
    this.data = data
    this.start = start
    this.channels = channels
  }

  set(step: number, channel: number, value: number): void {
    this.data[this.start + step * this.channels + channel] = value
  }
}

/**
 * Batches of a task on sequences: the model reads a sequence, then answers while it reads zeros (and a channel that says
 * so). Each iteration is the next epoch; an epoch is a function of the seed and its number.
 *
 * x has shape [batch, steps, channels], y has shape [batch, answerSteps, answerChannels]: the answer belongs to the last
 * steps of the model's output.
 */
export class SequenceTask extends EpochLoader {
  readonly name: string
  /** Channels of x and of y. */
  readonly channels: number
  readonly answerChannels: number
  readonly options: Readonly<Required<SequenceOptions>>
  private readonly frame: (length: number, random: Random) => Frame

  constructor(
    name: string,
    channels: number,
    answerChannels: number,
    options: Readonly<Required<SequenceOptions>>,
    frame: (length: number, random: Random) => Frame,
  ) {
    super()
    this.name = name
    this.channels = channels
    this.answerChannels = answerChannels
    this.options = options
    this.frame = frame
  }

  /** Number of batches in an epoch. */
  get length(): number {
    return this.options.batches
  }

  protected get identity(): { name: string; seed: number; samples: number } {
    const { seed, batches, batchSize } = this.options
    return { name: this.name, seed, samples: batches * batchSize }
  }

  protected *from(epoch: number, first: number): Generator<[Tensor, Tensor]> {
    const random = new Random(this.options.seed).fork(epoch)
    for (let i = 0; i < this.options.batches; i++) {
      // Batches that were handed out before are drawn again, so that the others get their numbers.
      const batch = this.batch(random)
      if (i >= first) yield batch
    }
  }

  private batch(random: Random): [Tensor, Tensor] {
    const { minLength, maxLength, batchSize } = this.options
    const length = minLength + random.integer(maxLength - minLength + 1)
    const frame = this.frame(length, random)
    const steps = frame.inputSteps + frame.answerSteps
    const x = new Float32Array(batchSize * steps * this.channels)
    const y = new Float32Array(batchSize * frame.answerSteps * this.answerChannels)
    for (let i = 0; i < batchSize; i++) {
      const input = new Grid(x, i * steps * this.channels, this.channels)
      const answer = new Grid(y, i * frame.answerSteps * this.answerChannels, this.answerChannels)
      frame.fill(input, answer)
    }
    return [
      tensor(x, { shape: [batchSize, steps, this.channels] }),
      tensor(y, { shape: [batchSize, frame.answerSteps, this.answerChannels] }),
    ]
  }
}

type Item = readonly number[]

const randomItem = (bits: number, random: Random): Item =>
  Array.from({ length: bits }, () => random.integer(2))

function write(grid: Grid, step: number, item: Item): void {
  for (const [channel, bit] of item.entries()) grid.set(step, channel, bit)
}

/**
 * The copy task: read a sequence of random items, then say it again from memory.
 *
 * Channels: the bits, a mark at the sequence's end, a mark at each step of the answer. Default lengths: 1 to 10.
 *
 * Graves, Wayne & Danihelka, "Neural Turing Machines" (2014), section 4.1.
 *
 * @throws NABLA_INVALID_ARGUMENT for lengths or counts that are none
 *
 * @example const [[x, y]] = copyTask({ minLength: 3, maxLength: 3 }) // [16, 7, 10] and [16, 3, 8]
 */
export function copyTask(options: SequenceOptions = {}): SequenceTask {
  const settled = settle("copyTask", options, 1, 10)
  const { bits } = settled
  return new SequenceTask("copy", bits + 2, bits, settled, (length, random) => ({
    inputSteps: length + 1,
    answerSteps: length,
    fill(input, answer) {
      for (let i = 0; i < length; i++) {
        const item = randomItem(bits, random)
        write(input, i, item)
        write(answer, i, item)
        input.set(length + 1 + i, bits + 1, 1)
      }
      input.set(length, bits, 1)
    },
  }))
}

/**
 * The repeat-copy task: read a sequence and a number of repeats, say it so often, then mark the end.
 *
 * Channels: the bits, the number of repeats (divided by `maxRepeats`) at the sequence's end, a mark at each step of the
 * answer. The answer has one channel more, which is 1 at its last step. Default lengths: 1 to 10.
 *
 * Graves, Wayne & Danihelka (2014), section 4.2.
 *
 * @param options.maxRepeats greatest number of repeats. Default: 5
 * @throws NABLA_INVALID_ARGUMENT for lengths or counts that are none
 *
 * @example const [[x, y]] = repeatCopyTask({ maxLength: 4, maxRepeats: 3 })
 */
export function repeatCopyTask(
  options: SequenceOptions & { readonly maxRepeats?: number } = {},
): SequenceTask {
  const { maxRepeats = 5, ...rest } = options
  checkCount("repeatCopyTask", "maxRepeats", maxRepeats)
  const settled = settle("repeatCopyTask", rest, 1, 10)
  const { bits } = settled
  return new SequenceTask("repeat-copy", bits + 2, bits + 1, settled, (length, random) => {
    const repeats = 1 + random.integer(maxRepeats)
    const answerSteps = length * repeats + 1
    return {
      inputSteps: length + 1,
      answerSteps,
      fill(input, answer) {
        for (let i = 0; i < length; i++) {
          const item = randomItem(bits, random)
          write(input, i, item)
          for (let k = 0; k < repeats; k++) write(answer, k * length + i, item)
        }
        input.set(length, bits, repeats / maxRepeats)
        for (let i = 0; i < answerSteps; i++) input.set(length + 1 + i, bits + 1, 1)
        answer.set(answerSteps - 1, bits, 1)
      },
    }
  })
}

/**
 * Associative recall: read a list of items, then one of them again; answer with the one that came after it.
 *
 * An item is three vectors of bits. Channels: the bits, a mark before each item of the list, a mark before and after the
 * question. Default number of items: 2 to 6.
 *
 * Graves, Wayne & Danihelka (2014), section 4.3.
 *
 * @param options.itemSteps vectors in an item. Default: 3
 * @throws NABLA_INVALID_ARGUMENT for lengths or counts that are none, or lists of one item
 *
 * @example const [[x, y]] = associativeRecallTask({ bits: 6 })
 */
export function associativeRecallTask(
  options: SequenceOptions & { readonly itemSteps?: number } = {},
): SequenceTask {
  const { itemSteps = 3, ...rest } = options
  checkCount("associativeRecallTask", "itemSteps", itemSteps)
  const settled = settle("associativeRecallTask", rest, 2, 6, 2)
  const { bits } = settled
  return new SequenceTask("associative-recall", bits + 2, bits, settled, (length, random) => ({
    inputSteps: (length + 1) * (itemSteps + 1) + 1,
    answerSteps: itemSteps,
    fill(input, answer) {
      const items = Array.from({ length }, () =>
        Array.from({ length: itemSteps }, () => randomItem(bits, random)),
      )
      const asked = random.integer(length - 1)
      ;[...items, items[asked]!].forEach((item, i) => {
        const start = i * (itemSteps + 1)
        input.set(start, i < length ? bits : bits + 1, 1)
        for (const [k, vector] of item.entries()) write(input, start + 1 + k, vector)
      })
      input.set((length + 1) * (itemSteps + 1), bits + 1, 1)
      for (const [k, vector] of items[asked + 1]!.entries()) write(answer, k, vector)
    },
  }))
}

function settle(
  where: string,
  options: SequenceOptions,
  minLength: number,
  maxLength: number,
  least = 1,
): Required<SequenceOptions> {
  const defaults = { bits: 8, minLength, maxLength, batchSize: 16, batches: 100, seed: 0 }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const settled = { ...defaults, ...Object.fromEntries(given) } as Required<SequenceOptions>
  for (const name of ["bits", "batchSize", "batches"] as const) checkCount(where, name, settled[name])
  checkCount(where, "minLength", settled.minLength, least)
  checkCount(where, "maxLength", settled.maxLength, settled.minLength)
  return settled
}

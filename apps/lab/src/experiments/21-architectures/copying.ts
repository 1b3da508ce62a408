import { compile, data, manualSeed, nn, noGrad, type Tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { countParameters, endless, Learner, pacer } from "./learner.ts"

/** Where a head was: a weight for each slot at each step, and which steps are of the answer. */
export interface HeadMap {
  readonly steps: number
  readonly slots: number
  readonly weights: readonly number[]
}

/** What one net copies. */
export interface Copier {
  readonly losses: readonly number[]
  /** Share of wrong bits for each length, up to twice what is trained on. */
  readonly errors: readonly number[]
  readonly parameters: number
}

/** The heads while the machine copies one sequence of the greatest length. */
export interface Heads {
  readonly write: HeadMap
  readonly read: HeadMap
  /** Largest distance of the sum of a head's weights from 1. */
  readonly sums: number
}

/** A neural Turing machine and an LSTM of the same size that learn to copy. */
export interface CopyView {
  readonly kind: "machine"
  readonly machine: Copier
  readonly lstm: Copier
  /** Null until they have been looked at. */
  readonly heads: Heads | null
  readonly steps: number
  readonly done: boolean
}

export const BITS = 4
/** It ends when the machine has made no mistake at so many looks in a row, at the lengths that it is trained on. */
// Without a bound the gradient leaps now and then, and what was learned is lost.
const RATE = { rate: 5e-3, clip: 1 }
const FAULTLESS = 12
const LOOK_EVERY = 100
const COPY_STEPS = 2500
const BATCH = 16
const HIDDEN = 32
const WIDTH = 10

/** An LSTM that copies as it can: what it has read is in its cells alone. */
class PlainCopier extends nn.Module {
  lstm: nn.LSTM
  head: nn.Linear

  constructor(hidden: number) {
    super()
    this.lstm = nn.lstm(BITS + 2, hidden, { batchFirst: true })
    this.head = nn.linear(hidden, BITS)
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0])
  }
}

/** As many cells as bring an LSTM nearest to that number of weights: 4·h·(h + in + 2) + out·(h + 1). */
function cellsFor(weights: number): number {
  const size = (h: number): number => 4 * h * (h + BITS + 2 + 2) + BITS * (h + 1)
  let hidden = 1
  while (size(hidden + 1) <= weights) hidden++
  return weights - size(hidden) < size(hidden + 1) - weights ? hidden : hidden + 1
}

/** The part of the output at which the answer is due. */
const answer = (output: Tensor, target: Tensor): Tensor =>
  output.narrow(1, output.shape[1]! - target.shape[1]!, target.shape[1]!)

const loss = (output: Tensor, target: Tensor): Tensor => nn.bceWithLogits(answer(output, target), target)

const wrongShare = (output: Tensor, target: Tensor): Tensor =>
  answer(output, target).gt(0).ne(target.gt(0)).to("float32").mean()

/** 32 sequences of each length, from one item to twice as many as are trained on. */
function tests(items: number, seed: number): (readonly [Tensor, Tensor])[] {
  return Array.from({ length: 2 * items }, (_, i) => {
    const options = { bits: BITS, minLength: i + 1, maxLength: i + 1, batchSize: 32, batches: 1, seed }
    return [...data.copyTask(options)][0]!
  })
}

function headMap(weights: Tensor): HeadMap {
  const [, steps, , slots] = weights.shape as [number, number, number, number]
  // Of the first sequence and the first head; slots upwards, steps to the right.
  const values = weights.select(0, 0).select(1, 0).t().contiguous().dataSync()
  return { steps, slots, weights: Array.from(values, Number) }
}

/** The two nets, and how they do on sequences that they are not trained on. */
class Contest {
  readonly net: nn.NeuralTuringMachine
  readonly machine: Learner<nn.NeuralTuringMachine>
  readonly lstm: Learner<PlainCopier>
  /** Looks in a row at which the machine made no mistake at the lengths that it is trained on. */
  faultless = 0
  private readonly held: readonly (readonly [Tensor, Tensor])[]
  private readonly items: number
  private readonly judges: readonly ((x: Tensor, y: Tensor) => Tensor)[]
  private errors: readonly (readonly number[])[] = [[], []]
  private maps: Heads | null = null

  constructor({ items, seed, broken }: Values) {
    manualSeed(seed)
    this.items = items
    this.net = nn.neuralTuringMachine(BITS + 2, BITS, {
      // Broken on purpose: no room for more items than are trained on.
      slots: broken ? items : 2 * items + 2,
      width: WIDTH,
      hidden: HIDDEN,
      // It keeps nothing itself, so all that it remembers is in the memory.
      controller: "feedforward",
    })
    const plain = new PlainCopier(cellsFor(countParameters(this.net)))
    this.machine = new Learner(this.net, loss, RATE)
    this.lstm = new Learner(plain, loss, RATE)
    this.held = tests(items, seed + 1000)
    this.judges = [this.net, plain].map((model) =>
      compile((x: Tensor, y: Tensor) => noGrad(() => wrongShare(model.forward(x), y))),
    )
  }

  /** Takes them all through the test, a length at a time. */
  *look(): globalThis.Generator<undefined, void, void> {
    const errors: number[][] = [[], []]
    for (const [x, y] of this.held)
      for (const [i, judge] of this.judges.entries()) {
        errors[i]!.push(judge(x, y).itemSync())
        yield
      }
    this.errors = errors
    this.faultless = errors[0]!.slice(0, this.items).every((error) => error === 0) ? this.faultless + 1 : 0
    this.maps = this.draw()
  }

  private draw(): Heads {
    return noGrad(() => {
      const { writeWeights, readWeights } = this.net.trace(this.held.at(-1)![0].narrow(0, 0, 1))
      const off = [writeWeights, readWeights].map((w) => w.sum(3).sub(1).abs().max().itemSync())
      return { write: headMap(writeWeights), read: headMap(readWeights), sums: Math.max(...off) }
    })
  }

  view(done: boolean): CopyView {
    const { machine, lstm, errors, maps } = this
    return {
      kind: "machine",
      machine: { losses: [...machine.losses], errors: errors[0]!, parameters: machine.parameters },
      lstm: { losses: [...lstm.losses], errors: errors[1]!, parameters: lstm.parameters },
      heads: maps,
      steps: machine.losses.length,
      done,
    }
  }
}

export async function* runCopying(values: Values, { signal }: Session): AsyncGenerator<CopyView> {
  const { items, seed } = values
  const contest = new Contest(values)
  yield contest.view(false)
  const task = { bits: BITS, minLength: 1, maxLength: items, batchSize: BATCH, batches: 100, seed }
  const batches = endless<[Tensor, Tensor]>(data.copyTask(task))
  const due = pacer()
  for (let step = 0; step <= COPY_STEPS && contest.faultless < FAULTLESS; step++) {
    if (step % LOOK_EVERY === 0)
      for (const _ of contest.look()) {
        if (signal.aborted) return
        if (due()) yield contest.view(false)
      }
    const [x, y] = batches.next().value
    contest.machine.step(x, y)
    contest.lstm.step(x, y)
    if (signal.aborted) return
    if (due()) yield contest.view(false)
  }
  yield contest.view(true)
}

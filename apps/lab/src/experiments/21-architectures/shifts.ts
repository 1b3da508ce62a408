import { manualSeed, Generator as Noise, nn, noGrad, randint, type Tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import { ROOM } from "./canvas.ts"
import type { Values } from "./controls.ts"
import type { Digits } from "./digits.ts"
import {
  batches,
  digits,
  everyPlace,
  orderOf,
  PIXELS,
  reordered,
  rowsUpwards,
  shifted,
  taken,
} from "./digits.ts"
import { countParameters, Learner, pacer } from "./learner.ts"

/** One pair of nets, trained on the same digits in the same order. */
export interface Pair {
  readonly convolution: readonly number[]
  readonly dense: readonly number[]
  /** Share of test images that each reads rightly, by how far they have been moved. */
  readonly accuracy: readonly {
    readonly shift: number
    readonly convolution: number
    readonly dense: number
  }[]
  /** Test images that only one of the two reads rightly, moved as far as is set. */
  readonly only: { readonly convolution: number; readonly dense: number }
  /** Largest change of the answers when the images move by two pixels, in units of the answers' own size. */
  readonly change: { readonly convolution: number; readonly dense: number }
}

/** A convolutional and a fully connected net of the same number of weights, on digits that move. */
export interface ShiftsView {
  readonly kind: "convolution"
  readonly parameters: { readonly convolution: number; readonly dense: number }
  readonly pictures: readonly [inPlace: readonly number[], moved: readonly number[]]
  readonly pairs: readonly Pair[]
  readonly done: boolean
}

const CHANNELS = 12
export const PAIRS = 2
const TRAINED = 600
const TESTED = 240
const BATCH = 40
const STEPS = 90

/** On a picture whose ends meet, so that moving it is the same everywhere; the largest answer of all places counts. */
function convolutional(): nn.Sequential {
  const around = { paddingMode: "circular" } as const
  return nn.sequential(
    nn.conv2d(1, CHANNELS, 5, { padding: 2, ...around }),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(CHANNELS, 4 * CHANNELS, 3, { padding: 1, ...around }),
    nn.relu(),
    nn.adaptiveMaxPool2d(1),
    nn.flatten(),
    nn.linear(4 * CHANNELS, 10),
  )
}

/** As many hidden units as bring it nearest to that number of weights. */
function dense(weights: number): nn.Sequential {
  const hidden = Math.round((weights - 10) / (PIXELS + 1 + 10))
  return nn.sequential(nn.flatten(), nn.linear(PIXELS, hidden), nn.relu(), nn.linear(hidden, 10))
}

/** A move for each picture, to any place that is `far` away along a side or less along the other. */
function moves(count: number, far: number, noise: Noise): (i: number) => readonly [number, number] {
  const drawn = randint(-far, far + 1, [count, 2], { generator: noise, dtype: "int32" }).dataSync()
  return (i) => [Number(drawn[2 * i]), Number(drawn[2 * i + 1])]
}

/** As many times as the test set is, all moved by the same distance in one of eight directions. */
const compass = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right] as const))
const directions = compass.filter(([down, right]) => down !== 0 || right !== 0)
const byExactly = (far: number) => (i: number) => {
  const [down, right] = directions[i % directions.length]!
  return [far * down, far * right] as const
}

function answers(model: nn.Sequential, set: Digits): Tensor {
  return noGrad(() => model.forward(taken(set, everyPlace(set))[0]))
}

function readRightly(model: nn.Sequential, set: Digits): boolean[] {
  const read = answers(model, set).argmax(1).dataSync()
  return Array.from(read, (digit, i) => Number(digit) === set.labels[i])
}

const share = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length

function change(model: nn.Sequential, set: Digits, other: Digits): number {
  const [before, after] = [answers(model, set), answers(model, other)]
  return after.sub(before).abs().max().div(before.abs().max()).itemSync()
}

/** What the pictures of one pair are, and how they reach the nets. */
interface Material {
  readonly train: Digits
  readonly test: Digits
  readonly noise: Noise
  /** Broken on purpose: the pixels are torn from their neighbours. */
  readonly seen: (set: Digits) => Digits
}

function materialOf({ broken }: Values, seed: number): Material {
  const noise = new Noise(seed)
  const order = orderOf(noise)
  return {
    train: digits(TRAINED, seed),
    test: digits(TESTED, seed, TRAINED),
    noise,
    seen: (set) => (broken ? reordered(set, order) : set),
  }
}

function compare(nets: Nets, { test, noise, seen }: Material, { shift }: Values): Omit<Pair, keyof Nets> {
  const [convolution, dense] = [nets.convolution.model, nets.dense.model]
  const accuracy = Array.from({ length: ROOM + 1 }, (_, far) => {
    const set = seen(shifted(test, byExactly(far)))
    return {
      shift: far,
      convolution: share(readRightly(convolution, set)),
      dense: share(readRightly(dense, set)),
    }
  })
  const set = seen(shifted(test, moves(test.length, shift, noise)))
  const [one, other] = [readRightly(convolution, set), readRightly(dense, set)]
  const byTwo = seen(shifted(test, () => [2, -2]))
  return {
    accuracy,
    only: {
      convolution: one.filter((right, i) => right && !other[i]).length,
      dense: other.filter((right, i) => right && !one[i]).length,
    },
    change: {
      convolution: change(convolution, seen(test), byTwo),
      dense: change(dense, seen(test), byTwo),
    },
  }
}

interface Nets {
  readonly convolution: Learner<nn.Sequential>
  readonly dense: Learner<nn.Sequential>
}

export async function* runShifts(values: Values, { signal }: Session): AsyncGenerator<ShiftsView> {
  const { seed, shift, everywhere } = values
  const pairs: Pair[] = []
  const due = pacer()
  for (let number = 0; number < PAIRS; number++) {
    const own = seed + 1000 * number
    const material = materialOf(values, own)
    const { train, test, noise, seen } = material
    if (signal.aborted) return
    manualSeed(own)
    const first = convolutional()
    const nets: Nets = {
      convolution: new Learner(first, nn.crossEntropy, { rate: 4e-3 }),
      dense: new Learner(dense(countParameters(first)), nn.crossEntropy, { rate: 4e-3 }),
    }
    const pictures = [test, shifted(test, () => [shift, shift])].map((set) =>
      rowsUpwards(seen(set).inputs.subarray(0, PIXELS)),
    )
    const view = (pair: Omit<Pair, keyof Nets>, done: boolean): ShiftsView => ({
      kind: "convolution",
      parameters: { convolution: nets.convolution.parameters, dense: nets.dense.parameters },
      pictures: [pictures[0]!, pictures[1]!],
      pairs: [
        ...pairs,
        { convolution: [...nets.convolution.losses], dense: [...nets.dense.losses], ...pair },
      ],
      done,
    })
    const nothing = {
      accuracy: [],
      only: { convolution: 0, dense: 0 },
      change: { convolution: NaN, dense: NaN },
    }
    if (number === 0) yield view(nothing, false)
    const every = batches(train, BATCH, own)
    for (let step = 0; step < STEPS; step++) {
      if (signal.aborted) return
      const places = every.next().value
      const set = everywhere ? shifted(train, moves(train.length, shift, noise)) : train
      const [x, y] = taken(seen(set), places)
      nets.convolution.step(x, y)
      nets.dense.step(x, y)
      if (due()) yield view(nothing, false)
    }
    const last = view(compare(nets, material, values), number === PAIRS - 1)
    yield last
    pairs.push(last.pairs.at(-1)!)
  }
}

import { formatShape, isFloating, NablaError } from "../../base/index.ts"
import type { RandomOptions, Tensor } from "../../tensor/index.ts"
import { compile, Generator, materialize, rand, uniform, where } from "../../tensor/index.ts"
import { checkRange } from "../check.ts"

/** Inputs and targets of a batch. */
export type Batch = readonly [x: Tensor, y: Tensor]

/**
 * Changes a batch at random: all that is drawn comes from the generator, in the graph, so that a compiled step draws
 * anew each time, and equal seeds give equal bits. What is drawn is the same on every device; what is computed from it
 * (sines, logarithms) may differ in its last bits.
 */
export interface Augmentation {
  (batch: Batch, generator: Generator): Batch
  /**
   * Whether it does the same to every batch, but for what it draws from the generator, and reads no value: a loader then
   * captures and replays it. Default: false.
   */
  readonly replayable?: boolean
}

/** An augmentation of inputs alone. */
export function onInputs(change: (x: Tensor, generator: Generator) => Tensor): Augmentation {
  return ([x, y], generator) => [change(x, generator), y]
}

/** An augmentation of this library, which can be replayed. */
export function ofInputs(change: (x: Tensor, generator: Generator) => Tensor): Augmentation {
  return replayable(onInputs(change))
}

/** Says that an augmentation can be replayed, see Augmentation. */
export function replayable(augmentation: Augmentation): Augmentation {
  return Object.assign(((batch, generator) => augmentation(batch, generator)) as Augmentation, {
    replayable: true,
  })
}

/**
 * The same augmentation, captured and replayed: no graph is built for each batch. Each batch is computed at once, with the
 * same draws.
 */
export function replayed(augmentation: Augmentation): Augmentation {
  const own = new Generator()
  const run = compile((x: Tensor, y: Tensor): Tensor[] => [...augmentation([x, y], own)])
  return ([x, y], generator) => {
    own.state = generator.state
    const changed = run(x, y)
    generator.state = own.state
    return [changed[0]!, changed[1]!]
  }
}

/**
 * One augmentation after the other.
 *
 * What mixes samples and targets joins as it is: `(batch, generator) => nn.mixup(...batch, { numClasses: 10, generator })`.
 *
 * @example
 * const augment = compose(randomCrop({ size: 28, padding: 2 }), randomHorizontalFlip())
 * const [x2, y2] = augment([x, y], new Generator(1))
 */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  const all: Augmentation = (batch, generator) =>
    augmentations.reduce<Batch>(([x, y], change, i) => {
      // What picks pixels at several places of its choice would compute the change before it anew for each of them.
      return change(i === 0 ? [x, y] : [materialize(x), y], generator)
    }, batch)
  return augmentations.every((it) => it.replayable) ? replayable(all) : all
}

/**
 * An augmentation of each sample with probability p; the others stay as they are.
 *
 * @throws NABLA_INVALID_ARGUMENT for a p that is no probability; later when targets are changed
 * @throws NABLA_SHAPE_MISMATCH later when the shape of the inputs is changed
 *
 * @example sometimes(0.3, gaussianNoise({ std: 0.1 }))
 */
export function sometimes(p: number, augmentation: Augmentation): Augmentation {
  checkRange("sometimes", "p", p, 0, 1)
  const some: Augmentation = ([x, y], generator) => {
    const [changed, targets] = augmentation([x, y], generator)
    if (targets !== y) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "an augmentation that changes targets cannot be left out for some samples",
        where: "sometimes",
        hint: "put it into compose without sometimes",
      })
    }
    if (formatShape(changed.shape) !== formatShape(x.shape)) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the augmentation changes the shape, so that no sample can be left out",
        expected: formatShape(x.shape),
        got: formatShape(changed.shape),
        where: "sometimes",
      })
    }
    return [where(chosen(x, p, generator), changed, x), y]
  }
  return augmentation.replayable ? replayable(some) : some
}

/** Which samples: true with probability p, shaped so that it broadcasts over x. */
export function chosen(x: Tensor, p: number, generator: Generator): Tensor {
  return perSample(rand([x.shape[0]!], { generator }).lt(p), x.ndim)
}

/** A number for each sample, shaped so that it broadcasts over `ndim` dimensions. */
export function perSample(values: Tensor, ndim: number): Tensor {
  return values.reshape([values.shape[0]!, ...new Array<number>(ndim - 1).fill(1)])
}

/** A uniform number for each of n samples. */
export function drawn(n: number, [low, high]: Span, options: RandomOptions): Tensor {
  return uniform(low, high, [n], options)
}

/** From the least to the largest value. */
export type Span = readonly [low: number, high: number]

/** @throws NABLA_SHAPE_MISMATCH for what is no batch of images [N, C, H, W] of floating numbers */
export function checkImages(where_: string, x: Tensor): [n: number, c: number, h: number, w: number] {
  if (x.ndim === 4 && isFloating(x.dtype)) return x.shape as [number, number, number, number]
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the input is no batch of images",
    expected: "[N, C, H, W] of floating numbers",
    got: `${formatShape(x.shape)} of ${x.dtype}`,
    where: where_,
  })
}

/** @throws NABLA_INVALID_ARGUMENT unless low ≤ high, both from `least` on */
export function checkSpan(where_: string, name: string, [low, high]: Span, least = -Infinity): void {
  if (Number.isFinite(low) && Number.isFinite(high) && low >= least && low <= high) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is no such range`,
    expected: `[low, high] with ${least === -Infinity ? "" : `${least} ≤ `}low ≤ high`,
    got: `[${low}, ${high}]`,
    where: where_,
  })
}

import { Random } from "../../base/index.ts"
import type { Augmentation } from "../../data/index.ts"
import { EpochLoader, replayable, replayed } from "../../data/index.ts"
import { cutmix, mixup } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { Generator as RandomGenerator } from "../../tensor/index.ts"

/** What --augment takes besides changes of single images: mixtures of two, whose targets become shares of classes. */
const mixings = {
  mixup: { summary: "images and targets mixed in pairs, after all else (Zhang et al. 2018)", mix: mixup },
  cutmix: { summary: "a rectangle of another image, after all else (Yun et al. 2019)", mix: cutmix },
} as const

export type MixingName = keyof typeof mixings

export const mixingNames: Readonly<Record<MixingName, string>> = {
  mixup: mixings.mixup.summary,
  cutmix: mixings.cutmix.summary,
}

export const isMixing = (name: string): name is MixingName => Object.hasOwn(mixings, name)

/** Mixtures, one after the other, of samples of so many classes. */
function mixingOf(names: readonly MixingName[], numClasses: number): Augmentation {
  return replayable((batch, generator) =>
    names.reduce(([x, y], name) => mixings[name].mix(x, y, { numClasses, generator }), batch),
  )
}

/**
 * The batches of a loader, mixed. What is drawn follows from seed, epoch and place of the batch, whoever has prepared it.
 *
 * Shapes: [N, …] and [N] of int32 → [N, …] and [N, classes].
 */
export class MixedLoader extends EpochLoader {
  private readonly source: EpochLoader
  private readonly mix: Augmentation
  private readonly random: Random

  constructor(source: EpochLoader, names: readonly MixingName[], classes: number) {
    super()
    this.source = source
    this.mix = replayed(mixingOf(names, classes))
    // Another stream than the one that orders the samples and augments them.
    this.random = new Random(source.state().seed, 1)
  }

  get length(): number {
    return this.source.length
  }

  protected get identity(): { name: string; seed: number; samples: number } {
    const { seed, samples } = this.source.state()
    return { name: "mixed batches", seed, samples }
  }

  protected *from(epoch: number, first: number): Generator<[Tensor, Tensor]> {
    this.source.load({ ...this.source.state(), epoch, batch: first })
    let number = first
    for (const batch of this.source) {
      const generator = new RandomGenerator(this.random.fork(epoch).fork(number).uint32())
      yield [...this.mix(batch, generator)]
      number++
    }
  }
}

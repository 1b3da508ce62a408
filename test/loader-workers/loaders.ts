import { NablaError, tensor } from "nabla"
import type { DataLoader } from "nabla/data"
import {
  arrayDataset,
  compose,
  gaussianNoise,
  DataLoader as Loader,
  randomCrop,
  SampleLoader,
  TextWindows,
} from "nabla/data"

// Loaders as a user would put them into a module of their own; the tests of workerLoader bundle this file.

interface ImageOptions {
  readonly n: number
  readonly shuffle?: boolean
}

/** Numbered images, cropped and with noise. */
export function images({ n, shuffle = true }: ImageOptions): DataLoader {
  const inputs = Float32Array.from({ length: n * 16 }, (_, i) => i)
  const targets = Int32Array.from({ length: n }, (_, i) => i)
  const dataset = arrayDataset({ name: "images", inputs, inputShape: [1, 4, 4], targets, targetShape: [] })
  const augment = compose(randomCrop({ size: 4, padding: 1 }), gaussianNoise({ std: 0.1 }))
  return new Loader(dataset, { batchSize: 4, shuffle, seed: 3, augment })
}

/** A promise of a loader, whose batches are no pair of tensors. */
export async function nested({ n }: ImageOptions): Promise<SampleLoader<number, object>> {
  const collate = (samples: readonly number[]): object => ({
    parts: [tensor(Float64Array.from(samples)), { name: "rest", flags: tensor([true, false]) }],
    samples,
  })
  return new SampleLoader(
    Array.from({ length: n }, (_, i) => i),
    { batchSize: 3, collate },
  )
}

export function text(): TextWindows {
  const tokens = Int32Array.from({ length: 200 }, (_, i) => i)
  return new TextWindows(tokens, { context: 8, batchSize: 4, shuffle: true, seed: 2 })
}

/** The third batch fails, in the way that is asked for. */
export function failing({ how }: { how: "coded" | "plain" | "exit" | "hang" }): SampleLoader<number, number> {
  const collate = ([i]: readonly number[]): number => {
    if (i! < 2) return i!
    if (how === "coded")
      throw new NablaError("NABLA_FILE_FORMAT", { message: "the picture is damaged", where: "cat.png" })
    if (how === "exit") process.exit(3)
    if (how === "hang") for (;;);
    throw new TypeError("no such thing")
  }
  return new SampleLoader([0, 1, 2, 3], { batchSize: 1, collate })
}

/** Counts in shared memory how many batches were prepared. */
export function counting({ counter }: { counter: Int32Array }): SampleLoader<number, number> {
  const collate = ([i]: readonly number[]): number => {
    Atomics.add(counter, 0, 1)
    return i!
  }
  return new SampleLoader(
    Array.from({ length: 100 }, (_, i) => i),
    { batchSize: 1, collate },
  )
}

export const notAFunction = 3
export const noLoader = (): number => 3

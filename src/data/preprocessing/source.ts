import { NablaError, numel } from "../../base/index.ts"
import { Tensor, tensor } from "../../tensor/index.ts"
import type { AnyDataset } from "../dataset.ts"
import { gather } from "../dataset.ts"

/** A batch of inputs, alone or with what belongs to it, as loaders give it. */
export type FitBatch = Tensor | readonly [Tensor, ...unknown[]]

export type FitBatches = Iterable<FitBatch> | AsyncIterable<FitBatch>

/**
 * What a preprocessing learns from: all inputs in one tensor, a data set in memory, or batches one after the other. A
 * function that begins the batches anew serves where they are gone through more than once.
 */
export type FitSource = Tensor | AnyDataset | FitBatches | (() => FitBatches)

/** Values of a data set that are looked at together. */
const CHUNK = 2 ** 18

/**
 * A turn of the event loop. The engine collects large arrays in such turns: without any, those of all chunks would be in
 * memory at once.
 */
export const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** The inputs of a source, batch after batch. */
export async function* inputsOf(source: FitSource): AsyncGenerator<Tensor, void, undefined> {
  const batches = typeof source === "function" ? source() : source
  if (batches instanceof Tensor) yield batches
  else if ("inputShape" in batches) {
    for (const chunk of chunksOf(batches)) {
      yield chunk
      await breath()
    }
  } else for await (const batch of batches) yield batch instanceof Tensor ? batch : batch[0]
}

/** A data set's inputs in tensors of up to a quarter of a million values; they are copies. */
export function* chunksOf(dataset: AnyDataset): Generator<Tensor, void, undefined> {
  const rows = Math.max(1, Math.floor(CHUNK / numel(dataset.inputShape)))
  for (let begin = 0; begin < dataset.length; begin += rows) {
    const length = Math.min(rows, dataset.length - begin)
    const { inputs } = gather(
      dataset,
      Int32Array.from({ length }, (_, i) => begin + i),
    )
    yield tensor(inputs, { shape: [length, ...dataset.inputShape] })
  }
}

/**
 * The same source, if it can be gone through more than once.
 *
 * @throws NABLA_INVALID_ARGUMENT for an iterator, which has an end
 */
export function repeatable(source: FitSource, where: string): FitSource {
  if (typeof source === "function" || source instanceof Tensor || "inputShape" in source) return source
  const once: unknown =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  if (once !== source) return source
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message:
      "the batches can be gone through only once, but each stage learns from what the one before gives",
    expected: "a tensor, a data set, a loader, or a function that begins the batches anew",
    got: "an iterator",
    where,
    hint: "pass () => batches() instead of batches()",
  })
}

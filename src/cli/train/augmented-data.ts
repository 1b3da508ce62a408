import type { ArrayDataset, EpochLoader } from "../../data/index.ts"
import { augmentationNames, DataLoader, namedAugmentation } from "../../data/index.ts"
import { describeAugmented, workerLoader } from "../../data/node.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { TrainingData } from "./data-source.ts"
import { isMixing, MixedLoader, mixingNames } from "./mixed-batches.ts"
import type { TrainOptions } from "./train-settings.ts"

const names: Readonly<Record<string, string>> = { ...augmentationNames, ...mixingNames }

/** What --help says of the augmentations. */
export const augmentationHelp: string = Object.entries(names)
  .map(([name, summary]) => `  ${name.padEnd(15)}${summary}`)
  .join("\n")

/** A parser for --augment: names, with commas between them. */
export function augmentationList(text: string): readonly string[] {
  const asked = text.split(",").map((name) => name.trim())
  const unknown = asked.find((name) => !Object.hasOwn(names, name))
  if (unknown === undefined) return asked
  throw invalidOption("--augment", `${Object.keys(names).join(", ")}, or several of them`, unknown)
}

/**
 * The batches to train on, when they are augmented; undefined when the recipe makes its own. Images are changed one by
 * one, by workers where they are asked for; then they are mixed, on the training's own thread.
 *
 * @throws NABLA_INVALID_OPTION for data that are no images, and for mixtures of images without classes
 */
export async function augmentedBatches(
  { augment, workers = 0, seed, device }: TrainOptions,
  data: TrainingData,
  batchSize: number,
): Promise<EpochLoader | undefined> {
  if (augment === undefined) return undefined
  if (data.kind !== "images" || data.train.inputShape.length !== 3)
    throw invalidOption("--augment", "images, such as --data glyphs", `${augment} for ${data.name}`)
  const mixtures = augment.filter(isMixing)
  const changes = augment.filter((name) => !isMixing(name))
  const { train } = data
  if (mixtures.length > 0 && train.classes === undefined)
    throw invalidOption("--augment", "images with classes", `${mixtures} for ${data.name}`)
  const options = { batchSize, shuffle: true, seed }
  const loader =
    changes.length === 0
      ? new DataLoader(train, options)
      : await changedImages(train, changes, { ...options, device, workers })
  return mixtures.length === 0 ? loader : new MixedLoader(loader, mixtures, train.classes!)
}

async function changedImages(
  dataset: ArrayDataset,
  augment: readonly string[],
  { workers, device, ...options }: Required<Pick<TrainOptions, "workers" | "device">> & Batching,
): Promise<EpochLoader> {
  const described = workers === 0 ? null : describeAugmented({ dataset, augment, device, ...options })
  if (described !== null) return workerLoader(described, { workers })
  return new DataLoader(dataset, { ...options, augment: namedAugmentation(augment, dataset.inputShape) })
}

interface Batching {
  readonly batchSize: number
  readonly shuffle: boolean
  readonly seed: number
}

import { augmentationNames, namedAugmentation } from "../../data/index.ts"
import type { WorkerLoader } from "../../data/node.ts"
import { describeAugmented, workerLoader } from "../../data/node.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { TrainingData } from "./data-source.ts"
import type { TrainOptions } from "./train-settings.ts"

/** What --help says of the augmentations. */
export const augmentationHelp: string = Object.entries(augmentationNames)
  .map(([name, summary]) => `  ${name.padEnd(15)}${summary}`)
  .join("\n")

/** A parser for --augment: names, with commas between them. */
export function augmentationList(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim())
  const unknown = names.find((name) => !Object.hasOwn(augmentationNames, name))
  if (unknown === undefined) return names
  throw invalidOption(
    "--augment",
    `${Object.keys(augmentationNames).join(", ")}, or several of them`,
    unknown,
  )
}

/**
 * The batches to train on, when they are augmented or prepared by workers; undefined when the recipe makes its own.
 *
 * @throws NABLA_INVALID_OPTION for data that are no images
 */
export async function augmentedBatches(
  { augment, workers = 0, seed, device }: TrainOptions,
  data: TrainingData,
  batchSize: number,
): Promise<Augmented | undefined> {
  if (augment === undefined) return undefined
  if (data.kind !== "images" || data.train.inputShape.length !== 3)
    throw invalidOption("--augment", "images, such as --data glyphs", `${augment} for ${data.name}`)
  const augmentation = namedAugmentation(augment, data.train.inputShape)
  if (workers === 0) return { augmentation }
  const described = describeAugmented({
    dataset: data.train,
    augment,
    batchSize,
    shuffle: true,
    seed,
    device,
  })
  return described === null
    ? { augmentation }
    : { augmentation, loader: await workerLoader(described, { workers }) }
}

/** How batches are augmented, and the loader of the workers that do it where there are any. */
export interface Augmented {
  readonly augmentation: ReturnType<typeof namedAugmentation>
  readonly loader?: WorkerLoader
}

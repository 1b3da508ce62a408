import type { DeviceName } from "../../tensor/index.ts"
import { setDefaultDevice } from "../../tensor/index.ts"
import { namedAugmentation } from "../augmentation/index.ts"
import type { ArrayDataset } from "../dataset.ts"
import { DataLoader } from "../loader.ts"
import type { LoaderDescription } from "./worker-loader.ts"

/** A loader of a data set in memory, in words and numbers alone, so that it can be sent to a worker. */
export interface AugmentedLoaderOptions {
  readonly dataset: ArrayDataset
  /** Names of augmentations, see namedAugmentation. */
  readonly augment: readonly string[]
  readonly batchSize: number
  readonly shuffle?: boolean
  readonly seed?: number
  /** What the augmentations are computed on. Default: wasm. */
  readonly device?: DeviceName
}

/** The loader that its options describe; what a worker calls. */
export function augmentedLoader({
  dataset,
  augment,
  device,
  ...batching
}: AugmentedLoaderOptions): DataLoader {
  if (device !== undefined) setDefaultDevice(device)
  return new DataLoader(dataset, { ...batching, augment: namedAugmentation(augment, dataset.inputShape) })
}

/**
 * What {@link workerLoader} takes to prepare such batches in threads; the data set is shared with them.
 *
 * @returns null where the built package is not there to be imported, as when its sources are run
 */
export function describeAugmented(options: AugmentedLoaderOptions): LoaderDescription | null {
  const module = ownAddress()
  if (module === null) return null
  const { dataset } = options
  const shared = { inputs: onSharedMemory(dataset.inputs), targets: onSharedMemory(dataset.targets) }
  return { module, export: "augmentedLoader", options: { ...options, dataset: { ...dataset, ...shared } } }
}

/** Where a worker finds this library, which resolves itself by its name as its users do. */
function ownAddress(): string | null {
  try {
    return import.meta.resolve("nabla/data/node")
  } catch {
    return null
  }
}

function onSharedMemory<T extends Float32Array | Int32Array>(values: T): T {
  const copy = new (values.constructor as new (memory: SharedArrayBuffer) => T)(
    new SharedArrayBuffer(values.byteLength),
  )
  copy.set(values)
  return copy
}

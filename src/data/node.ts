// This file is the front door of src/data for programs on Node: what reads files.

export type { IdxPair, ImageFiles } from "./image-files.ts"
export { findIdxPairs, loadCifar, loadImages, loadPair } from "./image-files.ts"
export { loadImageFolder, loadPicture } from "./image-folder.ts"
export type { PublicDataName } from "./public/catalogue.ts"
export { publicDataNames } from "./public/catalogue.ts"
export type { DownloadOptions, Progress } from "./public/download.ts"
export type { PublicDataOptions } from "./public/public-data.ts"
export { loadPublicData } from "./public/public-data.ts"
export type { AugmentedLoaderOptions } from "./workers/augmented.ts"
export { augmentedLoader, describeAugmented } from "./workers/augmented.ts"
export type { LoaderDescription, WorkerLoaderOptions } from "./workers/worker-loader.ts"
export { WorkerLoader, workerLoader } from "./workers/worker-loader.ts"

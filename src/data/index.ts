export type { ArithmeticOperator, ArithmeticOptions } from "./arithmetic.ts"
export { arithmeticText } from "./arithmetic.ts"
export * from "./augmentation/index.ts"
export type { BatchingOptions, BatchOptions } from "./batches.ts"
export { countBatches, epochBatches } from "./batches.ts"
export type { BpeOptions } from "./bpe.ts"
export { bpeTokenizer } from "./bpe.ts"
export type { PageFile } from "./browser-pictures.ts"
export { imagesFromFiles } from "./browser-pictures.ts"
export type { CifarOptions } from "./cifar.ts"
export { cifarDataset } from "./cifar.ts"
export type { AnyDataset, ArrayBatch, ArrayDataset, SampleSet, StoredDataset } from "./dataset.ts"
export { arrayDataset, gather, split, subset } from "./dataset.ts"
export type { LoaderState, Resumable } from "./epochs.ts"
export { EpochLoader } from "./epochs.ts"
export type { GlyphOptions } from "./glyphs.ts"
export { glyphs } from "./glyphs.ts"
export { gunzip, gunzipIfNeeded, isGzip } from "./gzip.ts"
export type { IdxArray, IdxData, IdxDType } from "./idx.ts"
export { parseIdx } from "./idx.ts"
export type { DataLoaderOptions, PadOptions, SampleLoaderOptions, Samples } from "./loader.ts"
export { DataLoader, padSequences, SampleLoader } from "./loader.ts"
export type { ImageDatasetOptions } from "./mnist.ts"
export { imageDatasetFromIdx } from "./mnist.ts"
export type { ImageFolderDataset, ImageFolderOptions } from "./pictures.ts"
export type { PointOptions } from "./points.ts"
export {
  blobs,
  checkerboard,
  circle,
  gauss,
  moons,
  pointDatasets,
  regGauss,
  regPlane,
  spiral,
  xor,
} from "./points.ts"
export * from "./preprocessing/index.ts"
export type {
  BatchSampler,
  BucketOptions,
  DistributedOptions,
  Sampler,
  WeightedOptions,
} from "./samplers.ts"
export {
  bucketSampler,
  classWeights,
  distributedSampler,
  stratifiedSampler,
  weightedSampler,
} from "./samplers.ts"
export type { SequenceOptions } from "./sequences.ts"
export { associativeRecallTask, copyTask, repeatCopyTask, SequenceTask } from "./sequences.ts"
export type { SeriesOptions } from "./series.ts"
export { addingProblem, sineMixture } from "./series.ts"
export type { Fold, KFoldOptions, Leak } from "./splits.ts"
export { findLeaks, kFold, splitByGroup, splitStratified } from "./splits.ts"
export type {
  EncodedTargets,
  FeatureColumn,
  TableEncoderOptions,
  TableEncoderState,
  UnseenText,
} from "./tables.ts"
export { TableEncoder } from "./tables.ts"
export type { TextWindowOptions } from "./text.ts"
export { byteTokenizer, charTokenizer, TextWindows, tokenizerFrom } from "./text.ts"
export type { Tokenizer, TokenizerState } from "./tokenizer.ts"

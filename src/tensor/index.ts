import "./core-methods.ts"

export type {
  Ceilings,
  ChromeTrace,
  DeviceName,
  EngineMemory,
  KernelProfile,
  TraceEvent,
} from "../engine/index.ts"
export {
  defaultDevice,
  deviceInfo,
  deviceNames,
  memory,
  setDefaultDevice,
  setKernelChecks,
  setThreads,
} from "../engine/index.ts"
export type { ActivationCall, Saturation } from "./activation-calls.ts"
export { saturationOf, watchActivations } from "./activation-calls.ts"
export { backward, gradientsOf } from "./backward.ts"
export { hostNumber, hostWork, isCapturing } from "./capture.ts"
export type { ProgramMemory } from "./captured.ts"
export { deviceCeilings } from "./ceilings.ts"
export type { Compiled, CompileOptions } from "./compile.ts"
export { compile, distinguishCaptures } from "./compile.ts"
export { composed } from "./composed.ts"
export * from "./creation.ts"
export * from "./functions/contraction.ts"
export { to } from "./functions/convert.ts"
export * from "./functions/distance.ts"
export { einsum } from "./functions/einsum.ts"
export * as fft from "./functions/fft.ts"
export * from "./functions/images.ts"
export * from "./functions/join.ts"
export * as linalg from "./functions/linalg.ts"
export * from "./functions/matrix.ts"
export type { MaxPoolOptions } from "./functions/max-pool.ts"
export { maxPool1d, maxPool2d, maxPool3d } from "./functions/max-pool.ts"
export * from "./functions/numeric.ts"
export * from "./functions/select.ts"
export type { Spatial } from "./functions/spatial.ts"
export * from "./functions/structural.ts"
export * from "./functions/triangle-indices.ts"
export { variance as var } from "./functions/variance.ts"
export { defaultGenerator, Generator, manualSeed } from "./generator.ts"
export type { Graph, GraphEdge, GraphLevel, GraphNode, GraphOptions } from "./graph/graph-of.ts"
export { graphOf } from "./graph/graph-of.ts"
export type { ModuleScope } from "./graph/scope.ts"
export { enterModule, leaveModule } from "./graph/scope.ts"
export { toDot, toMermaid } from "./graph/text.ts"
export type { ImageLike, ImageOptions } from "./image.ts"
export { fromImageData } from "./image.ts"
export type { IndexItem, Slice } from "./index-items.ts"
export type { TensorMethods } from "./methods.ts"
export { Profile, profile } from "./profile.ts"
export type { MultinomialOptions, RandomOptions } from "./random.ts"
export {
  bernoulli,
  bernoulliLike,
  dropoutMask,
  exponential,
  gamma,
  multinomial,
  normal,
  rand,
  randint,
  randintLike,
  randLike,
  randn,
  randnLike,
  randperm,
  uniform,
} from "./random.ts"
export { realize } from "./realize.ts"
export { withValues } from "./substitute.ts"
export type { TensorLike } from "./tensor.ts"
export { enableGrad, isGradEnabled, noGrad, Tensor } from "./tensor.ts"
export * from "./transforms/index.ts"
export type { Update, UpdateWatcher } from "./update.ts"
export { update, updateLater, watchUpdates } from "./update.ts"

/** Layers and losses as functions of their input and parameters. */
export type {
  AdaptiveMaxPoolOptions,
  AvgPoolOptions,
  ConvOptions,
  ConvTransposeOptions,
  CosineSimilarityOptions,
  EluOptions,
  GeluOptions,
  HardtanhOptions,
  InterpolateOptions,
  LeakyReluOptions,
  LpPoolOptions,
  MaxPoolOptions,
  MaxUnpoolOptions,
  PairwiseDistanceOptions,
  RreluOptions,
  ShrinkOptions,
  SoftplusOptions,
} from "../tensor/index.ts"
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  affineGrid,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  celu,
  channelShuffle,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  cosineSimilarity,
  elu,
  flatten,
  fold,
  gelu,
  glu,
  gridSample,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  interpolate,
  leakyRelu,
  logSoftmax,
  logsigmoid,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  mish,
  normalize,
  oneHot,
  pad,
  pairwiseDistance,
  pixelShuffle,
  pixelUnshuffle,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
  threshold,
  unflatten,
  unfold,
} from "../tensor/index.ts"
export { rotatePairs, sinusoidalPositions } from "./attention/positions.ts"
export type { AttentionOptions } from "./attention/scaled-dot-product.ts"
export { scaledDotProductAttention } from "./attention/scaled-dot-product.ts"
export type { BatchNormOptions } from "./functions/batch-norm.ts"
export { batchNorm } from "./functions/batch-norm.ts"
export type { DropoutCallOptions, DropoutOptions } from "./functions/dropout.ts"
export {
  alphaDropout,
  dropout,
  dropout1d,
  dropout2d,
  dropout3d,
  featureAlphaDropout,
} from "./functions/dropout.ts"
export type { EmbeddingBagMode, EmbeddingBagOptions, EmbeddingOptions } from "./functions/embedding.ts"
export { embedding, embeddingBag } from "./functions/embedding.ts"
export type { InstanceNormOptions } from "./functions/group-norm.ts"
export { groupNorm, instanceNorm } from "./functions/group-norm.ts"
export type { LayerNormOptions, RmsNormOptions } from "./functions/layer-norm.ts"
export { layerNorm, rmsNorm } from "./functions/layer-norm.ts"
export { bilinear, linear } from "./functions/linear.ts"
export type { LocalResponseNormOptions } from "./functions/local-response-norm.ts"
export { localResponseNorm } from "./functions/local-response-norm.ts"
export { maxout } from "./functions/maxout.ts"
export * from "./losses/index.ts"
export { gruCell, lstmCell, rnnCell } from "./recurrent/cells.ts"

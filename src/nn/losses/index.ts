export type { HuberOptions, SmoothL1Options } from "./absolute.ts"
export {
  huber,
  huber as huberLoss,
  l1,
  l1 as l1Loss,
  smoothL1,
  smoothL1 as smoothL1Loss,
} from "./absolute.ts"
export type { BceOptions, BceWithLogitsOptions } from "./binary-cross-entropy.ts"
export {
  bce,
  bce as binaryCrossEntropy,
  bceWithLogits,
  bceWithLogits as binaryCrossEntropyWithLogits,
} from "./binary-cross-entropy.ts"
export type { ClassOptions } from "./class-indices.ts"
export type { CrossEntropyOptions } from "./cross-entropy.ts"
export { crossEntropy } from "./cross-entropy.ts"
export type { CtcOptions, Lengths } from "./ctc.ts"
export { ctc, ctc as ctcLoss } from "./ctc.ts"
export type { FocalOptions } from "./focal.ts"
export { focal, focal as focalLoss } from "./focal.ts"
export type { HingeOptions, MarginOptions } from "./hinge.ts"
export {
  hinge,
  hinge as hingeLoss,
  hingeEmbedding,
  hingeEmbedding as hingeEmbeddingLoss,
  softMargin,
  softMargin as softMarginLoss,
} from "./hinge.ts"
export type { KlDivOptions } from "./kl-div.ts"
export { klDiv } from "./kl-div.ts"
export type { GaussianNllOptions, PoissonNllOptions } from "./likelihood.ts"
export {
  gaussianNll,
  gaussianNll as gaussianNllLoss,
  poissonNll,
  poissonNll as poissonNllLoss,
} from "./likelihood.ts"
export { mse, mse as mseLoss } from "./mse.ts"
export type { MultiMarginOptions } from "./multi-margin.ts"
export {
  multiLabelMargin,
  multiLabelMargin as multilabelMarginLoss,
  multiLabelSoftMargin,
  multiLabelSoftMargin as multilabelSoftMarginLoss,
  multiMargin,
  multiMargin as multiMarginLoss,
} from "./multi-margin.ts"
export { nll, nll as nllLoss } from "./nll.ts"
export type { TripletDistanceOptions, TripletMarginOptions, TripletOptions } from "./ranking.ts"
export {
  cosineEmbedding,
  cosineEmbedding as cosineEmbeddingLoss,
  marginRanking,
  marginRanking as marginRankingLoss,
  tripletMargin,
  tripletMargin as tripletMarginLoss,
  tripletMarginWithDistance,
  tripletMarginWithDistance as tripletMarginWithDistanceLoss,
} from "./ranking.ts"
export type { LossOptions, Reduction } from "./reduction.ts"

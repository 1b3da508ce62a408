export { scaleByAdaBelief } from "../first-order/adabelief.ts"
export { scaleByAdaBound } from "../first-order/adabound.ts"
export { scaleByAdadelta } from "../first-order/adadelta.ts"
export { scaleByAdafactor } from "../first-order/adafactor.ts"
export { scaleByAdagrad } from "../first-order/adagrad.ts"
export { scaleByAdam } from "../first-order/adam.ts"
export { scaleByAdamax } from "../first-order/adamax.ts"
export { scaleByLars } from "../first-order/lars.ts"
export { scaleByLion } from "../first-order/lion.ts"
export { orthogonalize } from "../first-order/muon.ts"
export { scaleByNAdam } from "../first-order/nadam.ts"
export { scaleByRAdam } from "../first-order/radam.ts"
export { scaleByRms } from "../first-order/rmsprop.ts"
export { scaleByRprop } from "../first-order/rprop.ts"
export { scaleByShampoo } from "../first-order/shampoo.ts"
export { scaleByYogi } from "../first-order/yogi.ts"
export type { Changeable, Mask } from "./basic.ts"
export {
  addDecayedWeights,
  centralize,
  identity,
  masked,
  negate,
  scale,
  scaleByLearningRate,
  sign,
} from "./basic.ts"
export * from "./clipping.ts"
export * from "./momentum.ts"
export * from "./noise.ts"
export { accumulate, lookahead } from "./periodic.ts"
export { scaleByTrustRatio } from "./trust-ratio.ts"

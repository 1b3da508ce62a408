export { ClosureOptimizer } from "./closure-optimizer.ts"
export type { GaussNewtonOptions } from "./gauss-newton.ts"
export { GaussNewton, gaussNewton } from "./gauss-newton.ts"
export type { HessianFreeOptions } from "./hessian-free.ts"
export { HessianFree, hessianFree } from "./hessian-free.ts"
export type { KFACOptions } from "./kfac.ts"
export { KFAC, kfac } from "./kfac.ts"
export type { HookedLayer, HookedModel } from "./kfac-layers.ts"
export type { LBFGSOptions } from "./lbfgs.ts"
export { LBFGS, lbfgs } from "./lbfgs.ts"
export type { LevenbergMarquardtOptions } from "./levenberg-marquardt.ts"
export { LevenbergMarquardt, levenbergMarquardt } from "./levenberg-marquardt.ts"
export type { LineSearch } from "./line-search.ts"
export type {
  Likelihood,
  LossAndOutputs,
  NaturalGradientOptions,
} from "./natural-gradient.ts"
export { NaturalGradient, naturalGradient } from "./natural-gradient.ts"
export type { NewtonOptions } from "./newton.ts"
export { Newton, newton } from "./newton.ts"

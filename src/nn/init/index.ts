export type { DiracOptions } from "./constants.ts"
export { constant_, dirac_, eye_, ones_, zeros_ } from "./constants.ts"
export type { InitOptions, NormalOptions, TruncNormalOptions, UniformOptions } from "./distributions.ts"
export { normal_, truncNormal_, uniform_ } from "./distributions.ts"
export type { Nonlinearity } from "./gains.ts"
export { calculateFanInAndFanOut, calculateGain } from "./gains.ts"
export type { InitializeOptions, Scheme } from "./initialize.ts"
export { initialize } from "./initialize.ts"
export type { LsuvOptions } from "./lsuv.ts"
export { lsuv_ } from "./lsuv.ts"
export type { OrthogonalOptions, SparseOptions } from "./matrices.ts"
export { orthogonal_, sparse_ } from "./matrices.ts"
export type { FixupOptions } from "./residual.ts"
export { fixup_, zeroGamma_ } from "./residual.ts"
export type { KaimingOptions, XavierOptions } from "./variance-scaling.ts"
export {
  heNormal_,
  heUniform_,
  kaimingNormal_,
  kaimingUniform_,
  lecunNormal_,
  lecunUniform_,
  xavierNormal_,
  xavierSimplified_,
  xavierUniform_,
} from "./variance-scaling.ts"

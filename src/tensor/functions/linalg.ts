/** The functions of `linalg`: those on matrices, with leading dimensions as a batch. */
export { matmul } from "./contraction.ts"
export type {
  EighOptions,
  QrOptions,
  RankOptions,
  SvdOptions,
  ToleranceOptions,
} from "./linalg-factor.ts"
export { eigh, eigvalsh, linalgQr as qr, lstsq, matrixRank, pinv, svd, svdvals } from "./linalg-factor.ts"
export type { CondOptions, LinalgNormOptions, MatrixNormOptions, MatrixNormOrder } from "./linalg-norms.ts"
export { cond, matrixNorm, norm } from "./linalg-norms.ts"
export type { CrossOptions, VanderOptions, VecdotOptions } from "./linalg-products.ts"
export { linalgCross as cross, linalgDiagonal as diagonal, vander, vecdot } from "./linalg-products.ts"
export type { SolveOptions, SolveTriangularOptions, TriangleOption } from "./linalg-solve.ts"
export {
  cholesky,
  det,
  inv,
  lu,
  matrixExp,
  matrixPower,
  multiDot,
  slogdet,
  solve,
  solveTriangular,
} from "./linalg-solve.ts"
export type { VectorNormOptions } from "./norm.ts"
export { vectorNorm } from "./norm.ts"

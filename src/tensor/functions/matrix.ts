/** Functions on matrices that PyTorch has beside those of `linalg`; each is a method of tensors too. */
export { pinverse, qr } from "./linalg-factor.ts"
export { cross, trace } from "./linalg-products.ts"
export type { TriangularSolveOptions } from "./linalg-solve.ts"
export {
  cholesky,
  choleskyInverse,
  choleskySolve,
  det,
  inv as inverse,
  logdet,
  matrixExp,
  matrixPower,
  slogdet,
  triangularSolve,
} from "./linalg-solve.ts"

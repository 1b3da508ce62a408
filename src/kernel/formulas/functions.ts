import type { UnaryOp } from "../ir.ts"
import { erf } from "./error-function.ts"
import { exp, exp2, expm1, tanh } from "./exponential.ts"
import { log, log1p, log2, log10 } from "./logarithm.ts"
import type { Term } from "./terms.ts"
import { cos, sin } from "./trigonometric.ts"

/** The functions of 32-bit floats that have a formula of their own; all others are calls of the host. */
export const formulas: Partial<Record<UnaryOp, (x: Term) => Term>> = {
  exp,
  exp2,
  expm1,
  log,
  log2,
  log10,
  log1p,
  sin,
  cos,
  tanh,
  erf,
}

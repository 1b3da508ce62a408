import { digamma, erf, erfc, erfinv, lgamma, power, roundHalfEven } from "./special.ts"

/** Functions of one number in double precision, by the name of the kernel operation. */
export const unaryFunctions = {
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundHalfEven,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  exp2: (x: number) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
  erfinv,
  lgamma,
  digamma,
} as const

/** Functions of two numbers in double precision, by the name of the kernel operation; `rem` is C's fmod. */
export const binaryFunctions = {
  rem: (x: number, y: number) => x % y,
  pow: power,
  atan2: Math.atan2,
  hypot: (x: number, y: number) => Math.hypot(x, y),
} as const

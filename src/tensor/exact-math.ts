import type { Node } from "../graph/index.ts"
import * as ops from "../ops/index.ts"

/**
 * Functions of doubles made of additions, products, quotients, roots and comparisons alone. IEEE arithmetic fixes their
 * bits, so that random numbers that are made with them are the same on every device.
 */

function number(like: Node, value: number): Node {
  return ops.constantLike(like, value)
}

function polynomial(x: Node, coefficients: readonly number[]): Node {
  let sum = number(x, coefficients.at(-1)!)
  for (let i = coefficients.length - 2; i >= 0; i--)
    sum = ops.add(ops.mul(sum, x), number(x, coefficients[i]!))
  return sum
}

/** x and e with x·2^e equal to the argument, x brought down below 2 and up to ½ or more by the given powers of two. */
interface Scaled {
  readonly x: Node
  readonly exponent: Node
}

const powers = [32, 16, 8, 4, 2, 1]

function raise({ x, exponent }: Scaled): Scaled {
  for (const shift of powers) {
    const small = ops.lt(x, number(x, 2 ** -shift))
    x = ops.where(small, ops.scale(x, 2 ** shift), x)
    exponent = ops.where(small, ops.sub(exponent, number(x, shift)), exponent)
  }
  return { x, exponent }
}

function lower({ x, exponent }: Scaled): Scaled {
  for (const shift of powers) {
    const large = ops.ge(x, number(x, 2 ** shift))
    x = ops.where(large, ops.scale(x, 2 ** -shift), x)
    exponent = ops.where(large, ops.add(exponent, number(x, shift)), exponent)
  }
  return { x, exponent }
}

function logOf({ x, exponent }: Scaled): Node {
  const low = ops.lt(x, number(x, Math.SQRT1_2))
  const mantissa = ops.where(low, ops.scale(x, 2), x)
  const power = ops.where(low, ops.sub(exponent, number(x, 1)), exponent)
  const s = ops.div(ops.sub(mantissa, number(x, 1)), ops.add(mantissa, number(x, 1)))
  const series = polynomial(
    ops.mul(s, s),
    Array.from({ length: 14 }, (_, i) => 2 / (2 * i + 1)),
  )
  return ops.add(ops.scale(power, Math.LN2), ops.mul(s, series))
}

/**
 * ln x for 2⁻⁶³ < x < 1. x is scaled by powers of two to m between √½ and 2; ln m = 2·artanh((m − 1)/(m + 1)). Relative
 * error below 1e-14.
 */
export function exactLogBelowOne(x: Node): Node {
  return logOf(raise({ x, exponent: number(x, 0) }))
}

/** ln x for 2⁻⁶³ < x < 2⁶³; see exactLogBelowOne. */
export function exactLog(x: Node): Node {
  return logOf(raise(lower({ x, exponent: number(x, 0) })))
}

const LN2_HIGH = 6.9314718036912381649e-1
const LN2_LOW = 1.90821492927058770002e-10

/** e^x for x ≤ 0: x = k·ln 2 + r with |r| ≤ ½·ln 2, e^r by its Taylor series. Relative error below 1e-15. */
export function exactExp(x: Node): Node {
  const bounded = ops.maximum(x, number(x, -745))
  const k = ops.round(ops.scale(bounded, Math.LOG2E))
  const r = ops.sub(ops.sub(bounded, ops.scale(k, LN2_HIGH)), ops.scale(k, LN2_LOW))
  let value = polynomial(r, reciprocalFactorials(14))
  let left = k
  for (const shift of [1024, 512, 256, 128, 64, ...powers]) {
    const large = ops.le(left, number(x, -shift))
    value = ops.where(large, ops.scale(value, 2 ** -shift), value)
    left = ops.where(large, ops.add(left, number(x, shift)), left)
  }
  return value
}

function reciprocalFactorials(count: number): number[] {
  const out = [1]
  for (let i = 1; i < count; i++) out.push(out[i - 1]! / i)
  return out
}

// Wichura (1988), algorithm AS 241 (PPND16), Applied Statistics 37, 477–484.
const central = {
  numerator: [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  denominator: [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
  ],
}
const middle = {
  numerator: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  denominator: [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
}
const tail = {
  numerator: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  denominator: [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
}

/** Quantile function of the standard normal: turns one uniform number into one normal number. */
export function normalQuantile(p: Node): Node {
  const rational = (x: Node, { numerator, denominator }: typeof central): Node =>
    ops.div(polynomial(x, numerator), polynomial(x, denominator))
  const q = ops.sub(p, number(p, 0.5))
  const inner = ops.mul(q, rational(ops.sub(number(q, 0.180625), ops.mul(q, q)), central))
  const upper = ops.gt(q, number(q, 0))
  const edge = ops.where(upper, ops.sub(number(p, 1), p), p)
  const r = ops.sqrt(ops.neg(exactLogBelowOne(edge)))
  const near = rational(ops.sub(r, number(r, 1.6)), middle)
  const far = rational(ops.sub(r, number(r, 5)), tail)
  const size = ops.where(ops.le(r, number(r, 5)), near, far)
  const outer = ops.where(upper, size, ops.neg(size))
  return ops.where(ops.le(ops.abs(q), number(q, 0.425)), inner, outer)
}

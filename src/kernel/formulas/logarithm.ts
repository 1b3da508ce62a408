import type { Term } from "./terms.ts"
import * as t from "./terms.ts"

// (log(1 + f) − f + f²/2)/f³ for √½ ≤ 1 + f < √2, relative error of the logarithm 8e-10.
const LOG = [
  0.333333135, -0.250000089, 0.200021148, -0.166679949, 0.142196164, -0.124056347, 0.118878081, -0.116753034,
  0.0674694255,
]

const SQRT_HALF_BITS = 0x3f35_04f3
const MANTISSA = 0x007f_ffff
const SMALLEST_NORMAL = 2 ** -126

// ln 2 in two parts, as for the exponential.
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.12194440054690583e-4

/** x = 2ᵏ·m with √½ ≤ m < √2, for a normal x > 0. */
function split(x: Term): { k: Term; m: Term } {
  const offset = t.integerSub(t.bits(x), t.integer(SQRT_HALF_BITS))
  const k = t.shiftRight(offset, 23)
  const m = t.fromBits(t.integerAdd(t.and(offset, t.integer(MANTISSA)), t.integer(SQRT_HALF_BITS)))
  return { k: t.toFloat(k), m }
}

/** The same for x > 0 that may be subnormal: it is scaled into the normal range first. */
function splitAny(x: Term): { k: Term; m: Term } {
  const tiny = t.lessThan(x, t.float(SMALLEST_NORMAL))
  const { k, m } = split(t.select(tiny, t.mul(x, t.float(2 ** 23)), x))
  return { k: t.select(tiny, t.sub(k, t.float(23)), k), m }
}

/** f²·(f·P(f) − ½), so that log(1 + f) is f plus this. */
function curvature(f: Term): Term {
  const square = t.mul(f, f)
  return t.sub(t.mul(t.mul(f, square), t.polynomial(f, LOG)), t.mul(square, t.float(0.5)))
}

/** The value where 0 < x < ∞; otherwise −∞ at 0, NaN below, and x itself where it is ∞ or NaN. */
function logarithmOf(x: Term, value: Term): Term {
  const positive = t.select(t.lessThan(x, t.float(Infinity)), value, x)
  const zero = t.float(0)
  const below = t.select(t.lessThan(x, zero), t.float(NaN), positive)
  return t.select(t.equal(x, zero), t.float(-Infinity), below)
}

/** ln x = k·ln2 + log(1 + f). Error ≤ 0.9 ulp. */
export function log(x: Term): Term {
  const { k, m } = splitAny(x)
  const f = t.sub(m, t.float(1))
  const low = t.add(curvature(f), t.mul(k, t.float(LN2_LOW)))
  return logarithmOf(x, t.add(t.add(f, low), t.mul(k, t.float(LN2_HIGH))))
}

const LOG2_E = Math.LOG2E

/** log₂ x = k + log₂e·log(1 + f). Error ≤ 1.5 ulp. */
export function log2(x: Term): Term {
  const { k, m } = splitAny(x)
  const f = t.sub(m, t.float(1))
  const y = curvature(f)
  // log₂e = 1 + c: the whole part needs no multiplication, and c·f is small beside f.
  const c = t.float(LOG2_E - 1)
  const low = t.add(t.mul(y, c), t.mul(f, c))
  return logarithmOf(x, t.add(t.add(t.add(low, y), f), k))
}

// log₁₀ 2 and log₁₀ e with few bits in the upper part, so that its product loses little or nothing.
const LOG10_2_HIGH = 0.30078125
const LOG10_2_LOW = Math.LOG10E * Math.LN2 - LOG10_2_HIGH
const LOG10_E_HIGH = 0.4375
const LOG10_E_LOW = Math.LOG10E - LOG10_E_HIGH

/** log₁₀ x = k·log₁₀2 + log₁₀e·log(1 + f). Error ≤ 2 ulp. */
export function log10(x: Term): Term {
  const { k, m } = splitAny(x)
  const f = t.sub(m, t.float(1))
  const y = curvature(f)
  let sum = t.add(t.mul(y, t.float(LOG10_E_LOW)), t.mul(f, t.float(LOG10_E_LOW)))
  sum = t.add(sum, t.mul(k, t.float(LOG10_2_LOW)))
  sum = t.add(sum, t.mul(y, t.float(LOG10_E_HIGH)))
  sum = t.add(sum, t.mul(f, t.float(LOG10_E_HIGH)))
  return logarithmOf(x, t.add(sum, t.mul(k, t.float(LOG10_2_HIGH))))
}

/**
 * ln(1 + x) = k·ln2 + log(1 + f) + c. The sum u = 1 + x is rounded; what it lost, relative to u, is c. Where k = 0,
 * f is x itself, which loses nothing. Error ≤ 0.9 ulp.
 */
export function log1p(x: Term): Term {
  const one = t.float(1)
  const u = t.add(x, one)
  const { k, m } = split(u)
  const unscaled = t.equal(k, t.float(0))
  const f = t.select(unscaled, x, t.sub(m, one))
  // The larger of 1 and x first: the difference is then exact.
  const lost = t.select(t.lessThan(one, x), t.sub(one, t.sub(u, x)), t.sub(x, t.sub(u, one)))
  const c = t.select(unscaled, t.float(0), t.div(lost, u))
  const low = t.add(curvature(f), t.add(t.mul(k, t.float(LN2_LOW)), c))
  const value = t.add(t.add(f, low), t.mul(k, t.float(LN2_HIGH)))
  // −0 and numbers too small for f² come out as they are.
  return t.select(t.equal(x, t.float(0)), x, logarithmOf(u, value))
}

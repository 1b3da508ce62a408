import type { Term } from "./terms.ts"
import * as t from "./terms.ts"

const LOG2_E = 1.4426950408889634
// ln 2 in two parts; the upper one has ten bits, so that its product with a whole number below 2¹⁴ is exact.
const LN2_HIGH = 0.693359375
const LN2_LOW = -2.12194440054690583e-4

// (eʳ − 1 − r)/r² for |r| ≤ ln2/2: minimax for the error of eʳ (3e-9) and for that of eʳ − 1 (3e-10).
const EXP = [0.49999994, 0.166665152, 0.0416684523, 0.00836941507, 0.00138133008]
const EXPM1 = [0.5, 0.166666657, 0.0416663475, 0.00833339244, 0.0013941658, 0.000198455717]

/** x = n·ln2 + r with |r| ≤ ln2/2. */
function reduce(x: Term): { n: Term; r: Term } {
  const { float: n, integer } = t.nearest(t.mul(x, t.float(LOG2_E)))
  const r = t.sub(t.sub(x, t.mul(n, t.float(LN2_HIGH))), t.mul(n, t.float(LN2_LOW)))
  return { n: integer, r }
}

/** eʳ for a reduced argument: 1 + (r + r²·P(r)). */
function expReduced(r: Term): Term {
  return t.add(t.float(1), t.add(r, t.mul(t.mul(r, r), t.polynomial(r, EXP))))
}

/** value·2ⁿ in two steps, since 2ⁿ itself may lie outside the range of floats (−151 ≤ n ≤ 129). */
function scale(value: Term, n: Term): Term {
  const half = t.shiftRight(n, 1)
  return t.mul(t.mul(value, t.powerOfTwo(half)), t.powerOfTwo(t.integerSub(n, half)))
}

/** eˣ: 2ⁿ·eʳ. Error ≤ 1 ulp, also for subnormal results. */
export function exp(x: Term): Term {
  // Beyond these bounds the result is ∞ or 0 all the same.
  const { n, r } = reduce(t.atLeast(t.atMost(x, 89), -104.5))
  return scale(expReduced(r), n)
}

/** eˣ for |x| ≤ 80, or NaN. */
export function expModerate(x: Term): Term {
  const { n, r } = reduce(x)
  return t.mul(expReduced(r), t.powerOfTwo(n))
}

// (2ʳ − 1)/r for |r| ≤ ½, relative error of 2ʳ 2e-9.
const EXP2 = [0.693147182, 0.240226477, 0.0555032939, 0.00961845461, 0.00134001474, 0.000153512243]

/** 2ˣ: 2ⁿ·(1 + r·Q(r)) with r = x − n. Error ≤ 1.7 ulp. */
export function exp2(x: Term): Term {
  const bounded = t.atLeast(t.atMost(x, 129), -151)
  const { float: n, integer } = t.nearest(bounded)
  const r = t.sub(bounded, n)
  return scale(t.add(t.float(1), t.mul(r, t.polynomial(r, EXP2))), integer)
}

/** eˣ − 1: 2ⁿ·(eʳ − 1) + (2ⁿ − 1). Error ≤ 1.6 ulp. */
export function expm1(x: Term): Term {
  const { n, r } = reduce(t.atLeast(t.atMost(x, 89), -30))
  const small = t.add(r, t.mul(t.mul(r, r), t.polynomial(r, EXPM1)))
  // With 2ⁿ = a·b: a·(b·small + (b − 1/a)), which neither overflows nor cancels.
  const half = t.shiftRight(n, 1)
  const a = t.powerOfTwo(half)
  const b = t.powerOfTwo(t.integerSub(n, half))
  const inverse = t.powerOfTwo(t.integerSub(t.integer(0), half))
  const result = t.mul(a, t.add(t.mul(b, small), t.sub(b, inverse)))
  return t.select(t.equal(x, t.float(0)), x, result)
}

// (tanh x − x)/x³ as a polynomial of x², |x| ≤ 0.625, relative error 4e-9.
const TANH = [-0.333332837, 0.133314952, -0.0537437946, 0.0206513461, -0.00571771991]

/** tanh x: x + x³·P(x²) near 0, otherwise 1 − 2/(e^2x + 1). Error ≤ 1.4 ulp. */
export function tanh(x: Term): Term {
  const size = t.abs(x)
  const square = t.mul(x, x)
  const near = t.add(size, t.mul(t.mul(size, square), t.polynomial(square, TANH)))
  const power = expModerate(t.atMost(t.add(size, size), 40))
  const far = t.sub(t.float(1), t.div(t.float(2), t.add(power, t.float(1))))
  return t.withSignOf(t.select(t.lessThan(size, t.float(0.625)), near, far), x)
}

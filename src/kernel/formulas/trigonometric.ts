import type { Term } from "./terms.ts"
import * as t from "./terms.ts"

// (sin r − r)/r³ and (cos r − 1 + r²/2)/r⁴ as polynomials of r², |r| ≤ 1.02·π/4, relative errors 4e-9 and 2e-10.
const SIN = [-0.166666538, 0.00833208393, -0.000195043685]
const COS = [0.0416666418, -0.00138871872, 2.44183884e-5]

const TWO_OVER_PI = 2 / Math.PI

/** Beyond this the number of quarter turns has too many bits for the reduction. */
const LIMIT = 1e5

function sinReduced(r: Term): Term {
  const square = t.mul(r, r)
  return t.add(r, t.mul(t.mul(r, square), t.polynomial(square, SIN)))
}

function cosReduced(r: Term): Term {
  const square = t.mul(r, r)
  const rest = t.mul(t.mul(square, square), t.polynomial(square, COS))
  return t.add(t.sub(t.float(1), t.mul(square, t.float(0.5))), rest)
}

/**
 * x = n·π/2 + r with |r| ≤ π/4: the sine of x is ±sin r or ±cos r by the quarter turn that n ends in, and the cosine
 * is the sine a quarter turn on.
 */
function sineAfter(x: Term, quarterTurns: number, host: string): Term {
  const { float: n, integer } = t.nearest(t.mul(x, t.float(TWO_OVER_PI)))
  const r = t.reduceQuarterTurns(x, n)
  const quadrant = quarterTurns === 0 ? integer : t.integerAdd(integer, t.integer(quarterTurns))
  const odd = t.integerEqual(t.and(quadrant, t.integer(1)), t.integer(1))
  const size = t.select(odd, cosReduced(r), sinReduced(r))
  const sign = t.shiftLeft(t.and(quadrant, t.integer(2)), 30)
  return t.orElse(x, t.fromBits(t.xor(t.bits(size), sign)), LIMIT, host)
}

/** sin x. Error ≤ 1.6 ulp for every x. */
export function sin(x: Term): Term {
  // The polynomial would turn −0 into +0.
  return t.select(t.equal(x, t.float(0)), x, sineAfter(x, 0, "sin"))
}

/** cos x. Error ≤ 1.6 ulp for every x. */
export function cos(x: Term): Term {
  return sineAfter(x, 1, "cos")
}

import { expModerate } from "./exponential.ts"
import type { Term } from "./terms.ts"
import * as t from "./terms.ts"

// erf(x)/x − 1 as a polynomial of x², |x| ≤ 1, relative error 1.2e-9.
const NEAR = [
  0.128379166, -0.37612626, 0.112835884, -0.0268539209, 0.00518850563, -0.000801159651, 7.85811571e-5,
]

// −ln erfc(x), 1 ≤ x ≤ 3.93, error relative to erf(x) 7e-9. Beyond, erf(x) rounds to 1.
const FAR = [
  0.00100427051, 1.12439024, 0.642624676, 0.0992345884, -0.0200033169, 0.00249672122, -0.000141566648,
]
const SATURATED = 3.93

/** erf x: x + x·P(x²) near 0, otherwise 1 − e^−Q(x). Error ≤ 1.4 ulp. */
export function erf(x: Term): Term {
  const size = t.abs(x)
  const square = t.mul(x, x)
  const near = t.add(size, t.mul(size, t.polynomial(square, NEAR)))
  const exponent = t.polynomial(t.atMost(size, SATURATED), FAR)
  const far = t.sub(t.float(1), expModerate(t.neg(exponent)))
  return t.withSignOf(t.select(t.lessThan(size, t.float(1)), near, far), x)
}

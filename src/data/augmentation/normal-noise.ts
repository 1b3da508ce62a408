import type { DType } from "../../base/index.ts"
import type { Generator, Tensor } from "../../tensor/index.ts"
import { clamp, log, mul, rand, sqrt, sub, where } from "../../tensor/index.ts"

/** Giles's coefficients in single precision, highest power first: for w < 5, and beyond. */
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
]
const TAILS = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
]

/**
 * Standard normal numbers for noise, in a quarter of `randn`'s time: √2·erf⁻¹(2u − 1) with u uniform on the multiples of
 * 2⁻²⁴ between 0 and 1, so that they lie between −5.4 and 5.4. In single precision: erf⁻¹(x) = x·p(w) with
 * w = −ln((1 − x)(1 + x)) = −ln(4u(1 − u)) and a polynomial p for the centre and one, of √w, for the tails; relative error
 * below 1e-6 of the quantile. Each number takes one draw, so equal seeds give equal draws on every device.
 *
 * M. Giles, "Approximating the erfinv function", GPU Computing Gems (2010).
 */
export function normalNoise(shape: readonly number[], dtype: DType, generator: Generator): Tensor {
  // 0 is the one number that has no quantile.
  const u = clamp(rand([...shape], { generator }), { min: 2 ** -25 })
  const w = log(mul(mul(u, sub(1, u)), 4)).neg()
  const quantile = where(w.lt(5), polynomial(sub(w, 2.5), CENTRE), polynomial(sub(sqrt(w), 3), TAILS))
  return u.mul(2).sub(1).mul(quantile).mul(Math.SQRT2).to(dtype)
}

function polynomial(x: Tensor, [first, second, ...rest]: readonly number[]): Tensor {
  return rest.reduce<Tensor>((sum, coefficient) => sum.mul(x).add(coefficient), x.mul(first!).add(second!))
}

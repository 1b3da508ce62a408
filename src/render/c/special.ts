import {
  DIGAMMA_ONE_TO_TWO,
  DIGAMMA_ROOT,
  DIGAMMA_ROOT_LOW,
  DIGAMMA_SERIES,
  ERFINV_CENTRE,
  ERFINV_TAIL,
} from "../../base/index.ts"
import { number } from "./text.ts"

/** The double-precision functions that libm lacks, after their counterparts in src/base/special.ts. */

const POLYNOMIAL = `static f64 polynomial(const f64* c, i32 n, f64 x) {
  f64 sum = 0;
  for (i32 i = n - 1; i >= 0; i--) sum = sum * x + c[i];
  return sum;
}`

const array = (name: string, values: readonly number[]): string =>
  `static const f64 ${name}[${values.length}] = { ${values.map((value) => number("f64", value)).join(", ")} };`

const f = (value: number): string => number("f64", value)
const HALF_SQRT_PI = f(0.5 * Math.sqrt(Math.PI))

const ERFINV = `${array("erfinv_centre", ERFINV_CENTRE)}
${array("erfinv_tail", ERFINV_TAIL)}
static f64 nabla_erfinv(f64 y) {
  f64 size = __builtin_fabs(y);
  if (!(size < 1)) return size == 1 ? y * __builtin_inf() : __builtin_nan("");
  if (size < 1e-8) return ${HALF_SQRT_PI} * y;
  f64 w = -log((1 - size) * (1 + size));
  f64 guess = size * (w < 5 ? polynomial(erfinv_centre, ${ERFINV_CENTRE.length}, w - 2.5)
                            : polynomial(erfinv_tail, ${ERFINV_TAIL.length}, sqrt(w) - 4.2));
  f64 residual = size < 0.5 ? erf(guess) - size : 1 - size - erfc(guess);
  f64 u = residual * ${HALF_SQRT_PI} * exp(guess * guess);
  f64 result = guess - u / (1 + guess * u);
  return y < 0 ? -result : result;
}`

const DIGAMMA = `${array("digamma_one_to_two", DIGAMMA_ONE_TO_TWO)}
${array("digamma_series", DIGAMMA_SERIES)}
static f64 digamma_positive(f64 x) {
  if (x >= 10) {
    f64 square = 1 / (x * x);
    return log(x) - 0.5 / x - square * polynomial(digamma_series, ${DIGAMMA_SERIES.length}, square);
  }
  if (x < 1) return digamma_positive(x + 1) - 1 / x;
  f64 sum = 0, y = x;
  while (y > 2) { y -= 1; sum += 1 / y; }
  f64 slope = polynomial(digamma_one_to_two, ${DIGAMMA_ONE_TO_TWO.length}, 2 * y - 3);
  return sum + (y - ${f(DIGAMMA_ROOT)} - ${f(DIGAMMA_ROOT_LOW)}) * slope;
}
static f64 nabla_digamma(f64 x) {
  if (x > 0) return digamma_positive(x);
  if (x == 0) return -1 / x;
  if (x != x || x == __builtin_floor(x)) return __builtin_nan("");
  f64 fraction = x - __builtin_floor(x + 0.5);
  return digamma_positive(1 - x) - ${f(Math.PI)} / tan(${f(Math.PI)} * fraction);
}`

export const specialFunctions = { polynomial: POLYNOMIAL, erfinv: ERFINV, digamma: DIGAMMA } as const

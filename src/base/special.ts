/**
 * Special functions in double precision, for every runtime that has no instruction of its own for them.
 *
 * The polynomials are minimax fits (Remez exchange in 60-digit arithmetic) made for the intervals that stand beside
 * them; the asymptotic series are those of Abramowitz and Stegun, 6.1.41 and 6.3.18.
 */

/** c₀ + c₁x + c₂x² + … */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!
  return sum
}

// erf(x)/x − 1 as a polynomial of x², |x| ≤ 1, relative error 7e-18.
const ERF_NEAR_ZERO = [
  0.12837916709551256, -0.37612638903183526, 0.11283791670944401, -0.0268661706431373, 0.0052239776062890115,
  -0.0008548325936170374, 0.00012055293753569734, -1.492471528312009e-5, 1.6447164352360684e-6,
  -1.6206540069709142e-7, 1.3711871071617032e-8, -7.780992967168801e-10,
]

// (x + 4)·exp(x²)·erfc(x) as a polynomial of (x − 4)/(x + 4), 1 ≤ x ≤ 28, relative error 6e-18.
const SCALED_ERFC = [
  1.095995661000491, -0.9765487290808819, 0.7732087022652397, -0.5408538313132558, 0.33085158787782665,
  -0.17401093723891736, 0.07638151491425603, -0.02637005336315805, 0.006112055592106854,
  -0.0002809585867540422, -0.0004550522550779824, 0.00017681081428217165, -3.636622968445423e-6,
  -1.885216387955557e-5, 4.695834745237316e-6, 1.4016229903655024e-6, -8.407622923558011e-7,
  -4.362135130565905e-8, 1.0670013367976542e-7, -1.8030614800862853e-8,
]

/** erfc(x) for x ≥ 1. */
function erfcTail(x: number): number {
  if (x > 28) return 0
  // x² is rounded, and exp(−x²) would multiply that error by x²; h² is exact, since h has 24 bits.
  const h = Math.fround(x)
  const exponential = Math.exp(-h * h) * Math.exp((h - x) * (h + x))
  return (exponential * polynomial(SCALED_ERFC, (x - 4) / (x + 4))) / (x + 4)
}

/** Error function, 2/√π · ∫₀ˣ exp(−t²) dt. Relative error under 1e-15. */
export function erf(x: number): number {
  if (Math.abs(x) <= 1) return x + x * polynomial(ERF_NEAR_ZERO, x * x)
  return x > 0 ? 1 - erfcTail(x) : erfcTail(-x) - 1
}

/** Complementary error function, 1 − erf(x), without cancellation for large x. Relative error under 1e-15. */
export function erfc(x: number): number {
  if (x >= 1) return erfcTail(x)
  return x <= -1 ? 2 - erfcTail(-x) : 1 - erf(x)
}

// erfinv(y)/y as a polynomial of w − 2.5 with w = −log(1 − y²), 0 ≤ w ≤ 5, relative error 1e-7.
export const ERFINV_CENTRE = [
  1.5014094215751794, 0.2466407259658602, -0.0041777080668352696, -0.0012537074645987895,
  0.0002186024079742768, -4.3967710720622155e-6, -3.5289008533276724e-6, 3.4372464097192616e-7,
  2.8537206197252704e-8,
]

// The same as a polynomial of √w − 4.2, 5 ≤ w ≤ 37.5, relative error 1.2e-6.
export const ERFINV_TAIL = [
  4.041728189054497, 1.0099244183149563, 0.0007898909825322798, -0.0007413318982663637, 0.000260030176029575,
  2.5039910571265974e-5, 1.6599017589094594e-6, -5.085062682693925e-5, 1.753354401124148e-5,
]

/** Inverse of erf on (−1, 1); ±∞ at ±1 and NaN beyond. Relative error under 1e-15. */
export function erfinv(y: number): number {
  const size = Math.abs(y)
  if (!(size < 1)) return size === 1 ? y * Infinity : NaN
  if (size < 1e-8) return 0.5 * Math.sqrt(Math.PI) * y
  const w = -Math.log((1 - size) * (1 + size))
  const guess =
    size * (w < 5 ? polynomial(ERFINV_CENTRE, w - 2.5) : polynomial(ERFINV_TAIL, Math.sqrt(w) - 4.2))
  // One step of Halley: with u = (erf(x) − y)/erf′(x), x ← x − u/(1 + x·u). In the tail, 1 − y is exact.
  const residual = size < 0.5 ? erf(guess) - size : 1 - size - erfc(guess)
  const u = residual * 0.5 * Math.sqrt(Math.PI) * Math.exp(guess * guess)
  const result = guess - u / (1 + guess * u)
  return y < 0 ? -result : result
}

// lgamma(2 + z)/z, |z| ≤ 0.5, relative error 1.3e-18.
const LGAMMA_AT_TWO = [
  0.42278433509846713, 0.32246703342411326, -0.06735230105319831, 0.020580808427780567,
  -0.0073855510286496865, 0.002890510331023784, -0.0011927539127589998, 0.0005096695156749797,
  -0.00022315473515883914, 9.945767004977571e-5, -4.4926531153842355e-5, 2.050561725554795e-5,
  -9.437236890952961e-6, 4.384590415014265e-6, -2.0497526344343604e-6, 9.203129750876374e-7,
  -4.2004858305078894e-7, 2.784962466169543e-7, -1.4328869094288809e-7,
]

// B₂ₖ/(2k(2k−1)): the coefficients of Stirling's series in 1/x, 1/x³, …
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156]

function lgammaPositive(x: number): number {
  if (x < 0.5) return lgammaPositive(x + 1) - Math.log(x)
  if (x < 1.5) {
    const z = x - 1
    return z * polynomial(LGAMMA_AT_TWO, z) - Math.log1p(z)
  }
  if (x >= 10) {
    const series = polynomial(STIRLING, 1 / (x * x)) / x
    return (x - 0.5) * (Math.log(x) - 1) + (0.5 * Math.log(2 * Math.PI) - 0.5 + series)
  }
  let product = 1
  let y = x
  while (y > 2.5) {
    y -= 1
    product *= y
  }
  return Math.log(product) + (y - 2) * polynomial(LGAMMA_AT_TWO, y - 2)
}

/** sin(πx) and cos(πx) lose nothing for large x when the whole part goes first. */
function fractionAround(x: number): number {
  return x - Math.round(x)
}

/**
 * log|Γ(x)|; +∞ at 0, −1, −2, … Relative error under 1e-15 for x > 0, and for x < 0 away from the zeros that lie
 * between the poles.
 */
export function lgamma(x: number): number {
  if (Math.abs(x) === Infinity) return Infinity
  if (x > 0) return lgammaPositive(x)
  if (Number.isInteger(x)) return Infinity
  // Γ(x)·Γ(1 − x) = π/sin πx
  return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * fractionAround(x)))) - lgammaPositive(1 - x)
}

// digamma(x)/(x − root) as a polynomial of 2x − 3, 1 ≤ x ≤ 2, relative error 2.5e-18.
export const DIGAMMA_ONE_TO_TWO = [
  0.9510558760318328, -0.2118137106407303, 0.060135621060196806, -0.018550615381735025, 0.0059367952783031235,
  -0.0019350666648609534, 0.0006368880303653079, -0.00021074841138525924, 6.995018842142495e-5,
  -2.3258242500026834e-5, 7.741233713485863e-6, -2.5780940165419467e-6, 8.589083864562257e-7,
  -2.863159884346626e-7, 9.542865772295527e-8, -3.162927765751282e-8, 1.0532884559630506e-8,
  -3.7082433096391123e-9, 1.2431285306844674e-9, -2.7586863938563765e-10, 8.897521762332067e-11,
  -8.50438942206468e-11, 2.8889795384909193e-11,
]
// The positive zero of digamma, in two parts: near it the difference must keep its low bits.
export const DIGAMMA_ROOT = 1.4616321449683622
export const DIGAMMA_ROOT_LOW = 9.549995429965697e-17

// B₂ₖ/2k: the coefficients of the asymptotic series in 1/x², 1/x⁴, …
export const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12]

function digammaPositive(x: number): number {
  if (x >= 10) {
    const square = 1 / (x * x)
    return Math.log(x) - 0.5 / x - square * polynomial(DIGAMMA_SERIES, square)
  }
  if (x < 1) return digammaPositive(x + 1) - 1 / x
  let sum = 0
  let y = x
  while (y > 2) {
    y -= 1
    sum += 1 / y
  }
  return sum + (y - DIGAMMA_ROOT - DIGAMMA_ROOT_LOW) * polynomial(DIGAMMA_ONE_TO_TWO, 2 * y - 3)
}

/** Γ′(x)/Γ(x); −∞ at +0, +∞ at −0, NaN at −1, −2, … Relative error as that of {@link lgamma}. */
export function digamma(x: number): number {
  if (x > 0) return digammaPositive(x)
  if (x === 0) return -1 / x
  if (Number.isInteger(x)) return NaN
  // ψ(1 − x) − ψ(x) = π/tan πx
  return digammaPositive(1 - x) - Math.PI / Math.tan(Math.PI * fractionAround(x))
}

/** The nearest whole number, and of two equally near ones the even one (IEEE 754 roundTiesToEven). */
export function roundHalfEven(x: number): number {
  const size = Math.abs(x)
  if (x === 0 || !(size < 2 ** 52)) return x
  // Above 2⁵² doubles are whole, so that the addition rounds.
  const rounded = size + 2 ** 52 - 2 ** 52
  return x < 0 ? -rounded : rounded
}

/** xʸ as IEEE 754 and C have it: 1ʸ is 1 for every y, and (−1)^±∞ is 1 (JavaScript's Math.pow gives NaN there). */
export function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Infinity)) return 1
  return x ** y
}

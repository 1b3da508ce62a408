/**
 * P(|T| ≤ t) of Student's distribution with ν degrees of freedom: a finite sum (Abramowitz & Stegun 26.7.3 and 26.7.4).
 */
function within(t: number, nu: number): number {
  const angle = Math.atan2(t, Math.sqrt(nu))
  const [sine, square] = [Math.sin(angle), Math.cos(angle) ** 2]
  const odd = nu % 2 === 1
  let term = odd ? Math.cos(angle) : 1
  let sum = nu === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= nu - 2; k += 2) {
    term *= ((k - 1) / k) * square
    sum += term
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
}

/** The t that Student's T with ν ≥ 1 degrees of freedom stays within, in absolute value, with a probability. */
export function studentBound(probability: number, nu: number): number {
  let high = 1
  while (within(high, nu) < probability) high *= 2
  let low = 0
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (within(middle, nu) < probability) low = middle
    else high = middle
  }
  return high
}

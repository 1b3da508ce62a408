import type { Random } from "../../base/index.ts"

/** A vector on the host, in double precision. */
export type Vector = Float64Array

export function dot(a: Vector, b: Vector): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

export function length(a: Vector): number {
  return Math.sqrt(dot(a, a))
}

/** y ← y + factor·x */
export function addTo(y: Vector, factor: number, x: Vector): void {
  for (let i = 0; i < y.length; i++) y[i] = y[i]! + factor * x[i]!
}

/** factor·a */
export function scaled(a: Vector, factor: number): Vector {
  return a.map((x) => factor * x)
}

/** Takes the shares along an orthonormal basis out of w, twice, which is enough for full precision (Kahan, Parlett). */
export function makeOrthogonal(w: Vector, basis: readonly Vector[]): void {
  for (let pass = 0; pass < 2; pass++) for (const q of basis) addTo(w, -dot(q, w), q)
}

/** Of length 1 and random direction, orthogonal to a basis. */
export function randomUnit(n: number, random: Random, basis: readonly Vector[] = []): Vector {
  const v = Float64Array.from({ length: n }, () => random.normal())
  makeOrthogonal(v, basis)
  return scaled(v, 1 / length(v))
}

/** Entries ±1 with equal chances. */
export function randomSigns(n: number, random: Random): Vector {
  return Float64Array.from({ length: n }, () => (random.uint32() & 1 ? 1 : -1))
}

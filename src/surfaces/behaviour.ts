import type { Surface } from "./surface.ts"

/** What an optimizer is doing. */
export type BehaviourName =
  | "descending"
  | "converged"
  | "stuck at a saddle"
  | "diverging"
  | "oscillating"
  | "overshooting"
  | "stagnating"

/** Steps that are looked at together. */
const WINDOW = 20
/** Steps in a row that have to be short; names that count steps need as many to rest on. */
const STILL = 3
/** Of the region's diagonal: how near a stationary point has to be, to be a minimum reached, or a saddle that holds. */
const AT_MINIMUM = 1e-6
const NEAR_SADDLE = 1e-3
/** Of the largest curvature: a smaller negative one is taken for rounding. */
const NEGATIVE = 1e-9
/** How many times the first gradient, and how many times the region's size away from its middle. */
const RUNAWAY = 10
const FAR = 100
/** Shares of the steps in the window. */
const OFTEN_BACK = 1 / 2
const OFTEN_UP = 1 / 4
/** Of the region's diagonal, and of the gradient's norm. */
const NO_WAY = 1e-3
const NO_FALL = 0.1

/** The rule that names each behaviour, in the order in which they are tried; the first that holds gives the name. */
export const behaviourRules: Readonly<Record<BehaviourName, string>> = {
  diverging: `a number is not finite; or the value is above the start's and the gradient ${RUNAWAY} times the start's; or the point is ${FAR} times the region's size away from its middle`,
  converged: `Newton's step from here is below ${AT_MINIMUM} of the region's diagonal, as is the way of the last ${STILL} steps, and no curvature is negative`,
  "stuck at a saddle": `Newton's step from here is below ${NEAR_SADDLE} of the region's diagonal, as is the way of the last ${STILL} steps, and a curvature is negative`,
  oscillating: `of the last ${WINDOW} steps, at least half turn back against the step before`,
  overshooting: `of the last ${WINDOW} steps, at least a quarter end higher than they began: they go past the lowest point of their way`,
  stagnating: `the last ${WINDOW} steps together are shorter than ${NO_WAY} of the region's diagonal, and the gradient fell by less than ${NO_FALL * 100} %`,
  descending: "none of the others",
}

/** A path as far as it has been made: one entry for each point. */
export interface PathSoFar {
  readonly points: readonly (readonly number[])[]
  readonly values: readonly number[]
  readonly gradientNorms: readonly number[]
}

/** Names what an optimizer is doing at a point of its path, from the points up to there; see behaviourRules. */
export function behaviourAt(surface: Surface, path: PathSoFar, at: number): BehaviourName {
  if (isDiverging(surface, path, at)) return "diverging"
  const still = stillness(surface, path, at)
  if (still !== null) return still
  const steps = recentSteps(path, at)
  if (share(steps, ({ back }) => back) >= OFTEN_BACK) return "oscillating"
  if (share(steps, ({ up }) => up) >= OFTEN_UP) return "overshooting"
  return isStagnating(surface, path, at) ? "stagnating" : "descending"
}

function isDiverging(surface: Surface, { points, values, gradientNorms }: PathSoFar, at: number): boolean {
  const numbers = [...points[at]!, values[at]!, gradientNorms[at]!]
  if (!numbers.every((x) => Number.isFinite(x))) return true
  if (values[at]! > values[0]! && gradientNorms[at]! > RUNAWAY * gradientNorms[0]!) return true
  return points[at]!.some((x, i) => {
    const [low, high] = surface.region[i]!
    return Math.abs(x - (low + high) / 2) > FAR * (high - low)
  })
}

function stillness(
  surface: Surface,
  { points, gradientNorms }: PathSoFar,
  at: number,
): "converged" | "stuck at a saddle" | null {
  if (at < STILL) return null
  const diagonal = diagonalOf(surface)
  const way = wayOf(points, at - STILL, at)
  if (way > NEAR_SADDLE * diagonal) return null
  const matrix = surface.hessian(points[at]!)
  // Newton's step is no shorter than this, which is cheaper.
  if (gradientNorms[at]! > NEAR_SADDLE * diagonal * Math.hypot(...matrix.flat())) return null
  const { values, vectors } = eigen(matrix)
  const distance = Math.max(way, newtonStep(surface.gradient(points[at]!), values, vectors))
  const largest = Math.max(...values.map(Math.abs))
  if (values.some((curvature) => curvature < -NEGATIVE * largest))
    return distance <= NEAR_SADDLE * diagonal ? "stuck at a saddle" : null
  return distance <= AT_MINIMUM * diagonal ? "converged" : null
}

/** The length of H⁻¹∇f; a direction without slope adds nothing, even where it has no curvature either. */
function newtonStep(
  gradient: readonly number[],
  curvatures: readonly number[],
  vectors: readonly (readonly number[])[],
): number {
  const slopes = vectors.map((vector) => dot(vector, gradient))
  return Math.hypot(...slopes.map((slope, i) => (slope === 0 ? 0 : slope / curvatures[i]!)))
}

function wayOf(points: PathSoFar["points"], from: number, to: number): number {
  let way = 0
  for (let t = from; t < to; t++) way += Math.hypot(...between(points[t]!, points[t + 1]!))
  return way
}

function diagonalOf({ region }: Surface): number {
  return Math.hypot(...region.map(([low, high]) => high - low))
}

interface StepSign {
  /** Against the step before. */
  readonly back: boolean
  /** Ends higher than it began. */
  readonly up: boolean
}

function recentSteps({ points, values }: PathSoFar, at: number): StepSign[] {
  const signs: StepSign[] = []
  for (let t = Math.max(1, at - WINDOW); t < at; t++) {
    const [before, step] = [between(points[t - 1]!, points[t]!), between(points[t]!, points[t + 1]!)]
    signs.push({ back: dot(before, step) < 0, up: values[t + 1]! > values[t]! })
  }
  return signs
}

/** A name needs a few steps to rest on. */
function share(steps: readonly StepSign[], has: (step: StepSign) => boolean): number {
  return steps.length < STILL ? 0 : steps.filter(has).length / steps.length
}

function isStagnating(surface: Surface, { points, gradientNorms }: PathSoFar, at: number): boolean {
  if (at < WINDOW) return false
  const way = wayOf(points, at - WINDOW, at)
  const fallen = 1 - gradientNorms[at]! / gradientNorms[at - WINDOW]!
  return way < NO_WAY * diagonalOf(surface) && fallen < NO_FALL
}

/** What is left beside the diagonal, squared and relative to all, that is rounding. */
const ROUNDING = 2 ** -108

/** Eigenvalues and unit eigenvectors of a symmetric matrix, by Jacobi's rotations: matrices here are small. */
export function eigen(matrix: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const a = matrix.map((row) => [...row])
  const n = a.length
  const vectors = a.map((_, i) => a.map((__, k) => (i === k ? 1 : 0) as number))
  const all = a.reduce((sum, row) => row.reduce((total, x) => total + x * x, sum), 0)
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0
    for (let i = 0; i < n; i++) for (let k = i + 1; k < n; k++) off += a[i]![k]! ** 2
    if (off <= ROUNDING * all) break
    for (let i = 0; i < n; i++) for (let k = i + 1; k < n; k++) rotate(a, vectors, i, k)
  }
  return { values: a.map((row, i) => row[i]!), vectors }
}

/** Makes a[i][k] zero, and turns the vectors along. */
function rotate(a: number[][], vectors: number[][], i: number, k: number): void {
  if (a[i]![k]! === 0) return
  const angle = Math.atan2(2 * a[i]![k]!, a[k]![k]! - a[i]![i]!) / 2
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  for (const row of a) {
    const [x, y] = [row[i]!, row[k]!]
    row[i] = cos * x - sin * y
    row[k] = sin * x + cos * y
  }
  for (const rows of [a, vectors]) {
    const [upper, lower] = [rows[i]!, rows[k]!]
    for (let j = 0; j < upper.length; j++) {
      const [x, y] = [upper[j]!, lower[j]!]
      upper[j] = cos * x - sin * y
      lower[j] = sin * x + cos * y
    }
  }
}

function between(a: readonly number[], b: readonly number[]): number[] {
  return b.map((x, i) => x - a[i]!)
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0)
}

import { Random } from "../../base/index.ts"
import { linalg, tensor } from "../../tensor/index.ts"
import { checkThat } from "../curvature/check.ts"
import type { Vector } from "../curvature/vector.ts"
import { addTo, dot, length, scaled } from "../curvature/vector.ts"
import type { Objective } from "../objective.ts"

/** How a random direction is scaled. */
export type Normalisation = "filter" | "layer" | "none"

export interface DirectionOptions {
  /**
   * "filter": each filter (neuron) of the direction as long as the model's own, vectors such as biases 0 (Li et al. 2018,
   * arXiv:1712.09913v3); "layer": the same for whole tensors; "none": raw normal numbers. Default: "filter".
   */
  readonly normalise?: Normalisation
  readonly seed?: number
}

/** Coordinates in a plane. */
export type Place = readonly [x: number, y: number]

/** A plane in the space of all parameters: origin + x·u + y·v. */
export interface Plane {
  readonly origin: Vector
  readonly directions: readonly [Vector, Vector]
  /** Names of the axes. */
  readonly labels: readonly [string, string]
  /** A training's way, or the points that the plane was laid through, as projected on it. */
  readonly path?: readonly Place[]
  /** Share of the path's variance along each direction. */
  readonly explained?: readonly [number, number]
}

/**
 * A random direction from the parameters as they are, normalised. Scaling the weights of ReLU layers by α and 1/α leaves
 * the function as it is, and with filter normalisation also its picture; a raw direction makes the loss look flatter or
 * sharper at will.
 *
 * @throws NABLA_INVALID_ARGUMENT for another normalisation
 */
export async function randomDirection(objective: Objective, options: DirectionOptions = {}): Promise<Vector> {
  const { normalise = "filter", seed = 0 } = options
  const known = ["filter", "layer", "none"]
  checkThat("randomDirection", "normalise", normalise, known.join(", "), known.includes(normalise))
  const random = new Random(seed)
  const direction = Float64Array.from({ length: objective.size }, () => random.normal())
  if (normalise === "none") return direction
  const values = await objective.values()
  let at = 0
  for (const { shape, numel } of objective.params.map((p) => ({ shape: p.shape, numel: p.numel() }))) {
    const filters = shape.length < 2 ? 0 : normalise === "filter" ? shape[0]! : 1
    if (filters === 0) direction.fill(0, at, at + numel)
    for (let f = 0; f < filters; f++) {
      const [from, to] = [at + (f * numel) / filters, at + ((f + 1) * numel) / filters]
      const part = direction.subarray(from, to)
      const factor = length(values.subarray(from, to)) / (length(part) || 1)
      for (let i = 0; i < part.length; i++) part[i] = part[i]! * factor
    }
    at += numel
  }
  return direction
}

/** A plane of two random directions around the parameters as they are; see randomDirection. */
export async function randomPlane(objective: Objective, options: DirectionOptions = {}): Promise<Plane> {
  const { seed = 0 } = options
  const draw = (number: number): Promise<Vector> =>
    randomDirection(objective, { ...options, seed: new Random(seed).fork(number).uint32() })
  const origin = await objective.values()
  return {
    origin,
    directions: [await draw(0), await draw(1)],
    labels: ["random direction 1", "random direction 2"],
  }
}

/**
 * The plane that a training stays closest to: the first two principal components of the way from each of its points to the
 * last one, which is the origin. Directions have length 1.
 *
 * @param points all parameters at moments of the training, at least 3: objective.values() each time
 * @throws NABLA_INVALID_ARGUMENT for fewer points, or points of different sizes
 */
export async function trajectoryPlane(points: readonly Vector[]): Promise<Plane> {
  checkPoints("trajectoryPlane", points, 3)
  const origin = points.at(-1)!
  const ways = points.slice(0, -1).map((point) => difference(point, origin))
  const m = ways.length
  // The components lie in the span of the ways, so that an m × m matrix of their products has all there is to know.
  const products = Float64Array.from({ length: m * m }, (_, i) => dot(ways[Math.floor(i / m)]!, ways[i % m]!))
  const [values, vectors] = linalg.eigh(tensor(products, { shape: [m, m], dtype: "float64" }))
  const shares = Float64Array.from(await values.data())
  const columns = await vectors.data()
  const total = shares.reduce((a: number, b) => a + Math.max(0, b), 0)
  const component = (k: number): Vector => {
    const out = new Float64Array(origin.length)
    ways.forEach((way, i) => {
      addTo(out, columns[i * m + k]!, way)
    })
    return scaled(out, 1 / (length(out) || 1))
  }
  const directions = [component(m - 1), component(m - 2)] as const
  const share = (k: number): number => (total === 0 ? 0 : shares[k]! / total)
  const explained = [share(m - 1), share(m - 2)] as const
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`
  const labels = [`component 1 (${percent(explained[0])})`, `component 2 (${percent(explained[1])})`] as const
  return { origin, directions, labels, path: project(points, origin, directions), explained }
}

/**
 * The plane through three points of parameter space, in orthonormal coordinates around the first: the second lies on the
 * first axis.
 *
 * @throws NABLA_INVALID_ARGUMENT when the points lie on a line
 */
export function planeThrough(a: Vector, b: Vector, c: Vector): Plane {
  checkPoints("planeThrough", [a, b, c], 3)
  const first = difference(b, a)
  const size = length(first)
  const u = scaled(first, 1 / size)
  const v = difference(c, a)
  const before = length(v)
  addTo(v, -dot(u, v), u)
  const left = length(v)
  checkThat(
    "planeThrough",
    "the triangle",
    `heights ${size}, ${left}`,
    "three points not on a line",
    left > 1e-9 * before,
  )
  const directions = [u, scaled(v, 1 / left)] as const
  return { origin: a, directions, labels: ["distance", "distance"], path: project([a, c, b], a, directions) }
}

/** Coordinates of points in a plane of orthonormal directions. */
export function project(
  points: readonly Vector[],
  origin: Vector,
  [u, v]: readonly [Vector, Vector],
): Place[] {
  return points.map((point) => {
    const way = difference(point, origin)
    return [dot(way, u), dot(way, v)]
  })
}

export function difference(a: Vector, b: Vector): Vector {
  const out = a.slice()
  addTo(out, -1, b)
  return out
}

export function checkPoints(where: string, points: readonly Vector[], least: number): void {
  const sizes = [...new Set(points.map((point) => point.length))]
  const fits = points.length >= least && sizes.length === 1
  checkThat(
    where,
    "the points",
    `${points.length} of ${sizes.join(" and ")} entries`,
    `${least} or more of one size`,
    fits,
  )
}

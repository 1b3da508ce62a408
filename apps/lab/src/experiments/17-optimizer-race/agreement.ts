import { type surfaces, tensor } from "nabla"
import { axesOf, dot } from "./axes.ts"

/** A path as it was recorded. */
export type Recorded = Pick<
  surfaces.Trace,
  "surface" | "points" | "values" | "gradients" | "behaviours" | "steps"
>

/** Of one behaviour: at how many moments it was named, and at how many of them the path says so too. */
export interface Agreement {
  readonly name: surfaces.BehaviourName
  readonly named: number
  readonly agreeing: number
}

const WINDOW = 20
const ENOUGH = 3
/** Moments that are looked at: of each span as many, its first and its last one among them. */
const LOOKS = 60
const LOOKS_EACH = 12

/** Another way to see each behaviour on a path, which shares no code with the naming. */
type Sign = (path: Recorded, at: number, passed: readonly boolean[]) => boolean

const signs: Readonly<Record<surfaces.BehaviourName, Sign>> = {
  /** Along some axis of curvature, half of the steps or more change their direction. */
  oscillating: ({ surface, points }, at) => {
    const { vectors } = axesOf(surface.hessian(points[at]!))
    const recent = recentSteps(at)
    const turned = recent.filter((t) => {
      const [before, step] = [way(points, t - 1), way(points, t)]
      return vectors.some((axis) => dot(axis, before) * dot(axis, step) < 0)
    })
    return turned.length >= recent.length / 2
  },
  /** A quarter of the steps or more have a lower place on their way than where they end. */
  overshooting: (_, at, passed) => {
    const recent = recentSteps(at)
    return recent.filter((t) => passed[t]).length >= recent.length / 4
  },
  /** The place of twenty steps ago is next to this one. */
  stagnating: ({ surface, points }, at) =>
    distance(points[at - WINDOW]!, points[at]!) < 1e-3 * diagonalOf(surface),
  /** Higher than at the start, or outside of the region, or no number. */
  diverging: ({ surface, points, values, gradients }, at) =>
    ![values[at]!, ...points[at]!, ...gradients[at]!].every(Number.isFinite) ||
    values[at]! > values[0]! ||
    points[at]!.some((x, i) => x < surface.region[i]![0] || x > surface.region[i]![1]),
  /** There is no slope, and no curvature downwards. */
  converged: (path, at) => {
    const { values } = axesOf(path.surface.hessian(path.points[at]!))
    const largest = Math.max(...values.map(Math.abs))
    return (
      slopeOf(path, at) <= 1.01e-6 * diagonalOf(path.surface) * largest && values[0]! >= -1.01e-9 * largest
    )
  },
  /** There is next to no slope, and it goes down to both sides along an axis of curvature. */
  "stuck at a saddle": (path, at) => {
    const { values } = axesOf(path.surface.hessian(path.points[at]!))
    const largest = Math.max(...values.map(Math.abs))
    return slopeOf(path, at) <= 1.01e-3 * diagonalOf(path.surface) * largest && values[0]! < 0
  },
  /** Most steps go down. */
  descending: ({ values }, at) => {
    const recent = recentSteps(at)
    return (
      recent.length < ENOUGH || recent.filter((t) => values[t + 1]! > values[t]!).length < recent.length / 4
    )
  },
}

/** Holds the names of a path to the path itself. */
export function agreementsOf(path: Recorded): Agreement[] {
  const passed = passedTheLowest(path)
  const most = Math.min(LOOKS_EACH, Math.max(1, Math.round(LOOKS / path.behaviours.length)))
  const found = new Map<surfaces.BehaviourName, { named: number; agreeing: number }>()
  for (const { name, from, to } of path.behaviours) {
    const counts = found.get(name) ?? { named: 0, agreeing: 0 }
    found.set(name, counts)
    const looks = Math.min(most, to - from + 1)
    for (let i = 0; i < looks; i++) {
      const at = looks === 1 ? from : from + Math.round((i * (to - from)) / (looks - 1))
      counts.named++
      if (signs[name](path, at, passed)) counts.agreeing++
    }
  }
  return [...found].map(([name, counts]) => ({ name, ...counts }))
}

/** Of each step, whether it went past a place that is lower than its end: a quarter, half and three quarters of it. */
function passedTheLowest({ surface, points, values, steps }: Recorded): boolean[] {
  const shares = [0.25, 0.5, 0.75]
  const places: number[] = []
  for (let t = 0; t < steps; t++) {
    const step = way(points, t)
    for (const share of shares) places.push(...points[t]!.map((x, i) => x + share * step[i]!))
  }
  if (steps === 0) return []
  const shape = [shares.length * steps, surface.dimension]
  const between = surface.f(tensor(places, { shape, dtype: "float64" })).dataSync()
  return Array.from({ length: steps }, (_, t) => {
    const lowest = Math.min(values[t]!, ...shares.map((__, k) => between[shares.length * t + k]!))
    return lowest < values[t + 1]!
  })
}

const recentSteps = (at: number): number[] => {
  const from = Math.max(1, at - WINDOW)
  return Array.from({ length: Math.max(0, at - from) }, (_, i) => from + i)
}

type Points = Recorded["points"]
const way = (points: Points, t: number): number[] => points[t + 1]!.map((x, i) => x - points[t]![i]!)
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.hypot(...a.map((x, i) => x - b[i]!))
const slopeOf = ({ gradients }: Recorded, at: number): number => Math.hypot(...gradients[at]!)
const diagonalOf = ({ region }: surfaces.Surface): number =>
  Math.hypot(...region.map(([low, high]) => high - low))

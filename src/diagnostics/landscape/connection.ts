import { Random } from "../../base/index.ts"
import { cat, compile, grad, type Tensor, tensor } from "../../tensor/index.ts"
import { checkNames, checkPositive, checkThat, checkWhole } from "../curvature/check.ts"
import type { Control } from "../curvature/control.ts"
import { Pace } from "../curvature/control.ts"
import type { Vector } from "../curvature/vector.ts"
import type { Batch, Objective } from "../objective.ts"
import type { Plane } from "./plane.ts"
import { checkPoints, difference, planeThrough, project } from "./plane.ts"
import { SubspaceLoss, spaced } from "./slice.ts"

export interface InterpolationOptions extends Control {
  /** Places from the first point on; 0 is the first, 1 the second. Default: [0, 1]. */
  readonly range?: readonly [number, number]
  /** Default: 41. */
  readonly points?: number
}

/** The loss on the way between two points of parameter space. */
export interface Interpolation {
  /** 0 at the first point, 1 at the second. */
  readonly at: Float64Array
  readonly values: Float64Array
  /** The most by which the loss rises above the straight line between its values at the two ends. */
  readonly barrier: number
  readonly interrupted: boolean
}

/**
 * The loss on the straight line between two points, (1 − t)·from + t·to, and its barrier (Goodfellow, Vinyals & Saxe 2014,
 * arXiv:1412.6544v6; Frankle et al. 2019, arXiv:1912.05671v4).
 *
 * @throws NABLA_INVALID_ARGUMENT for points of different sizes, or options out of range
 */
export async function interpolate(
  objective: Objective,
  from: Vector,
  to: Vector,
  options: InterpolationOptions = {},
): Promise<Interpolation> {
  const { range = [0, 1], points = 41 } = options
  checkNames("interpolate", options, ["range", "points", "signal", "onProgress"])
  checkPoints("interpolate", [from, to], 2)
  const at = spaced("interpolate", range, points)
  const loss = new SubspaceLoss(objective, from, [difference(to, from)])
  return measured(loss, at, (t) => [t], options)
}

async function measured(
  loss: SubspaceLoss,
  at: Float64Array,
  coefficients: (t: number) => number[],
  control: Control,
): Promise<Interpolation> {
  const all = await loss.at([0, 1, ...at].map(coefficients), control)
  const [start, end] = [all[0]!, all[1]!]
  const values = all.slice(2)
  const rises = values.map((value, i) => value - ((1 - at[i]!) * start + at[i]! * end))
  const barrier = rises.reduce(
    (most, rise, i) => (at[i]! >= 0 && at[i]! <= 1 ? Math.max(most, rise) : most),
    0,
  )
  return { at, values, barrier, interrupted: control.signal?.aborted ?? false }
}

export interface ConnectionOptions extends Control {
  /** "bezier": a Bézier curve; "polygon": straight pieces. Default: "bezier". */
  readonly curve?: "bezier" | "polygon"
  /** Points between the two ends that are trained. Default: 1. */
  readonly bends?: number
  /** Steps of Adam, each on one batch and one random t. Default: 300. */
  readonly steps?: number
  /** Default: 0.01. */
  readonly lr?: number
  /** Places at which the result is measured. Default: 41. */
  readonly points?: number
  readonly seed?: number
}

export interface Connection extends Interpolation {
  /** Of the straight line between the ends, to compare with. */
  readonly straight: Interpolation
  /** The ends and the trained points between them. */
  readonly control: readonly Vector[]
  /** Parameters at a place on the curve, t from 0 to 1. */
  point(t: number): Vector
}

/** Shares of the control points at a place on the curve. */
type Shares = (t: number, pieces: number) => number[]

const curves: Record<"bezier" | "polygon", Shares> = {
  bezier: (t, pieces) => {
    let binomial = 1
    return Array.from({ length: pieces + 1 }, (_, k) => {
      if (k > 0) binomial = (binomial * (pieces - k + 1)) / k
      return binomial * t ** k * (1 - t) ** (pieces - k)
    })
  },
  polygon: (t, pieces) =>
    Array.from({ length: pieces + 1 }, (_, k) => Math.max(0, 1 - Math.abs(t * pieces - k))),
}

/**
 * A curve of low loss between two trained networks (Garipov et al. 2018, arXiv:1802.10026v4): the points between the ends
 * are trained to make E_{t∼U(0,1)} L(φ(t)) small.
 *
 *     bezier  φ(t) = Σ_k C(m, k)·t^k·(1 − t)^{m−k}·w_k       polygon  φ(t): straight from w_k to w_{k+1}
 *
 * w_0 and w_m are the two networks; the bends begin on the straight line. For models with batch norm, use an objective of
 * mode "train", since running statistics of the ends fit no point between. The model itself is not changed.
 *
 * @throws NABLA_INVALID_ARGUMENT for points of different sizes, or options out of range
 *
 * @example
 * const objective = objectiveOf(model, [x, labels])
 * const before = await objective.values()
 * step()
 * const { barrier, straight } = await connectModes(objective, before, await objective.values(), { steps: 5 })
 */
export async function connectModes(
  objective: Objective,
  from: Vector,
  to: Vector,
  options: ConnectionOptions = {},
): Promise<Connection> {
  const { curve = "bezier", bends = 1, points = 41 } = options
  check(options)
  checkPoints("connectModes", [from, to], 2)
  const pieces = bends + 1
  const shares = (t: number): number[] => curves[curve](t, pieces)
  const mix = (a: number): Vector => from.map((x, i) => (1 - a) * x + a * to[i]!)
  const inner = Array.from({ length: bends }, (_, k) => mix((k + 1) / pieces))
  const control = [from, ...inner, to]
  await train(objective, control, shares, options)
  const at = spaced("connectModes", [0, 1], points)
  const loss = new SubspaceLoss(objective, new Float64Array(objective.size), control)
  const found = await measured(loss, at, shares, {})
  const point = (t: number): Vector => {
    const parts = shares(t)
    return from.map((_, i) => parts.reduce((sum, share, k) => sum + share * control[k]![i]!, 0))
  }
  const straight = await interpolate(objective, from, to, { points })
  return { ...found, straight, control, point, interrupted: options.signal?.aborted ?? false }
}

/** Moves the points between the ends, in place. */
async function train(
  objective: Objective,
  control: readonly Vector[],
  shares: (t: number) => number[],
  options: ConnectionOptions,
): Promise<void> {
  const { steps = 300, lr = 0.01, seed = 0 } = options
  const { size, dtype, batches } = objective
  const inner = control.slice(1, -1)
  const ends = [control[0]!, control.at(-1)!].map((w) => tensor(w, { shape: [1, size], dtype }))
  const slope = compile((bends: Tensor, parts: Tensor, ...batch: Tensor[]): Tensor => {
    const loss = (moving: Tensor): Tensor => {
      const all = cat([ends[0]!, moving, ends[1]!])
      return objective.lossAt(objective.split(parts.matmul(all)), batch as unknown as Batch)
    }
    return grad(loss)(bends) as Tensor
  })
  const adam = new HostAdam(inner.length * size, lr)
  const random = new Random(seed)
  const pace = new Pace(options)
  const joined = new Float64Array(inner.length * size)
  for (let step = 1; step <= steps && !pace.interrupted; step++) {
    inner.forEach((w, k) => {
      joined.set(w, k * size)
    })
    const bends = tensor(joined, { shape: [inner.length, size], dtype })
    const parts = tensor(shares(random.uniform()), { dtype })
    const batch = batches[step % batches.length]!
    const gradient = await objective.quietly(() => slope(bends, parts, ...batch)).data()
    const change = adam.step(gradient, 1 - step / (steps + 1))
    inner.forEach((w, k) => {
      for (let i = 0; i < size; i++) w[i] = w[i]! + change[k * size + i]!
    })
    await pace.tell(step, steps)
  }
}

/** Adam's changes (Kingma & Ba 2014) for a vector on the host; optimizers proper are a layer that this one does not know. */
class HostAdam {
  private readonly mean: Float64Array
  private readonly square: Float64Array
  private readonly lr: number
  private steps = 0

  constructor(size: number, lr: number) {
    this.mean = new Float64Array(size)
    this.square = new Float64Array(size)
    this.lr = lr
  }

  /** @param factor of the rate */
  step(gradient: ArrayLike<number>, factor: number): Float64Array {
    this.steps++
    const [first, second] = [1 - 0.9 ** this.steps, 1 - 0.999 ** this.steps]
    return this.mean.map((mean, i) => {
      const g = gradient[i]!
      this.mean[i] = 0.9 * mean + 0.1 * g
      this.square[i] = 0.999 * this.square[i]! + 0.001 * g * g
      return (-this.lr * factor * this.mean[i]!) / first / (Math.sqrt(this.square[i]! / second) + 1e-8)
    })
  }
}

function check(options: ConnectionOptions): void {
  const where = "connectModes"
  checkNames(where, options, ["curve", "bends", "steps", "lr", "points", "seed", "signal", "onProgress"])
  const { curve = "bezier", bends = 1, steps = 1, lr = 1 } = options
  checkThat(where, "curve", curve, Object.keys(curves).join(", "), Object.hasOwn(curves, curve))
  checkWhole(where, "bends", bends, 1)
  checkWhole(where, "steps", steps, 1)
  checkPositive(where, "lr", lr)
}

/** The plane through the two networks and the middle point that was trained, with the curve as the path on it. */
export function connectionPlane({ control, point }: Connection): Plane {
  const plane = planeThrough(control[0]!, control.at(-1)!, control[Math.floor(control.length / 2)]!)
  const curve = Array.from({ length: 41 }, (_, i) => point(i / 40))
  return { ...plane, path: project(curve, plane.origin, plane.directions) }
}

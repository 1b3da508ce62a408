import { compile, type Tensor, tensor, vmap } from "../../tensor/index.ts"
import { checkNames, checkThat, checkWhole } from "../curvature/check.ts"
import type { Control } from "../curvature/control.ts"
import { Pace } from "../curvature/control.ts"
import type { Vector } from "../curvature/vector.ts"
import type { Batch, Objective } from "../objective.ts"
import type { Place, Plane } from "./plane.ts"

export interface LineOptions extends Control {
  /** Default: [-1, 1]. */
  readonly range?: readonly [number, number]
  /** Places on it. Default: 51. */
  readonly points?: number
}

/** The loss along a line: origin + at·direction. */
export interface LineSlice {
  readonly at: Float64Array
  /** NaN where the work was interrupted. */
  readonly values: Float64Array
  readonly interrupted: boolean
}

export interface PlaneOptions extends Control {
  /** Default: [-1, 1], or around the plane's path with a quarter to spare. */
  readonly rangeX?: readonly [number, number]
  readonly rangeY?: readonly [number, number]
  /** Places along each axis. Default: 31. */
  readonly points?: number
}

/** The loss on a plane. */
export interface PlaneSlice {
  readonly x: Float64Array
  readonly y: Float64Array
  /** Row by row: values[j·x.length + i] is at (x[i], y[j]); NaN where the work was interrupted. */
  readonly values: Float64Array
  readonly labels: readonly [string, string]
  readonly path: readonly Place[]
  readonly interrupted: boolean
}

/** Up to this many parameters, several places are computed at once. */
const SMALL = 4096
const AT_ONCE = 32

/**
 * Evaluates an objective at origin + Σ c_d·direction_d for many c. The coefficients are inputs of one captured program;
 * for small models vmap computes several places at once. The model's parameters are never changed.
 */
export class SubspaceLoss {
  private readonly objective: Objective
  private readonly chunk: number
  private readonly width: number
  private readonly program: (coefficients: Tensor, ...batch: Tensor[]) => Tensor

  constructor(objective: Objective, origin: Vector, directions: readonly Vector[]) {
    const { size, dtype } = objective
    this.objective = objective
    this.width = directions.length
    this.chunk = size <= SMALL && objective.vectorised ? AT_ONCE : 1
    const start = tensor(origin, { shape: [size], dtype })
    const rows = new Float64Array(directions.length * size)
    directions.forEach((direction, d) => {
      rows.set(direction, d * size)
    })
    const along = tensor(rows, { shape: [directions.length, size], dtype })
    const loss = (c: Tensor, batch: Batch): Tensor =>
      objective.lossAt(objective.split(start.add(c.matmul(along))), batch).reshape([])
    this.program = compile(
      (c: Tensor, ...batch: Tensor[]) =>
        vmap((one: Tensor) => loss(one, batch as unknown as Batch))(c) as Tensor,
    )
    if (this.chunk > 1) return
    this.program = compile((c: Tensor, ...batch: Tensor[]) =>
      loss(c.reshape([this.width]), batch as unknown as Batch).reshape([1]),
    )
  }

  /** The losses at places given by their coefficients; NaN where the signal came before. */
  async at(places: readonly (readonly number[])[], control: Control = {}): Promise<Float64Array> {
    const { chunk, width, objective } = this
    const pace = new Pace(control)
    const out = new Float64Array(places.length).fill(Number.NaN)
    for (let at = 0; at < places.length && !pace.interrupted; at += chunk) {
      const some = places.slice(at, at + chunk)
      const padded = new Float64Array(chunk * width)
      padded.set(some.flat())
      // Always the same shape, so that there is one program.
      const given = tensor(padded, { shape: [chunk, width], dtype: objective.dtype })
      const values = await objective.sum((batch) => this.program(given, ...batch))
      out.set(values.subarray(0, some.length), at)
      await pace.tell(at + some.length, places.length)
    }
    return out
  }
}

/**
 * The loss along a direction from the parameters as they are, or from another origin.
 *
 * @throws NABLA_INVALID_ARGUMENT for an empty range or fewer than 2 points
 *
 * @example
 * const objective = objectiveOf(model, [x, labels])
 * const { at, values } = await lineSlice(objective, await randomDirection(objective))
 */
export async function lineSlice(
  objective: Objective,
  direction: Vector,
  options: LineOptions & { readonly origin?: Vector } = {},
): Promise<LineSlice> {
  const { range = [-1, 1], points = 51, origin } = options
  checkNames("lineSlice", options, ["range", "points", "origin", "signal", "onProgress"])
  const at = spaced("lineSlice", range, points)
  const loss = new SubspaceLoss(objective, origin ?? (await objective.values()), [direction])
  const values = await loss.at(
    Array.from(at, (c) => [c]),
    options,
  )
  return { at, values, interrupted: options.signal?.aborted ?? false }
}

/**
 * The loss on a plane; see randomPlane, trajectoryPlane and planeThrough.
 *
 * @throws NABLA_INVALID_ARGUMENT for an empty range or fewer than 2 points
 *
 * @example
 * const objective = objectiveOf(model, [x, labels])
 * const slice = await planeSlice(objective, await randomPlane(objective), { points: 41 })
 */
export async function planeSlice(
  objective: Objective,
  plane: Plane,
  options: PlaneOptions = {},
): Promise<PlaneSlice> {
  checkNames("planeSlice", options, ["rangeX", "rangeY", "points", "signal", "onProgress"])
  const { points = 31 } = options
  const path = plane.path ?? []
  const x = spaced("planeSlice", options.rangeX ?? around(path.map((place) => place[0])), points)
  const y = spaced("planeSlice", options.rangeY ?? around(path.map((place) => place[1])), points)
  const places = Array.from(y).flatMap((b) => Array.from(x, (a) => [a, b]))
  const values = await new SubspaceLoss(objective, plane.origin, plane.directions).at(places, options)
  return { x, y, values, labels: plane.labels, path, interrupted: options.signal?.aborted ?? false }
}

function around(values: readonly number[]): readonly [number, number] {
  if (values.length < 2) return [-1, 1]
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const margin = (high - low) / 4 || 1
  return [low - margin, high + margin]
}

export function spaced(where: string, [from, to]: readonly [number, number], points: number): Float64Array {
  checkWhole(where, "points", points, 2)
  checkThat(where, "the range", `${from} to ${to}`, "two numbers, the lower one first", from < to)
  return Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1))
}

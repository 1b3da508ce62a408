import { formatShape, hostArray, NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import type { Source } from "../../ops/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap } from "../tensor.ts"
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from "./adaptive-pool.ts"
import type { Grid, Taps } from "./resample-weights.ts"
import { antialiasTaps, cubicTaps, linearTaps, nearestTaps } from "./resample-weights.ts"
import type { Spatial } from "./spatial.ts"
import { perDimension } from "./spatial.ts"
import { table } from "./tables.ts"

export type InterpolationMode =
  | "nearest"
  | "nearest-exact"
  | "linear"
  | "bilinear"
  | "trilinear"
  | "bicubic"
  | "area"

export interface InterpolateOptions {
  /** Spatial size of the result; either this or scaleFactor. */
  readonly size?: Spatial
  /** Multiple of the spatial size. */
  readonly scaleFactor?: Spatial
  /** Default: "nearest". Linear is for [N, C, L], bilinear and bicubic for [N, C, H, W], trilinear for 3-D images. */
  readonly mode?: InterpolationMode
  /** Whether the middles of the corner elements stay in place, rather than the corners of the image. */
  readonly alignCorners?: boolean
  /** Take the scale from the sizes, which were rounded, instead of from scaleFactor. */
  readonly recomputeScaleFactor?: boolean
  /** Widen the kernel where the image shrinks (bilinear and bicubic). */
  readonly antialias?: boolean
}

const spatialOfMode: Partial<Record<InterpolationMode, number>> = {
  linear: 1,
  bilinear: 2,
  bicubic: 2,
  trilinear: 3,
}

/** Resamples an image [N, C, …] to another size. */
export const interpolate = composed(
  "interpolate",
  (input: Tensor, options: InterpolateOptions = {}): Tensor => {
    const mode = options.mode ?? "nearest"
    const n = input.ndim - 2
    checkMode(input, mode, options)
    const image = input.shape.slice(2)
    const grids = gridsOf(image, options)
    if (mode === "area") {
      const sizes = grids.map(({ count }) => count)
      return [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d][n - 1]!(input, sizes)
    }
    const whole = mode === "nearest" || mode === "nearest-exact"
    let node = whole ? nodeOf(input) : ops.cast(nodeOf(input), floatType(input.dtype))
    grids.forEach((grid, i) => {
      node = resample(node, 2 + i, grid, mode, options.antialias ?? false)
    })
    return wrap(node)
  },
)

function invalid(message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: "interpolate", expected, got })
}

function checkMode(
  input: Tensor,
  mode: InterpolationMode,
  { alignCorners, antialias }: InterpolateOptions,
): void {
  const n = input.ndim - 2
  const wanted = spatialOfMode[mode]
  if (n < 1 || n > 3 || (wanted !== undefined && wanted !== n)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: `mode "${mode}" does not fit the image`,
      where: "interpolate",
      expected: `[N, C, …] with ${wanted ?? "1 to 3"} spatial dimensions`,
      got: formatShape(input.shape),
    })
  }
  if (alignCorners !== undefined && wanted === undefined) {
    throw invalid(
      "alignCorners has a meaning for linear and cubic modes only",
      "linear, bilinear, trilinear or bicubic",
      mode,
    )
  }
  if (antialias && mode !== "bilinear" && mode !== "bicubic") {
    throw invalid("antialias has a meaning for bilinear and bicubic modes only", "bilinear or bicubic", mode)
  }
}

function gridsOf(image: readonly number[], options: InterpolateOptions): Grid[] {
  const { size, scaleFactor, recomputeScaleFactor, alignCorners = false } = options
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw invalid(
      "the size of the result is not determined",
      "either size or scaleFactor",
      size === undefined ? "none" : "both",
    )
  }
  const factors = scaleFactor === undefined ? null : perDimension(scaleFactor, image.length, 1, "interpolate")
  const counts =
    factors === null
      ? perDimension(size, image.length, 1, "interpolate")
      : image.map((length, i) => Math.floor(length * factors[i]!))
  if (counts.some((count) => !Number.isInteger(count) || count < 1)) {
    throw invalid("the result would be empty", "sizes of at least 1", formatShape(counts))
  }
  return image.map((length, i) => ({
    size: length,
    count: counts[i]!,
    factor: recomputeScaleFactor ? undefined : factors?.[i],
    alignCorners,
  }))
}

function tapsOf(grid: Grid, mode: InterpolationMode, antialias: boolean): Taps {
  if (mode === "nearest" || mode === "nearest-exact") return nearestTaps(grid, mode === "nearest-exact")
  if (antialias) return antialiasTaps(grid, mode === "bicubic" ? "cubic" : "linear")
  return mode === "bicubic" ? cubicTaps(grid) : linearTaps(grid)
}

/** Each element of the result along one dimension as a weighted sum of elements of the argument. */
function resample(x: Node, dim: number, grid: Grid, mode: InterpolationMode, antialias: boolean): Node {
  const found = tapsOf(grid, mode, antialias)
  const repeats = grid.count / grid.size
  const repeated = found.weights === null && found.indices.every((at, i) => at === Math.floor(i / repeats))
  if (repeated && Number.isInteger(repeats)) return repeat(x, dim, repeats)
  const { count } = grid
  const { taps } = found
  const key = `${mode} ${antialias} ${grid.size} ${grid.factor} ${grid.alignCorners}`
  const indices = table(`indices ${key}`, [count, taps], "int32", () => found.indices)
  const resized = x.shape.map((size, i) => (i === dim ? count : size))
  const picked = [...resized, taps]
  const rank = x.shape.length
  const sources = x.shape.map(
    (_, i): Source =>
      i === dim
        ? { kind: "tensor", tensor: 0, at: [dim, rank] }
        : { kind: "slice", dim: i, start: 0, step: 1 },
  )
  const elements = ops.gather(x, [indices], { table: x.shape, picked, sources })
  if (found.weights === null) return ops.reshape(elements, resized)
  const weights = table(`weights ${key}`, [count, taps], x.aval.dtype, () => {
    const data = hostArray(x.aval.dtype, count * taps)
    data.set(found.weights!)
    return data
  })
  const shape = picked.map((size, i) => (i === dim || i === rank ? size : 1))
  return ops.sum(ops.mul(elements, ops.expand(ops.reshape(weights, shape), picked)), [rank])
}

/** Each element several times in a row. */
function repeat(x: Node, dim: number, times: number): Node {
  if (times === 1) return x
  const before = x.shape.slice(0, dim + 1)
  const after = x.shape.slice(dim + 1)
  const wide = ops.expand(ops.reshape(x, [...before, 1, ...after]), [...before, times, ...after])
  return ops.reshape(wide, [...x.shape.slice(0, dim), x.shape[dim]! * times, ...after])
}

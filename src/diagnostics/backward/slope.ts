import type { Observation } from "../instrument/observation.ts"

/** How a quantity changes with depth: ln(value) ≈ intercept + slope·layer, by least squares. */
export interface DepthSlope {
  /** Factor from one layer to the next one, e^slope: 1 keeps, below vanishes, above explodes. */
  readonly factor: number
  /** ln(factor) */
  readonly slope: number
  /** Share of the variance of the logarithms that the line explains, 0 … 1. */
  readonly r2: number
  /** First value over last value. */
  readonly firstToLast: number
  /** The values that the line was fitted to, by depth; those that are not positive and finite are left out of the fit. */
  readonly values: readonly number[]
}

/**
 * The exponential law of a quantity over depth. Products of many layers grow or shrink exponentially, so a line is fitted
 * to the logarithms.
 *
 * @param values by depth, the first layer first
 * @returns factor NaN when fewer than two values are positive and finite
 *
 * @example depthSlope([1, 0.5, 0.25]).factor // 0.5
 */
export function depthSlope(values: readonly number[]): DepthSlope {
  const points = values.flatMap((value, x) =>
    value > 0 && Number.isFinite(value) ? [[x, Math.log(value)] as const] : [],
  )
  const n = points.length
  const firstToLast = values.length === 0 ? NaN : values[0]! / values.at(-1)!
  if (n < 2) return { factor: NaN, slope: NaN, r2: NaN, firstToLast, values }
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / n
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / n
  let [xx, xy, yy] = [0, 0, 0]
  for (const [x, y] of points) {
    xx += (x - meanX) ** 2
    xy += (x - meanX) * (y - meanY)
    yy += (y - meanY) ** 2
  }
  const slope = xy / xx
  return { factor: Math.exp(slope), slope, r2: yy === 0 ? 1 : (xy * xy) / (xx * yy), firstToLast, values }
}

/**
 * Whether gradients vanish or explode: the slope over depth of the root mean square of d(loss)/d(output) of the layers.
 * A factor above 1 means that gradients grow towards the output, so that they vanish on the way back to the input.
 *
 * @param observation of a probe of tier "default" or "full"
 */
export function gradientSlope({ layers }: Observation): DepthSlope {
  return depthSlope(
    layers.flatMap(({ kind, gradient }) => (kind === "layer" && gradient ? [gradient.rms] : [])),
  )
}

/** Whether activations vanish or explode: the slope over depth of the deviation of the layers' outputs. */
export function activationSlope({ layers }: Observation): DepthSlope {
  return depthSlope(layers.flatMap(({ kind, output }) => (kind === "layer" ? [output.std] : [])))
}

/** The tolerances that the reference data's README advises: |got - expected| <= absolute + relative·|expected|. */
import type { FloatType } from "./torch/nabla.ts"

export interface Tolerance {
  relative: number
  absolute: number
}

/** `values`: outputs and gradients; `second`: JVP and everything of second order. */
export type Order = "values" | "second"

const common: Record<FloatType, Record<Order, Tolerance>> = {
  float32: {
    values: { relative: 1e-4, absolute: 1e-5 },
    second: { relative: 1e-3, absolute: 1e-4 },
  },
  float64: {
    values: { relative: 1e-9, absolute: 1e-10 },
    second: { relative: 1e-9, absolute: 1e-10 },
  },
}

export const curvatureTolerance: Record<FloatType, Tolerance> = {
  float32: { relative: 1e-3, absolute: 1e-4 },
  float64: { relative: 1e-8, absolute: 1e-9 },
}

/** The tolerance of one comparison; `override` is the case's own `tol_f32`. */
export function toleranceOf(float: FloatType, order: Order, override: unknown): Tolerance {
  const advised = common[float][order]
  if (float === "float64" || override === undefined || override === null) return advised
  return readOverride(override, advised)
}

/** `tol_f32` is one number for both bounds, a pair, or an object. */
function readOverride(override: unknown, advised: Tolerance): Tolerance {
  if (typeof override === "number") return { relative: override, absolute: override }
  if (Array.isArray(override)) return { relative: Number(override[0]), absolute: Number(override[1]) }
  const named = override as Record<string, unknown>
  return {
    relative: Number(named.rtol ?? advised.relative),
    absolute: Number(named.atol ?? advised.absolute),
  }
}

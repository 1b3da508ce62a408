import type { Tensor } from "../../tensor/index.ts"
import { constant, Preprocessing } from "./preprocessing.ts"
import type { Layout } from "./state.ts"

export interface FeatureOptions {
  /** The dimension whose places are the features; each has numbers of its own. Default: 1, channels of images. */
  readonly dim?: number
}

/** Learned by scalers: y = (x − shift) / scale. */
export interface ShiftScale {
  readonly features: number
  readonly shift: number[]
  readonly scale: number[]
}

/** Base of what shifts and scales each feature by itself. */
export abstract class Scaler extends Preprocessing<ShiftScale> {
  protected readonly layout: Layout = { features: "number", shift: ["features"], scale: ["features"] }

  /** What was learned to subtract, and then to divide by, for each feature. */
  get parameters(): ShiftScale {
    return this.learned("look at")
  }

  protected apply(rows: Tensor, { shift, scale }: ShiftScale): Tensor {
    return rows.sub(constant(shift, rows.dtype)).div(constant(scale, rows.dtype))
  }

  protected undo(rows: Tensor, { shift, scale }: ShiftScale): Tensor {
    return rows.mul(constant(scale, rows.dtype)).add(constant(shift, rows.dtype))
  }

  protected width({ features }: ShiftScale): number {
    return features
  }
}

/** A feature that never changes has no scale: it is shifted only. */
export function shiftAndScale(shift: readonly number[], scale: readonly number[]): ShiftScale {
  return { features: shift.length, shift: [...shift], scale: scale.map((value) => (value > 0 ? value : 1)) }
}

import type { Shape } from "../../base/index.ts"
import type { Statistics } from "../forward/statistics.ts"

/** What one call of a layer gave, and what came back to it. Plain data. */
export interface LayerObservation {
  /** Path of the module in the model: `0`, `encoder.layers.2.linear1`; "" is the model itself. */
  readonly path: string
  /** `layer`: a module with parameters; `activation`: a call of an activation function, by a module or directly. */
  readonly kind: "layer" | "activation"
  /** Class of the module, or name of the activation function. */
  readonly type: string
  /** Which call it was, when there are several in one forward pass, from 0. */
  readonly call: number
  readonly shape: Shape
  readonly output: Statistics
  /** rms(output)/rms(input): how much the layer stretches what it is given (tiers "default" and "full"). */
  readonly gain?: number
  /** Share of arguments at which the activation function is saturated, by its own definition (see saturationOf). */
  readonly saturated?: number
  /** Units that were saturated for all examples of this step. */
  readonly deadUnits?: number
  /** Units that were saturated for all examples of the last steps that were observed, `window` of them. */
  readonly deadInWindow?: number
  readonly units?: number
  /** Participation ratio of the features' covariance: how many dimensions they really have (tier "full"). */
  readonly effectiveRank?: number
  /** d(loss)/d(output); null when no gradient came back. */
  readonly gradient: Statistics | null
}

/** What one step did to a parameter. Plain data. */
export interface ParameterObservation {
  readonly path: string
  readonly shape: Shape
  /** The gradient that the optimizer used: after accumulation and clipping. Null when there was none. */
  readonly gradient: Statistics | null
  /** |gradient|₂ */
  readonly gradientNorm: number
  /** |w|₂ before the step. */
  readonly weightNorm: number
  /** |Δw|₂ */
  readonly updateNorm: number
  /** |Δw|/|w|: 10⁻³ is usual, much less learns nothing, more than 10⁻² is unsteady. null for a weight of zeros. */
  readonly updateRatio: number | null
  /** Cosine between this gradient and that of the step before (tier "full"). */
  readonly gradientCosine?: number
  /** |w − w₀|/|w₀| with w₀ as it was when the probe was attached (tier "full", w₀ ≠ 0). */
  readonly drift?: number
}

/** What a probe saw at one step. Plain data: JSON can hold it. */
export interface Observation {
  /** From 1, the number of the step. */
  readonly step: number
  /** In the order of the forward pass. */
  readonly layers: readonly LayerObservation[]
  /** In the order of the model's parameters; empty for a pass without update. */
  readonly parameters: readonly ParameterObservation[]
  /** |gradient|₂ and so on over all parameters together. */
  readonly gradientNorm: number
  readonly weightNorm: number
  readonly updateNorm: number
  /** Cosine between successive gradients, all parameters together (tier "full"). */
  readonly gradientCosine?: number
}

/** Where numbers were first not finite. */
export interface NonFinite {
  readonly step: number
  /** Path of the module or parameter. */
  readonly path: string
  readonly type: string
  readonly direction: "forward" | "backward" | "parameter"
}

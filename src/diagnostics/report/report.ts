import type { Diagnosis } from "../doctor/finding.ts"
import type { Histogram } from "../forward/statistics.ts"

export type ReportStatus = "running" | "completed" | "interrupted" | "failed"

/** A line of the list of what was trained and how. */
export interface Fact {
  readonly name: string
  readonly value: string
}

/** Why a training ended before its time. */
export interface Failure {
  readonly message: string
  /** The place of the first cause: layer, operation. */
  readonly where?: string
  readonly got?: string
  readonly hint?: string
}

/** Points [x, y] of one line. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** A quantity over the steps of the training. */
export interface Curve {
  readonly name: string
  readonly lines: readonly Line[]
}

/** Shares of the numbers that lie below these values: 5, 25, 50, 75 and 95 %. */
export type Quantiles = readonly [number, number, number, number, number]

/** What a layer gave at each step that was looked at, in the order of `LayerHistory.steps`. */
export interface LayerRow {
  readonly path: string
  readonly type: string
  readonly kind: "layer" | "activation"
  /** Root mean square of its output, and of the loss's derivative by it. */
  readonly rms: readonly number[]
  readonly gradient: readonly (number | null)[]
  /** Share of saturated arguments, of activations that can saturate. */
  readonly saturated?: readonly number[]
  /** Units that were dead over the window at the last look, of how many. */
  readonly dead?: readonly [dead: number, units: number]
  readonly quantiles?: readonly Quantiles[]
  /** Of the output at the first and at the last look. */
  readonly histograms?: readonly [first: Histogram, last: Histogram]
}

export interface ParameterRow {
  readonly path: string
  readonly shape: readonly number[]
  readonly gradientNorm: readonly number[]
  /** |Δw|/|w| */
  readonly updateRatio: readonly (number | null)[]
}

/** What a probe saw. */
export interface LayerHistory {
  readonly steps: readonly number[]
  /** In the order of the forward pass. */
  readonly layers: readonly LayerRow[]
  readonly parameters: readonly ParameterRow[]
}

export interface SpectrumFigure {
  readonly grid: readonly number[]
  readonly density: readonly number[]
  readonly size: number
  /** The three largest eigenvalues, and the smallest one. */
  readonly largest: readonly number[]
  readonly smallest: number
  /** Of the optimizer. */
  readonly rate?: number
  /** Examples whose mean loss it is of. */
  readonly examples: number
}

export interface LandscapeFigure {
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** Row by row: values[j·x.length + i] is at (x[i], y[j]). */
  readonly values: readonly number[]
  readonly labels: readonly [string, string]
  readonly path: readonly (readonly [number, number])[]
  readonly examples: number
}

/** Samples by class (rows) and by what was predicted (columns). */
export interface ConfusionFigure {
  readonly matrix: readonly (readonly number[])[]
  readonly classes: readonly string[]
}

/** All that is known of a training, as plain data: JSON can hold it. See reportOf and renderReport. */
export interface Report {
  readonly version: 1
  readonly title: string
  /** When it was made, as in ISO 8601. */
  readonly created: string
  readonly status: ReportStatus
  readonly failure: Failure | null
  readonly facts: readonly Fact[]
  readonly curves: readonly Curve[]
  readonly layers: LayerHistory | null
  readonly spectrum: SpectrumFigure | null
  readonly landscape: LandscapeFigure | null
  readonly confusion: ConfusionFigure | null
  readonly diagnosis: Diagnosis | null
}

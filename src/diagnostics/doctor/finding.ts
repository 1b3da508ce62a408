/** How bad it is: an `error` keeps the training from learning, a `warning` costs quality or time, a `hint` is worth a try. */
export type Severity = "error" | "warning" | "hint"

/** One measured figure, what it was held against, and why that. */
export interface Evidence {
  /** What was measured, with its unit: "share of saturated units in layer 2". */
  readonly what: string
  readonly measured: number | string
  /** As a sentence: "at most 0.5". */
  readonly threshold: string
  /** Why the threshold lies there. */
  readonly why: string
  /** How many times the measured figure lies beyond the threshold, 1 at it: among like findings the farthest come first. */
  readonly excess?: number
}

export interface Remedy {
  readonly text: string
  /** The change, as code. */
  readonly code?: string
}

export interface Reference {
  readonly title: string
  readonly url?: string
}

/** Something that is wrong with a training. Plain data. */
export interface Finding {
  /** The check that found it: `dead-relu`. */
  readonly name: string
  /** In a few words, for a heading. */
  readonly title: string
  readonly severity: Severity
  /** Paths of the layers or parameters concerned. */
  readonly layers: readonly string[]
  readonly explanation: string
  readonly evidence: readonly Evidence[]
  /** Findings that this one explains here, whatever causes what in general: an experiment says more than a rule. */
  readonly explains?: readonly string[]
  readonly remedies: readonly Remedy[]
  readonly references: readonly Reference[]
}

/** A check that found nothing wrong, with the figure that says so. */
export interface Passed {
  readonly name: string
  readonly title: string
  readonly evidence: readonly Evidence[]
}

/** A check that does not apply, or that lacked what it needs. */
export interface Skipped {
  readonly name: string
  readonly title: string
  readonly reason: string
}

export interface Diagnosis {
  /** The likeliest cause first: what explains other findings stands before them. */
  readonly findings: readonly Finding[]
  readonly passed: readonly Passed[]
  readonly skipped: readonly Skipped[]
}

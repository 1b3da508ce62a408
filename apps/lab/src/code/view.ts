import type { Graph } from "nabla"

/** What a script has shown so far. */
export interface View {
  readonly series: readonly {
    readonly name: string
    readonly points: readonly (readonly [number, number])[]
  }[]
  readonly lines: readonly string[]
  /** Lines that were printed before those. */
  readonly dropped: number
  readonly histograms: readonly HistogramHistory[]
  readonly graph: Graph | null
  readonly layers: LayerTable | null
  readonly state: "running" | "finished" | "failed"
  readonly seconds: number
  readonly problem: ScriptProblem | null
}

/** Counts in equal intervals, each time that a script took them. */
export interface HistogramHistory {
  readonly name: string
  readonly rows: readonly {
    readonly step: number
    readonly min: number
    readonly max: number
    readonly counts: readonly number[]
  }[]
}

/** What an instrument saw at one step. */
export interface LayerTable {
  readonly step: number
  readonly rows: readonly {
    readonly layer: string
    readonly output: number
    readonly gradient: number | null
    readonly updateRatio: number | null
  }[]
}

/** What went wrong in a script, and in which of its lines. */
export interface ScriptProblem {
  readonly message: string
  readonly hint?: string
  readonly line?: number
}

export interface Values {
  readonly source: string
}

import type { Diagnosis } from "nabla/diagnostics"
import type { Problem } from "../engine/protocol.ts"
import type { Edit } from "./edits.ts"
import type { LabelledPoint } from "./engine/data.ts"
import type { Divergence } from "./engine/divergence.ts"
import type { Losses } from "./engine/history.ts"
import type { LayerInstruments, Spectrum } from "./engine/instruments.ts"
import type { LayerValues } from "./engine/net.ts"
import type { Scores } from "./engine/trainer.ts"
import type { Arisen } from "./engine/watch.ts"
import type { Values } from "./state.ts"

/** What the page and the Worker say to each other. */

/** What the page asks for: the state, and weights to begin with that no seed gives (kept ones, or a file's). */
export interface Request {
  readonly values: Values
  readonly weights: readonly LayerValues[] | null
}

export type Command =
  | { readonly kind: "play"; readonly on: boolean }
  | { readonly kind: "step" }
  | { readonly kind: "apply"; readonly values: Values }
  | { readonly kind: "edit"; readonly edit: Edit }
  /** To the mark of this number; 0 is the start. */
  | { readonly kind: "rewind"; readonly to: number }
  | { readonly kind: "spectrum" }
  | { readonly kind: "doctor" }

/** What is drawn at each picture of a run. */
export interface Frame {
  readonly epoch: number
  readonly layers: readonly LayerValues[]
  readonly resolution: number
  /** For each layer what its units give on the grid: [points, units]. */
  readonly maps: readonly Float32Array[]
  /** The second run, at the same epoch. */
  readonly other: OtherFrame | null
}

export interface OtherFrame {
  readonly epoch: number
  /** What the output gives on the grid, and how many numbers that is for each place. */
  readonly output: Float32Array
  readonly outputs: number
  readonly resolution: number
}

/** A frame with all that is read: some times a second while a run goes on, and whenever it rests. */
export interface View extends Frame {
  readonly status: "running" | "paused" | "diverged" | "stopped"
  /** Why it stopped by itself. */
  readonly reason: string | null
  readonly divergence: Divergence | null
  /** Why there is nothing to train on. */
  readonly problem: Problem | null
  readonly steps: number
  readonly rate: number
  readonly train: Scores
  readonly test: Scores
  readonly lossName: string
  readonly losses: Losses
  readonly marks: readonly number[]
  /** All that the network's state dictionary holds; empty while a run goes on. */
  readonly state: readonly NamedArray[]
  readonly epochsPerSecond: number
  readonly instruments: readonly LayerInstruments[] | null
  readonly spectrum: Spectrum | null
  /** What the doctor said, when asked. */
  readonly diagnosis: Diagnosis | null
  /** What the doctor has noticed by himself. */
  readonly arisen: readonly Arisen[]
  readonly other: OtherView | null
  /** With the first view only. */
  readonly setup: Setup | null
}

export interface OtherView extends OtherFrame {
  readonly train: Scores
  readonly test: Scores
  readonly losses: Losses
  readonly diverged: boolean
}

export const isView = (frame: Frame): frame is View => "status" in frame

export interface NamedArray {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: Float64Array
}

export interface Setup {
  readonly train: readonly LabelledPoint[]
  readonly test: readonly LabelledPoint[]
  readonly features: readonly { readonly name: string; readonly label: string; readonly used: boolean }[]
  /** What each feature is on the grid. */
  readonly featureMaps: readonly Float32Array[]
  readonly featureResolution: number
  readonly parameters: number
  readonly spectrumPossible: boolean
}

import type { Controls, ValuesOf } from "./controls.ts"

/** What the catalogue shows: loaded with the app, so it is short. */
export interface Meta {
  /** Its place in the course. */
  readonly number: number
  readonly title: string
  /** The question that it answers. */
  readonly question: string
  /** The lecture's topic. */
  readonly topic: string
}

/** One figure of a law: what it predicts, and what was measured in the live run. */
export interface Reading {
  readonly name: string
  readonly predicted: number | string
  readonly measured: number | string
  readonly holds: boolean
  /** How far apart they may be, and why. */
  readonly tolerance: string
}

/** A law with its formula, checked on the run that is on the screen. */
export interface Law<View, Values> {
  readonly name: string
  /** In words. */
  readonly statement: string
  /** In KaTeX. */
  readonly formula: string
  /** Whether it is about what is set. Default: always. */
  concerns?(values: Values): boolean
  /** Computed from the run; null while there is not enough of it. */
  check(view: View, values: Values): readonly Reading[] | null
}

export interface Prediction<View, Values> {
  readonly prompt: string
  readonly options: readonly (readonly [value: string, label: string])[]
  /** Which of them came out, by the run; null while it is not decided. */
  outcome(view: View, values: Values): string | null
}

export interface Source {
  readonly title: string
  readonly url?: string
}

/** A prepared state that a lecturer steps through. */
export interface Scene<Values> {
  readonly title: string
  readonly values: Partial<Values>
}

/** What an experiment is, besides its run and its pictures. */
export interface Experiment<C extends Controls, View> {
  readonly controls: C
  readonly prediction: Prediction<View, ValuesOf<C>>
  readonly laws: readonly Law<View, ValuesOf<C>>[]
  /** What you should see, and why: paragraphs; `$…$` is KaTeX. */
  readonly see: readonly string[]
  readonly why: readonly string[]
  readonly scenes: readonly Scene<ValuesOf<C>>[]
  /** The same with nabla, as a script that runs. */
  code(values: ValuesOf<C>): string
  readonly sources: readonly Source[]
}

export function defineExperiment<C extends Controls, View>(
  experiment: Experiment<C, View>,
): Experiment<C, View> {
  return experiment
}

/** The laws that are about what is set. */
export function concerning<V, T>(laws: readonly Law<V, T>[], values: T): readonly Law<V, T>[] {
  return laws.filter((law) => law.concerns?.(values) ?? true)
}

/** Whether all figures of all laws that are about what is set hold; null while one of these has none. */
export function verdict<V, T>(laws: readonly Law<V, T>[], view: V, values: T): boolean | null {
  const readings = concerning(laws, values).map((law) => law.check(view, values))
  if (readings.some((reading) => reading === null || reading.length === 0)) return null
  return readings.every((reading) => reading!.every(({ holds }) => holds))
}

/** A reading that two numbers agree within a relative distance. */
export function agrees(
  name: string,
  measured: number,
  predicted: number,
  relative: number,
  why = "",
): Reading {
  const holds = Math.abs(measured - predicted) <= relative * Math.abs(predicted)
  const tolerance = `within ${Number((100 * relative).toPrecision(2))} %${why === "" ? "" : `: ${why}`}`
  return { name, measured, predicted, holds, tolerance }
}

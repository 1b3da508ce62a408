import type { Program, Session } from "../engine/protocol.ts"
import type { Controls, ValuesOf } from "./controls.ts"
import { defaultsOf } from "./controls.ts"
import type { Experiment, Reading } from "./experiment.ts"
import { concerning, verdict } from "./experiment.ts"

/** A session without a page, for tests of laws. */
export function quietSession(): Session<never> {
  return { signal: new AbortController().signal, show: () => {}, commands: () => [], idle: async () => {} }
}

/** Runs an experiment to its end, with some values changed: the last view, and all of them. */
export async function collect<C extends Controls, View>(
  { controls }: Experiment<C, View>,
  run: Program<ValuesOf<C>, View, never>,
  changed: Partial<ValuesOf<C>> = {},
): Promise<{ view: View; views: View[]; values: ValuesOf<C> }> {
  const values = { ...defaultsOf(controls), ...changed }
  const views: View[] = []
  for await (const view of run(values, quietSession())) views.push(view)
  return { view: views.at(-1)!, views, values }
}

export function readingsOf<C extends Controls, View>(
  { laws }: Experiment<C, View>,
  view: View,
  values: ValuesOf<C>,
): Reading[] {
  return concerning(laws, values).flatMap((law) => [...(law.check(view, values) ?? [])])
}

export function verdictOf<C extends Controls, View>(
  { laws }: Experiment<C, View>,
  view: View,
  values: ValuesOf<C>,
): boolean | null {
  return verdict(laws, view, values)
}

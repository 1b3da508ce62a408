import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { MULTIPLES } from "./controls.ts"
import type { Depth, Ridge } from "./depth.ts"
import { depthOf } from "./depth.ts"
import type { Running } from "./running.ts"
import { runningOf } from "./running.ts"
import type { Scale } from "./scale.ts"
import { scaleOf } from "./scale.ts"
import type { Noise, Workers } from "./statistics.ts"
import { noiseOf, workersOf } from "./statistics.ts"

export interface View {
  /** In the order of MULTIPLES. */
  readonly depths: readonly Depth[]
  readonly ridges: readonly Ridge[]
  readonly scale: Scale | null
  readonly noise: Noise | null
  readonly workers: Workers | null
  readonly running: Running | null
  readonly done: boolean
}

/** Milliseconds between two views. */
const PAUSE = 60

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  let view: View = {
    depths: [],
    ridges: [],
    scale: null,
    noise: null,
    workers: null,
    running: null,
    done: false,
  }
  let last = performance.now()
  function* part<K extends keyof View>(name: K, states: Iterable<View[K]>): Generator<View, void, void> {
    for (const state of states) {
      if (signal.aborted) return
      view = { ...view, [name]: state }
      if (performance.now() < last + PAUSE) continue
      yield view
      last = performance.now()
    }
  }
  yield* part("scale", scaleOf(values))
  yield view
  for (const multiple of MULTIPLES) {
    if (signal.aborted) return
    const { depth, ridges } = depthOf(values, multiple * values.sigma)
    view = { ...view, depths: [...view.depths, depth], ...(multiple === 1 ? { ridges } : {}) }
    yield view
  }
  view = { ...view, noise: await noiseOf(values) }
  yield view
  yield* part("workers", workersOf(values))
  yield* part("running", runningOf(values))
  if (!signal.aborted) yield { ...view, done: true }
}

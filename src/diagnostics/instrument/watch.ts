import type { AnyModule } from "../../nn/index.ts"
import { Probe } from "./probe.ts"
import type { InstrumentOptions } from "./tiers.ts"

const probes = new WeakMap<AnyModule, Probe>()

/**
 * The probe of a model: attached at the first call, the same one at each later call. So one line in a loop is enough:
 *
 *     await watch(model).after({ loss })
 *
 * @param options of the first call: see instrument. Default: bins 24, so that a report can show histograms
 * @throws NABLA_INVALID_ARGUMENT for an unknown option, or a value out of its range
 *
 * @example
 * await watch(model).after({ loss })
 * watch(model).latest?.gradientNorm
 */
export function watch(model: AnyModule, options: InstrumentOptions = {}): Probe {
  const known = watchedBy(model)
  if (known !== null) return known
  const probe = new Probe(model, { bins: 24, ...options })
  probes.set(model, probe)
  return probe
}

/** The probe that watch has attached, null if there is none. */
export function watchedBy(model: AnyModule): Probe | null {
  const probe = probes.get(model)
  return probe?.isAttached ? probe : null
}

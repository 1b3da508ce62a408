import type { Statistics } from "../forward/statistics.ts"
import { readStatistics, statisticsLength } from "../forward/statistics.ts"
import type { LayerMeta } from "./layer-watch.ts"
import type { LayerObservation, Observation, ParameterObservation } from "./observation.ts"
import type { ParameterMeta } from "./parameter-watch.ts"
import type { Settings } from "./tiers.ts"

/** A vector that a step computed. */
interface Read<Meta> {
  readonly name: string
  readonly meta: Meta
  readonly values: ArrayLike<number>
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1)

/** The active shares of a layer's units, which its dead units are counted by. */
export interface ActiveUnits {
  readonly name: string
  readonly shares: readonly number[]
}

/** Layers in the order of the forward pass, and the active shares of units by layer. */
export function readLayers(
  reads: readonly Read<LayerMeta>[],
  { statistics }: Settings,
): { layers: (LayerObservation & { name: string })[]; active: ActiveUnits[] } {
  const gradients = new Map<string, Statistics>()
  const active: ActiveUnits[] = []
  for (const { name, meta, values } of reads)
    if (meta.direction === "backward")
      gradients.set(name, readStatistics(values, 0, elementsOf(meta.shape), statistics))
  const layers = reads.flatMap(({ name, meta, values }) => {
    if (meta.direction === "backward") return []
    const output = readStatistics(values, 0, elementsOf(meta.shape), statistics)
    let at = statisticsLength(statistics)
    const gain = meta.gain ? { gain: output.rms / Math.sqrt(values[at++]!) } : {}
    const rank = meta.rank ? { effectiveRank: values[at++]! } : {}
    const shares = Array.from({ length: meta.units }, (_, i) => values[at + i]!)
    if (meta.units > 0) active.push({ name, shares })
    const { path, kind, type, call, shape } = meta
    const gradient = gradients.get(`${name}/gradient`) ?? null
    return [{ name, path, kind, type, call, shape, output, ...gain, ...rank, ...unitsOf(shares), gradient }]
  })
  return { layers, active }
}

function unitsOf(shares: readonly number[]): object {
  if (shares.length === 0) return {}
  const saturated = 1 - shares.reduce((sum, share) => sum + share, 0) / shares.length
  return { units: shares.length, saturated, deadUnits: shares.filter((share) => share === 0).length }
}

/** What happened to the parameters, and to all of them together. */
export function readParameters(
  reads: readonly Read<ParameterMeta>[],
  settings: Settings,
): Omit<Observation, "step" | "layers"> {
  const total = { gradient: 0, weight: 0, update: 0, product: 0, former: 0, now: 0, compared: 0 }
  const parameters = reads.map(({ meta, values }): ParameterObservation => {
    const { elements, path, shape } = meta
    let at = 0
    const weight = values[at++]! * elements
    const update = values[at++]! * elements
    const [product, former] = meta.cosine ? [values[at++]!, values[at++]!] : [0, 0]
    const [moved, initial] = meta.drift ? [values[at++]!, values[at++]!] : [0, 0]
    const gradient = meta.gradient ? readStatistics(values, at, elements, settings.gradients) : null
    const gradientSquare = gradient === null ? 0 : gradient.rms ** 2 * elements
    total.gradient += gradientSquare
    total.weight += weight
    total.update += update
    if (meta.cosine) {
      total.compared++
      total.product += product
      total.former += former
      total.now += gradientSquare
    }
    return {
      ...{ path, shape, gradient, gradientNorm: Math.sqrt(gradientSquare) },
      ...{ weightNorm: Math.sqrt(weight), updateNorm: Math.sqrt(update) },
      updateRatio: weight === 0 ? null : Math.sqrt(update / weight),
      ...(meta.cosine ? { gradientCosine: product / Math.sqrt(former * gradientSquare) } : {}),
      ...(initial > 0 ? { drift: Math.sqrt(moved / initial) } : {}),
    }
  })
  return {
    parameters,
    gradientNorm: Math.sqrt(total.gradient),
    weightNorm: Math.sqrt(total.weight),
    updateNorm: Math.sqrt(total.update),
    ...(total.compared > 0 ? { gradientCosine: total.product / Math.sqrt(total.former * total.now) } : {}),
  }
}

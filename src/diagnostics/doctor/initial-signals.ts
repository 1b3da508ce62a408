import type { WeightLayer } from "./measurements/anatomy.ts"
import type { Patient } from "./patient.ts"

/** What the initial weights make of signals and gradients, over the hidden layers. */
export interface InitialSignals {
  /** Layers but the last one, whose outputs are compared with targets. */
  readonly hidden: readonly WeightLayer[]
  /**
   * Deviation between examples of what goes into the last layer, over that of what goes into the first one: what is left
   * of the differences between examples.
   */
  readonly kept: number
  /** Geometric mean of fitOf over the hidden layers. */
  readonly fit: number
  /** fit^hidden layers: what weights alone would make of a signal. */
  readonly byLaw: number
  readonly activation: string
}

/**
 * The gain by the law that is made for the function: about 1/√E f(z)² for z ~ N(0, 1) with rectifiers (He et al. 2015),
 * 1 for functions that are linear at 0 (Glorot & Bengio 2010), which is right near 0. A sigmoid takes three quarters of
 * the signal at any gain; that is the function's fault, and not that of the weights.
 */
export function keepingGain(activation: string | null): number {
  if (activation === null) return 1
  if (/^(relu|relu6|leakyRelu|prelu|rrelu|threshold)$/i.test(activation)) return Math.SQRT2
  if (/^(gelu|silu|swish|mish|hardswish|softplus|elu|celu)/i.test(activation)) return 1.4
  return 1
}

/**
 * The gain of a layer over that of the law for its activation: 1 for all between the law for signals, with fanIn, and
 * that for signals and gradients, with the mean of fanIn and fanOut.
 */
export function fitOf({ gain, activation, fanIn, fanOut }: WeightLayer): number {
  const one = gain / keepingGain(activation)
  const other = one / Math.sqrt((2 * fanIn) / (fanIn + fanOut))
  const [low, high] = [Math.min(one, other), Math.max(one, other)]
  return low > 1 ? low : high < 1 ? high : 1
}

/** Null when the initial weights are not known, or there are no hidden layers to speak of. */
export async function initialSignals(patient: Patient): Promise<InitialSignals | null> {
  if (patient.options.initial === undefined && patient.trained) return null
  const { layers } = await patient.initialAnatomy()
  const inner = layers.slice(0, -1)
  const hidden = inner.filter(({ normalised, type }) => !normalised && /^(Linear|Conv)/.test(type))
  if (hidden.length === 0 || hidden.length < inner.length) return null
  const fits = hidden.map(fitOf)
  const fit = Math.exp(fits.reduce((sum, value) => sum + Math.log(Math.max(value, 1e-30)), 0) / fits.length)
  const names = hidden.flatMap(({ activation }) => (activation === null ? [] : [activation]))
  return {
    ...{ hidden, fit },
    kept: layers.at(-1)!.signal / layers[0]!.signal,
    byLaw: fit ** hidden.length,
    activation: names[0] ?? "identity",
  }
}

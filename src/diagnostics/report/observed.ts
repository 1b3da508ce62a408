import type { LayerObservation, Observation } from "../instrument/observation.ts"
import type { LayerHistory, LayerRow, ParameterRow } from "./report.ts"
import { quantilesOf, thinned } from "./thin.ts"

/** Steps that pictures and tables over time have at most. */
const LOOKS = 80

/** Layers and parameters of a very deep network that are shown, evenly spaced over its depth. */
const ROWS = 48

/** What a probe saw, a row for each layer and parameter; null when it saw nothing. */
export function layerHistory(observations: readonly Observation[]): LayerHistory | null {
  const looks = thinned(observations, LOOKS)
  const last = looks.at(-1)
  if (last === undefined) return null
  const first = last.layers.filter(({ call }) => call === 0)
  return {
    steps: looks.map(({ step }) => step),
    layers: thinned(first, ROWS).map((layer) => layerRow(layer, looks)),
    parameters: thinned(last.parameters, ROWS).map(({ path, shape }) => parameterRow(path, shape, looks)),
  }
}

function layerRow(layer: LayerObservation, looks: readonly Observation[]): LayerRow {
  const { path, type, kind, deadInWindow, units } = layer
  const seen = looks.map(({ layers }) =>
    layers.find((it) => it.path === path && it.type === type && it.kind === kind && it.call === 0),
  )
  const histograms = seen.map((it) => it?.output.histogram)
  const whole = histograms.every((it) => it !== undefined && Number.isFinite(it.min + it.max))
  return {
    ...{ path, type, kind },
    rms: seen.map((it) => it?.output.rms ?? NaN),
    gradient: seen.map((it) => it?.gradient?.rms ?? null),
    ...(layer.saturated !== undefined && { saturated: seen.map((it) => it?.saturated ?? NaN) }),
    ...(deadInWindow !== undefined && units !== undefined && { dead: [deadInWindow, units] as const }),
    ...(whole && {
      quantiles: histograms.map((it) => quantilesOf(it!)),
      histograms: [histograms[0]!, histograms.at(-1)!] as const,
    }),
  }
}

function parameterRow(path: string, shape: readonly number[], looks: readonly Observation[]): ParameterRow {
  const seen = looks.map(({ parameters }) => parameters.find((it) => it.path === path))
  return {
    ...{ path, shape },
    gradientNorm: seen.map((it) => it?.gradientNorm ?? NaN),
    updateRatio: seen.map((it) => it?.updateRatio ?? null),
  }
}

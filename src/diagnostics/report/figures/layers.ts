import type { LayerRow, Report } from "../report.ts"
import { thinned } from "../thin.ts"
import type { Figure } from "./figure.ts"
import { axis, C1, C2, depthColour, depthKey, drawnFor, figures, percent, tick } from "./figure.ts"

/** Layers that a picture over depth has room for. */
const LAYERS = 8

const labelOf = ({ path, type }: Pick<LayerRow, "path" | "type">): string =>
  path === "" ? type : `${path} ${type}`

/** What the layers give: histograms over depth, their spread over time, and how much is saturated. */
export async function layerFigures(report: Report): Promise<Figure[]> {
  const { layers, steps } = report.layers ?? { layers: [], steps: [] }
  if (layers.length === 0) return []
  const all = [
    await histogramFigure(layers, steps),
    await bandFigure(layers, steps),
    await saturationFigure(layers, steps),
  ]
  return all.filter((figure) => figure !== null)
}

/** A ridge for each layer: the output's histogram at the last look, and faintly at the first one. */
async function histogramFigure(
  layers: readonly LayerRow[],
  steps: readonly number[],
): Promise<Figure | null> {
  const seen = thinned(
    layers.filter(({ histograms }) => histograms !== undefined),
    LAYERS,
  )
  if (seen.length === 0) return null
  const labels = new Map(seen.map((layer) => [layer, `${labelOf(layer)} ±${figures(reach(layer))}`]))
  const ridges = seen.flatMap((layer) =>
    layer.histograms!.flatMap(({ min, max, counts }, moment) => {
      const peak = Math.max(...counts)
      const width = (max - min) / counts.length
      const at = (i: number, height: number) => ({
        ...{ layer: labels.get(layer)!, moment, height },
        x: (min + width * i) / reach(layer),
      })
      return [at(0, 0), ...counts.map((count, i) => at(i + 0.5, count / peak)), at(counts.length, 0)]
    }),
  )
  const svg = await drawnFor(({ areaY, lineY, ruleY }) => ({
    height: 44 + 46 * seen.length,
    marginLeft: 116,
    x: { ...axis("output, as a share of the figure beside"), ticks: [-1, 0, 1], domain: [-1, 1] },
    y: { axis: null, domain: [0, 1.05] },
    fy: { domain: [...labels.values()], label: null, axis: "left" },
    marks: [
      ruleY([0], { stroke: "var(--line)" }),
      areaY(
        ridges.filter(({ moment }) => moment === 1),
        { x: "x", y: "height", fy: "layer", fill: C1, fillOpacity: 0.3 },
      ),
      lineY(
        ridges.filter(({ moment }) => moment === 1),
        { x: "x", y: "height", fy: "layer", stroke: C1, strokeWidth: 1.4 },
      ),
      lineY(
        ridges.filter(({ moment }) => moment === 0),
        { x: "x", y: "height", fy: "layer", stroke: C2, strokeWidth: 1.4 },
      ),
    ],
  }))
  const [from, to] = [steps[0]!, steps.at(-1)!]
  return {
    section: "layers",
    title: "Outputs over depth",
    says: `How the numbers that each layer gives are spread, each on its own scale. rms at the first of these layers ${figures(seen[0]!.rms.at(-1)!)}, at the last ${figures(seen.at(-1)!.rms.at(-1)!)}.`,
    svg,
    key: [
      [`step ${from}`, C2],
      [`step ${to}`, C1],
    ],
    table: {
      head: ["layer", "rms at first", "rms at last", "5 %", "median", "95 %"],
      rows: layers.map((layer) => {
        const [low, , middle, , high] = layer.quantiles?.at(-1) ?? [null, null, null, null, null]
        return [labelOf(layer), layer.rms[0]!, layer.rms.at(-1)!, low, middle, high]
      }),
    },
  }
}

/** The largest magnitude among a layer's outputs, at either moment. */
function reach({ histograms }: LayerRow): number {
  return Math.max(...histograms!.flatMap(({ min, max }) => [Math.abs(min), Math.abs(max)])) || 1
}

/** Bands of quantiles over the steps, a strip for each layer. */
async function bandFigure(layers: readonly LayerRow[], steps: readonly number[]): Promise<Figure | null> {
  const seen = thinned(
    layers.filter(({ quantiles }) => quantiles !== undefined),
    6,
  )
  if (seen.length === 0 || steps.length < 3) return null
  const sizes = seen.map(({ quantiles }) => Math.max(...quantiles!.flat().map(Math.abs)) || 1)
  const labels = seen.map((layer, l) => `${labelOf(layer)} ±${figures(sizes[l]!)}`)
  const rows = seen.flatMap((layer, l) =>
    steps.map((step, i) => {
      const [low, lower, middle, upper, high] = layer.quantiles![i]!.map((value) => value / sizes[l]!)
      return { layer: labels[l]!, step, low, lower, middle, upper, high }
    }),
  )
  const svg = await drawnFor(({ areaY, lineY, ruleY }) => ({
    height: 44 + 62 * seen.length,
    marginLeft: 116,
    x: { ...axis("step"), ticks: 5, tickFormat: tick },
    y: { axis: null, domain: [-1, 1] },
    fy: { domain: labels, label: null, axis: "left", padding: 0.12 },
    marks: [
      ruleY([0], { stroke: "var(--line)" }),
      areaY(rows, { x: "step", y1: "low", y2: "high", fy: "layer", fill: C1, fillOpacity: 0.16 }),
      areaY(rows, { x: "step", y1: "lower", y2: "upper", fy: "layer", fill: C1, fillOpacity: 0.32 }),
      lineY(rows, { x: "step", y: "middle", fy: "layer", stroke: C1, strokeWidth: 1.6 }),
    ],
  }))
  return {
    section: "layers",
    title: "Outputs over time",
    says: "Between which values 90 % (light) and 50 % (dark) of each layer's outputs lie, and their median, step by step; each strip on its own scale, with 0 in its middle.",
    svg,
    key: [],
    table: {
      head: ["layer", "step", "5 %", "25 %", "median", "75 %", "95 %"],
      rows: seen.flatMap((layer) =>
        [0, steps.length >> 1, steps.length - 1].map((i) => [
          labelOf(layer),
          steps[i]!,
          ...layer.quantiles![i]!,
        ]),
      ),
    },
  }
}

/** The share of saturated arguments by layer, where there are any. */
async function saturationFigure(
  layers: readonly LayerRow[],
  steps: readonly number[],
): Promise<Figure | null> {
  const seen = layers.filter(({ saturated }) => saturated?.some((share) => share > 0.005))
  if (seen.length === 0 || steps.length < 2) return null
  const rows = seen.flatMap((layer, depth) =>
    steps.map((step, i) => ({
      step,
      share: 100 * layer.saturated![i]!,
      stroke: depthColour(depth, seen.length),
      depth,
    })),
  )
  const svg = await drawnFor(({ line, ruleY }) => ({
    x: { ...axis("step"), ticks: 5, tickFormat: tick },
    y: { label: null, domain: [0, 100], ticks: 5, grid: true, tickFormat: (value: number) => `${value} %` },
    color: { type: "identity" },
    marks: [
      ruleY([0]),
      line(rows, { x: "step", y: "share", z: "depth", stroke: "stroke", strokeWidth: 1.8 }),
    ],
  }))
  const worst = seen.reduce((a, b) => (b.saturated!.at(-1)! > a.saturated!.at(-1)! ? b : a))
  return {
    section: "layers",
    title: "Saturated arguments",
    says: `Share of arguments where the activation function is flat, by its own definition; of a ReLU these are the negative ones, and about half is usual. Most at the end: ${percent(worst.saturated!.at(-1)!)} in ${labelOf(worst)}.`,
    svg,
    key: seen.length > 1 ? depthKey : [],
    table: {
      head: ["layer", "share at first", "share at last", "dead units"],
      rows: seen.map((layer) => [
        labelOf(layer),
        percent(layer.saturated![0]!),
        percent(layer.saturated!.at(-1)!),
        layer.dead === undefined ? null : `${layer.dead[0]} of ${layer.dead[1]}`,
      ]),
    },
  }
}

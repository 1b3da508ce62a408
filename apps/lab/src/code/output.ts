import type { Graph, Tensor } from "nabla"
import { graphOf, Tensor as TensorClass } from "nabla"
import type { Observation } from "nabla/diagnostics"
import type { HistogramHistory, LayerTable, ScriptProblem, View } from "./view.ts"

/** How often the page is told, in milliseconds. */
const PERIOD = 120
const POINTS = 2000
const LINES = 500
const HISTOGRAMS = 60
/** Of a histogram at most. */
const BINS = 40
/** A picture of more nodes shows nothing. */
const NODES = 150

/** What a curve takes. */
type Recorded = number | Tensor

/** A curve of any length in bounded room: beyond it every second point goes, and only every second one is kept. */
class Curve {
  private points: [number, number][] = []
  private last: [number, number] | null = null
  private stride = 1
  private count = 0

  add(value: number): void {
    this.last = [++this.count, value]
    if ((this.count - 1) % this.stride !== 0) return
    this.points.push(this.last)
    if (this.points.length <= POINTS) return
    this.points = this.points.filter((_, i) => i % 2 === 0)
    this.stride *= 2
  }

  all(): (readonly [number, number])[] {
    return this.last === null || this.points.at(-1) === this.last ? this.points : [...this.points, this.last]
  }
}

/** What a script shows: the functions that it can call, and what they have gathered. */
export class Output {
  private readonly curves = new Map<string, Curve>()
  private lines: string[] = []
  private dropped = 0
  private readonly histograms = new Map<string, { taken: number; rows: HistogramHistory["rows"][number][] }>()
  private graph: Graph | null = null
  private layers: LayerTable | null = null
  private readonly began = performance.now()
  private shown = this.began
  private readonly show: (view: View) => void

  constructor(show: (view: View) => void) {
    this.show = show
  }

  /** What stands in a script's scope, besides what it imports. */
  readonly functions = {
    record: (name: string | Readonly<Record<string, Recorded>>, value?: Recorded): void => {
      const all = typeof name === "string" ? { [name]: value } : name
      for (const [key, it] of Object.entries(all)) this.record(key, it)
      this.tell()
    },
    print: (...values: unknown[]): void => {
      this.lines.push(values.map(written).join(" ").slice(0, 2000))
      if (this.lines.length > LINES) this.dropped += this.lines.splice(0, this.lines.length - LINES).length
      this.tell()
    },
    histogram: (name: string, values: Tensor | ArrayLike<number>): void => {
      this.addHistogram(String(name), values instanceof TensorClass ? numbersOf(values) : Array.from(values))
      this.tell()
    },
    drawGraph: (
      output: Tensor | readonly Tensor[],
      level: "user" | "primitive" | "kernel" = "user",
    ): void => {
      const graph = graphOf(output, { level })
      if (graph.nodes.length <= NODES) this.graph = graph
      else this.functions.print(`the graph has ${graph.nodes.length} nodes: more than ${NODES} are not drawn`)
      this.tell()
    },
    observe: (observation: Observation | null): void => {
      if (observation !== null && observation !== undefined) this.layers = tableOf(observation)
      this.tell()
    },
  }

  view(state: View["state"], problem: ScriptProblem | null = null): View {
    return {
      series: [...this.curves].map(([name, curve]) => ({ name, points: curve.all() })),
      lines: this.lines,
      dropped: this.dropped,
      histograms: [...this.histograms].map(([name, { rows }]) => ({ name, rows })),
      graph: this.graph,
      layers: this.layers,
      state,
      seconds: (performance.now() - this.began) / 1000,
      problem,
    }
  }

  private record(name: string, value: unknown): void {
    const number = value instanceof TensorClass ? Number(value.itemSync()) : value
    if (typeof number !== "number")
      throw new TypeError(
        `record("${name}", …) takes a number or a tensor of one value, not ${typeof number}`,
      )
    let curve = this.curves.get(name)
    if (curve === undefined) {
      if (this.curves.size >= 24) throw new RangeError("record takes at most 24 names")
      curve = new Curve()
      this.curves.set(name, curve)
    }
    curve.add(number)
  }

  private addHistogram(name: string, values: readonly number[]): void {
    const finite = values.filter(Number.isFinite)
    const [min, max] = finite.reduce(
      ([low, high], it) => [Math.min(low, it), Math.max(high, it)],
      [Infinity, -Infinity],
    )
    const kept = this.histograms.get(name) ?? { taken: 0, rows: [] }
    if (!this.histograms.has(name) && this.histograms.size >= 8)
      throw new RangeError("histogram takes at most 8 names")
    this.histograms.set(name, kept)
    const step = ++kept.taken
    if (finite.length === 0) return
    // Rice's rule.
    const bins = Math.min(BINS, Math.ceil(2 * Math.cbrt(finite.length)))
    const counts = new Array<number>(bins).fill(0)
    const width = (max - min) / bins || 1
    for (const it of finite) counts[Math.min(bins - 1, Math.floor((it - min) / width))]!++
    kept.rows.push({ step, min, max: min + width * bins, counts })
    if (kept.rows.length > HISTOGRAMS) kept.rows = kept.rows.filter((_, i) => i % 2 === 1)
  }

  /** A script that never waits is followed as well: what is posted leaves the Worker at once. */
  private tell(): void {
    const now = performance.now()
    if (now - this.shown < PERIOD) return
    this.shown = now
    this.show(this.view("running"))
  }
}

const numbersOf = (t: Tensor): number[] => Array.from(t.dataSync(), Number)

function tableOf({ step, layers, parameters }: Observation): LayerTable {
  return {
    step,
    rows: layers.map(({ path, type, output, gradient }) => ({
      layer: path === "" ? type : `${path} (${type})`,
      output: output.rms,
      gradient: gradient?.rms ?? null,
      updateRatio: parameters.find((it) => it.path === `${path}.weight`)?.updateRatio ?? null,
    })),
  }
}

function written(value: unknown): string {
  if (typeof value === "string") return value
  if (value instanceof Error) return value.message
  if (value instanceof TensorClass || typeof value === "function") return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}

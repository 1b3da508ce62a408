import { Generator, nn, randn, type Tensor } from "nabla"
import { type ActivationAnalysis, analyzeActivation, gradientSlope, instrument } from "nabla/diagnostics"
import { histogram } from "../../charts/histogram.ts"
import type { Session } from "../../engine/protocol.ts"
import { type Activation, activationOf, evaluate } from "./activations.ts"
import { BATCH, NETS, type Values } from "./controls.ts"
import { type Expected, expected, spreadOfSquare } from "./theory.ts"

const REACH = 6
const SAMPLES = 16_384
const BINS = 60

interface Bins {
  readonly from: number
  readonly step: number
  readonly counts: readonly number[]
}

/** An activation function in nets, and by itself. */
export interface Side {
  readonly name: string
  readonly analysis: ActivationAnalysis
  /** n times the variance of a weight. */
  readonly gain: number
  /** Root mean square of the sums in the first layer, over all nets. */
  readonly size: number
  /** By the law; null while it is being computed. */
  readonly expected: Expected | null
  /** Of each net: the gradient's root mean square at the sums of each layer, over that of the last. */
  readonly gradients: readonly (readonly number[])[]
  /** Of each net: the share of dead units in each layer. */
  readonly dead: readonly (readonly number[])[]
}

export interface View {
  readonly curve: readonly { readonly x: number; readonly f: number; readonly slope: number }[]
  readonly point: { readonly f: number; readonly slope: number }
  /** Arguments drawn from N(0, σ²), what becomes of them, and the slopes there. */
  readonly sample: {
    readonly count: number
    readonly mean: number
    readonly square: number
    /** Standard deviation of f(z)², by an integral. */
    readonly spread: number
    readonly saturated: number
    readonly bins: { readonly argument: Bins; readonly value: Bins; readonly slope: Bins }
  }
  readonly sides: readonly [Side, Side]
  /** Whether all nets have been looked at. */
  readonly done: boolean
}

const average = (values: Float64Array, of: (x: number) => number): number =>
  values.reduce((sum, x) => sum + of(x), 0) / values.length

function curveOf(f: Activation): View["curve"] {
  const x = Float64Array.from({ length: 481 }, (_, i) => -REACH + i / 40)
  const { values, slopes } = evaluate(f, x)
  return Array.from(x, (at, i) => ({ x: at, f: values[i]!, slope: slopes[i]! }))
}

function pointOf(f: Activation, x: number): View["point"] {
  const { values, slopes } = evaluate(f, Float64Array.of(x))
  return { f: values[0]!, slope: slopes[0]! }
}

function sampleOf(f: Activation, sigma: number, seed: number): View["sample"] {
  const generator = new Generator(seed)
  const z = Float64Array.from(randn([SAMPLES], { generator, dtype: "float64" }).mul(sigma).dataSync())
  const { values, slopes } = evaluate(f, z)
  const reach = Math.min(REACH, Math.max(1.5, 3 * sigma))
  const bins = (numbers: Float64Array): Bins => histogram(numbers, [-reach, reach], BINS)
  return {
    count: SAMPLES,
    mean: average(values, (y) => y),
    square: average(values, (y) => y * y),
    spread: spreadOfSquare(f, sigma),
    saturated: average(slopes, (slope) => (Math.abs(slope) < 0.01 ? 1 : 0)),
    bins: { argument: bins(z), value: bins(values), slope: bins(slopes) },
  }
}

/** A layer of its own, so that its activation is told apart from those of the others. */
class Layer extends nn.Module {
  readonly linear: nn.Linear
  private readonly f: Activation

  constructor(width: number, f: Activation) {
    super()
    this.linear = nn.linear(width, width, { dtype: "float64", bias: false })
    this.f = f
  }

  override forward(x: Tensor): Tensor {
    return this.f(this.linear.forward(x))
  }
}

/** Draws nets and looks at them, with a gradient at the output that is drawn as well: that of no loss in particular. */
class Nets {
  private readonly model: nn.Sequential
  private readonly probe: ReturnType<typeof instrument>
  private readonly std: number
  private readonly values: Values

  constructor(f: Activation, gain: number, values: Values) {
    const { width, depth, broken } = values
    this.values = values
    this.model = nn.sequential(...Array.from({ length: depth }, () => new Layer(width, f)))
    this.probe = instrument(this.model, { every: 1 })
    // Broken on purpose: the weights are not of the scale that the law is told.
    this.std = Math.sqrt(gain / width) * (broken ? 2 : 1)
  }

  async look(net: number): Promise<{ size: number; gradients: number[]; dead: number[] }> {
    const { width, sigma, seed } = this.values
    // The same for both activations, so that they differ in nothing else.
    const generator = new Generator(1000 * net + seed)
    nn.init.initialize(this.model, (weight) => nn.init.normal_(weight, { std: this.std, generator }))
    const x = randn([BATCH, width], { generator, dtype: "float64" }).mul(sigma)
    const y = this.model.forward(x)
    y.mul(randn([BATCH, width], { generator, dtype: "float64" }))
      .sum()
      .backward()
    const seen = (await this.probe.after())!
    const { values } = gradientSlope(seen)
    return {
      size: seen.layers.find(({ kind }) => kind === "layer")!.output.rms,
      gradients: values.map((value) => value / values.at(-1)!),
      dead: seen.layers
        .filter(({ kind }) => kind === "activation")
        .map(({ deadUnits = 0 }) => deadUnits / width),
    }
  }

  end(): void {
    this.probe.detach()
  }
}

/** With one net more. */
function joined(side: Side, { size, gradients, dead }: Awaited<ReturnType<Nets["look"]>>): Side {
  const before = side.gradients.length
  return {
    ...side,
    size: Math.sqrt((before * side.size ** 2 + size ** 2) / (before + 1)),
    gradients: [...side.gradients, gradients],
    dead: [...side.dead, dead],
  }
}

/** What a weight's variance is, times n. */
const gains: Readonly<Record<string, (analysis: ActivationAnalysis) => number>> = {
  xavierNormal: () => 1,
  heNormal: () => 2,
  fitted: ({ suggestedGain }) => suggestedGain ** 2,
}

/** Analyses of late: most changes of a control leave them as they are. */
const analyses = new Map<string, ActivationAnalysis>()

async function analysisOf(name: string, { sigma, slope }: Values): Promise<ActivationAnalysis> {
  const key = `${name} ${sigma} ${slope}`
  const found =
    analyses.get(key) ??
    (await analyzeActivation(activationOf(name, slope), { sigmas: [sigma], cost: false }))
  if (analyses.size > 50) analyses.clear()
  analyses.set(key, found)
  return found
}

async function sideOf(name: string, scheme: string, values: Values): Promise<Side> {
  const analysis = await analysisOf(name, values)
  return { name, analysis, gain: gains[scheme]!(analysis), size: 0, expected: null, gradients: [], dead: [] }
}

function predict(side: Side, { sigma, slope, depth, width }: Values): Side {
  const { name, analysis, gain } = side
  const net = { f: activationOf(name, slope), flat: analysis.flat, gain, sigma, depth, width, batch: BATCH }
  return { ...side, expected: expected(net) }
}

/** Measured once for each function, since it takes a moment and depends on the machine alone. */
const costs = new Map<string, ActivationAnalysis["cost"]>()

async function withCost(side: Side, { slope }: Values): Promise<Side> {
  const { name, analysis } = side
  if (!costs.has(name)) costs.set(name, (await analyzeActivation(activationOf(name, slope))).cost)
  return { ...side, analysis: { ...analysis, cost: costs.get(name)! } }
}

/** The last run that came to its end: while the dot is dragged, nothing else changes. */
let last: { readonly key: string; readonly view: View } | null = null

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { activation, scheme, other, otherScheme, point, sigma, slope, seed } = values
  const f = activationOf(activation, slope)
  const key = JSON.stringify({ ...values, point: 0 })
  if (last?.key === key) {
    yield { ...last.view, point: pointOf(f, point) }
    return
  }
  const sides: [Side, Side] = [
    await sideOf(activation, scheme, values),
    await sideOf(other, otherScheme, values),
  ]
  const fixed = { curve: curveOf(f), point: pointOf(f, point), sample: sampleOf(f, sigma, seed) }
  const view = (done: boolean): View => ({ ...fixed, sides: [...sides], done })
  yield view(false)
  for (const i of [0, 1] as const) {
    if (signal.aborted) return
    sides[i] = predict(sides[i], values)
    yield view(false)
  }
  const nets = sides.map(({ name, gain }) => new Nets(activationOf(name, slope), gain, values))
  try {
    for (let net = 0; net < NETS; net++) {
      for (const i of [0, 1] as const) {
        if (signal.aborted) return
        sides[i] = joined(sides[i], await nets[i]!.look(net))
        yield view(net === NETS - 1 && i === 1)
      }
    }
  } finally {
    // Also when the session ends early: probes listen to all activations.
    for (const drawn of nets) drawn.end()
  }
  if (signal.aborted) return
  for (const i of [0, 1] as const) sides[i] = await withCost(sides[i], values)
  last = { key, view: view(true) }
  yield last.view
}

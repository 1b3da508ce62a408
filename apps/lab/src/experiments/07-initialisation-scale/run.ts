import { Generator, nn, randn, type Tensor, zeros } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { NETS } from "./controls.ts"
import { FLAT } from "./theory.ts"

const BATCH = 48
const BINS = 40

export interface Layer {
  /** Root mean squares over all nets: of the activations, and of the gradients at the layer's sums. */
  readonly size: number
  readonly gradient: number
  readonly saturated: number
  /** Counts of the first net's activations. */
  readonly counts: readonly number[]
  readonly from: number
  readonly step: number
}

export interface View {
  readonly layers: readonly Layer[]
  readonly nets: number
  readonly done: boolean
}

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  tanh: (x) => x.tanh(),
  relu: (x) => x.relu(),
  sigmoid: (x) => x.sigmoid(),
  linear: (x) => x,
}

/** As everywhere in nabla, an initialiser fills a tensor and gives it back. */
const initialisers: Readonly<Record<string, (w: Tensor, std: number, generator: Generator) => Tensor>> = {
  normal: (w, std, generator) => nn.init.normal_(w, { std, generator }),
  xavierNormal: (w, _, generator) => nn.init.xavierNormal_(w, { generator }),
  xavierSimplified: (w, _, generator) => nn.init.xavierSimplified_(w, { generator }),
  heNormal: (w, _, generator) => nn.init.kaimingNormal_(w, { generator }),
  orthogonal: (w, _, generator) => nn.init.orthogonal_(w, { generator }),
}

/** One net: activations and gradients of each layer, as numbers. */
function look(values: Values, generator: Generator): { outputs: Float64Array[]; slopes: Float64Array[] } {
  const { scheme, sigma, activation, depth, width, broken } = values
  const f = activations[activation]!
  const how = scheme === "gaussian" ? "normal" : scheme
  const weights = Array.from({ length: depth }, () => {
    const weight = initialisers[how]!(zeros([width, width], { dtype: "float64" }), sigma, generator)
    // Broken on purpose: the weights are not of the scale that the scheme says.
    return broken ? weight.mul(2) : weight
  })
  let x = randn([BATCH, width], { generator, dtype: "float64" })
  const outputs: Tensor[] = []
  const sums: Tensor[] = []
  for (const weight of weights) {
    // Zeros that the sums depend on, so that the gradient there can be read.
    const offset = zeros([BATCH, width], { dtype: "float64", requiresGrad: true })
    sums.push(offset)
    x = f(x.matmul(weight.t()).add(offset))
    outputs.push(x)
  }
  // The gradient at the last sums is drawn at random: that of no loss in particular.
  const given = randn([BATCH, width], { generator, dtype: "float64" })
  const before = outputs.at(-2) ?? null
  const end = before === null ? x : before.matmul(weights.at(-1)!.t()).add(sums.at(-1)!)
  end.mul(given).sum().backward()
  return {
    outputs: outputs.map((output) => Float64Array.from(output.dataSync() as Float64Array)),
    slopes: sums.map(({ grad }) => Float64Array.from(grad!.dataSync() as Float64Array)),
  }
}

const square = (values: Float64Array): number => values.reduce((sum, x) => sum + x * x, 0) / values.length

/** Whether a unit with this output has next to no slope. */
const flat: Readonly<Record<string, (y: number) => boolean>> = {
  tanh: (y) => 1 - y * y < FLAT,
  sigmoid: (y) => 4 * y * (1 - y) < FLAT,
  relu: (y) => y === 0,
  linear: () => false,
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const generator = new Generator(values.seed)
  const { depth, activation } = values
  const sums = Array.from({ length: depth }, () => ({ size: 0, gradient: 0, saturated: 0 }))
  const bins: Pick<Layer, "counts" | "from" | "step">[] = []
  for (let net = 1; net <= NETS && !signal.aborted; net++) {
    const { outputs, slopes } = look(values, generator)
    for (const [i, output] of outputs.entries()) {
      sums[i]!.size += square(output)
      sums[i]!.gradient += square(slopes[i]!)
      sums[i]!.saturated +=
        output.reduce((count, y) => count + (flat[activation]!(y) ? 1 : 0), 0) / output.length
      if (net === 1) bins.push(histogramOf(output, activation))
    }
    yield {
      layers: sums.map(({ size, gradient, saturated }, i) => ({
        size: Math.sqrt(size / net),
        gradient: Math.sqrt(gradient / net),
        saturated: saturated / net,
        ...bins[i]!,
      })),
      nets: net,
      done: net === NETS,
    }
  }
}

/** On the stretch that the activation can reach, so that layers can be compared. */
function histogramOf(values: Float64Array, activation: string): Pick<Layer, "counts" | "from" | "step"> {
  const bounded: Record<string, [number, number]> = { tanh: [-1, 1], sigmoid: [0, 1], relu: [0, 3] }
  const [low, high] = bounded[activation] ?? [-3, 3]
  const step = (high - low) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of values) {
    counts[Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / step)))]!++
  }
  return { counts, from: low, step }
}

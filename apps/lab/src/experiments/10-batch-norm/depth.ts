import { Generator, nn, noGrad, randn, stack, type Tensor, variance } from "nabla"
import { histogram } from "../../charts/histogram.ts"
import type { Values } from "./controls.ts"
import { blockOf, FLOAT } from "./layers.ts"

export interface Depth {
  readonly sigma: number
  /** Standard deviations over units and batch, layer after layer. */
  readonly normed: readonly number[]
  readonly plain: readonly number[]
  /** Mean over the last layer's units of v/(v + ε), with v the variance that its norm has seen. */
  readonly share: number
}

export interface Ridge {
  readonly name: string
  readonly from: number
  readonly step: number
  readonly counts: readonly number[]
}

/** The outputs of each layer of a net with weights of that size: the same draws for every size. */
function outputs(values: Values, sigma: number): { layers: Tensor[]; share: Tensor | null } {
  const { width, depth, batch, seed, epsilon, placement } = values
  const generator = new Generator(seed)
  let x = randn([batch, width], { ...FLOAT, generator })
  const layers: Tensor[] = []
  let share: Tensor | null = null
  for (let layer = 0; layer < depth; layer++) {
    const { linear, norm, whole } = blockOf(values, width)
    nn.init.normal_(linear.weight, { std: sigma, generator })
    norm?.registerForwardHook((_, [input]) => {
      const v = variance(input as Tensor, 0, { correction: 0 })
      share = v.div(v.add(epsilon)).mean()
    })
    x = whole.forward(x)
    layers.push(x)
  }
  return { layers, share: placement === "after" ? share : null }
}

const spreads = (layers: readonly Tensor[]): number[] =>
  Array.from(
    stack(layers.map((layer) => variance(layer, undefined, { correction: 0 }).sqrt())).dataSync(),
    Number,
  )

/** Nets with and without batch norm, and histograms of the one that is set. */
export function depthOf(values: Values, sigma: number): { depth: Depth; ridges: readonly Ridge[] } {
  return noGrad(() => {
    const normed = outputs({ ...values, norm: true }, sigma)
    const plain = outputs({ ...values, norm: false }, sigma)
    const depth = {
      sigma,
      normed: spreads(normed.layers),
      plain: spreads(plain.layers),
      share: normed.share?.itemSync() ?? 1,
    }
    return { depth, ridges: ridgesOf(values, (values.norm ? normed : plain).layers) }
  })
}

function ridgesOf({ depth, placement, norm, gamma, beta }: Values, layers: readonly Tensor[]): Ridge[] {
  const reach = norm && placement === "after" ? 3.5 * gamma + Math.abs(beta) : 1
  const shown = Math.min(depth, 10)
  return Array.from({ length: shown }, (_, i) => {
    const layer = Math.round((i * (depth - 1)) / (shown - 1))
    const values = layers[layer]!.dataSync() as Float64Array
    return { name: `layer ${layer + 1}`, ...histogram(values, [-reach, reach], 40) }
  })
}

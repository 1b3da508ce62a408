import { cat, Generator, nn, type Tensor, tensor } from "nabla"
import type { Activation, Norm as NormName, Values } from "../state.ts"
import { activationsOf, dropoutOf, hiddenSizes, normsOf } from "../state.ts"

const f64 = { dtype: "float64" } as const

const activations: Readonly<Record<Activation, (x: Tensor) => Tensor>> = {
  relu: nn.functional.relu,
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  linear: (x) => x,
  leakyRelu: (x) => nn.functional.leakyRelu(x),
  elu: (x) => nn.functional.elu(x),
  selu: (x) => nn.functional.selu(x),
  gelu: (x) => nn.functional.gelu(x),
  silu: (x) => nn.functional.silu(x),
  softplus: (x) => nn.functional.softplus(x),
  mish: (x) => nn.functional.mish(x),
}

type Norm = nn.Module<readonly [Tensor], Tensor>

function normOf(kind: NormName, size: number): Norm {
  if (kind === "batch") return nn.batchNorm1d(size, f64)
  if (kind === "layer") return nn.layerNorm(size, f64)
  return kind === "rms" ? nn.rmsNorm(size, f64) : nn.identity()
}

/** The network on the screen, in double precision. Its last layer has no activation: that belongs to the loss. */
export class Net extends nn.Module {
  readonly layers: nn.ModuleList<nn.Linear>
  /** One for each hidden layer, or none at all. */
  readonly norms: nn.ModuleList<Norm>
  /** What dropout draws from: its state belongs to a snapshot. */
  readonly generator = new Generator()
  private readonly dropout: nn.Dropout | null
  private readonly functions: readonly Activation[]
  private readonly skip: string

  constructor(values: Values, inputs: number, outputs: number) {
    super()
    const hidden = hiddenSizes(values)
    const plain = values.mode === "playground"
    this.skip = plain ? "none" : values.skip
    const more = this.skip === "inputs" ? inputs : 0
    const widths = [inputs, ...hidden]
    this.layers = nn.moduleList(
      [...hidden, outputs].map((size, i) => nn.linear(widths[i]! + (i === 0 ? 0 : more), size, f64)),
    )
    const norms = normsOf(values)
    const some = norms.some((kind) => kind !== "none")
    this.norms = nn.moduleList(some ? norms.map((kind, i) => normOf(kind, hidden[i]!)) : [])
    const p = dropoutOf(values)
    this.dropout = p > 0 ? nn.dropout({ p, generator: this.generator }) : null
    this.functions = activationsOf(values)
  }

  /** The output of every layer. */
  outputs(x: Tensor): Tensor[] {
    const all: Tensor[] = []
    let h = x
    const last = this.layers.length - 1
    for (let i = 0; i <= last; i++) {
      const input = this.skip === "inputs" && i > 0 ? cat([h, x], 1) : h
      let z = this.layers.at(i)!.forward(input)
      if (i < last) {
        z = activations[this.functions[i]!](this.norms.at(i)?.forward(z) ?? z)
        z = this.dropout?.forward(z) ?? z
        if (this.skip === "residual" && i > 0 && z.shape[1] === h.shape[1]) z = z.add(h)
      }
      all.push(z)
      h = z
    }
    return all
  }

  override forward(x: Tensor): Tensor {
    return this.outputs(x).at(-1)!
  }
}

export interface LayerValues {
  /** A row for each unit. */
  readonly weight: Float64Array
  readonly bias: Float64Array
  readonly inputs: number
}

export function layersOf(net: Net): LayerValues[] {
  return [...net.layers].map(({ weight, bias, inFeatures }) => ({
    weight: Float64Array.from(weight.dataSync()),
    bias: Float64Array.from(bias!.dataSync()),
    inputs: inFeatures,
  }))
}

export function setLayers(net: Net, layers: readonly LayerValues[]): void {
  const state: Record<string, Tensor> = {}
  layers.forEach(({ weight, bias, inputs }, i) => {
    state[`layers.${i}.weight`] = tensor(weight, { shape: [bias.length, inputs], ...f64 })
    state[`layers.${i}.bias`] = tensor(bias, f64)
  })
  net.loadStateDict(state, { strict: false })
}

import {
  celu,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logsigmoid,
  mish,
  prelu,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softplus,
  softshrink,
  softsign,
  type Tensor,
  tanh,
  tanhshrink,
  tensor,
  threshold,
} from "nabla"

export type Activation = (x: Tensor) => Tensor

const plain: Readonly<Record<string, Activation>> = {
  sigmoid,
  tanh,
  relu,
  rrelu,
  elu,
  selu,
  celu: (x) => celu(x, { alpha: 2 }),
  softplus,
  silu,
  gelu,
  geluTanh: (x) => gelu(x, { approximate: "tanh" }),
  mish,
  hardswish,
  hardsigmoid,
  hardtanh,
  relu6,
  softsign,
  logsigmoid,
  tanhshrink,
  softshrink,
  threshold: (x) => threshold(x, 0.5, 0),
}

/** nabla's function of this name. The slope is that of the two which have one to choose. */
export function activationOf(name: string, slope: number): Activation {
  if (name === "leakyRelu") return (x) => leakyRelu(x, { negativeSlope: slope })
  if (name === "prelu") {
    const weight = tensor([slope], { dtype: "float64" })
    return (x) => prelu(x, weight)
  }
  return plain[name]!
}

/** Values and derivatives of a function in double precision. */
export function evaluate(f: Activation, at: Float64Array): { values: Float64Array; slopes: Float64Array } {
  const x = tensor(at, { dtype: "float64", shape: [at.length], requiresGrad: true })
  const y = f(x)
  y.sum().backward()
  return { values: y.dataSync() as Float64Array, slopes: x.grad!.dataSync() as Float64Array }
}

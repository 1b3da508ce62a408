import type { Shape } from "../base/index.ts"
import { formatShape, NablaError } from "../base/index.ts"
import type { Generator, RandomOptions, Tensor } from "../tensor/index.ts"
import { full, noGrad, rand, randn } from "../tensor/index.ts"
import { assign } from "./assign.ts"

/**
 * Initialisers give a tensor new values and return it; the trailing underscore says so. They draw from the default
 * generator (see manualSeed) unless one is given.
 */
export interface InitOptions {
  readonly generator?: Generator
}

/** Non-linearities whose gain is known. */
export type Nonlinearity =
  | "linear"
  | "identity"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu"
  | `conv${1 | 2 | 3}d`
  | `conv_transpose${1 | 2 | 3}d`

/**
 * The factor by which weights are scaled so that the activations behind them keep their variance: 1 for linear maps and
 * sigmoid, 5/3 for tanh, √2 for ReLU, √(2/(1 + slope²)) for leaky ReLU (slope: `param`, default 0.01), 3/4 for SELU.
 *
 * @throws NABLA_INVALID_ARGUMENT for a non-linearity that has none
 */
export function calculateGain(nonlinearity: Nonlinearity, param = 0.01): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3
    case "relu":
      return Math.SQRT2
    case "leaky_relu":
      return Math.sqrt(2 / (1 + param * param))
    case "selu":
      return 3 / 4
  }
  if (/^(linear|identity|sigmoid|conv(_transpose)?[123]d)$/.test(nonlinearity)) return 1
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the gain of this non-linearity is not known",
    where: "calculateGain",
    expected: "linear, identity, sigmoid, tanh, relu, leaky_relu, selu, conv1d … conv_transpose3d",
    got: String(nonlinearity),
  })
}

/**
 * How many inputs each output of a layer with this weight sums, and how many outputs each input reaches:
 * [shape[1]·∏shape[2:], shape[0]·∏shape[2:]].
 *
 * @throws NABLA_SHAPE_MISMATCH for fewer than 2 dimensions
 */
export function calculateFanInAndFanOut(tensor: Tensor): [fanIn: number, fanOut: number] {
  return fans(tensor.shape)
}

function fans(shape: Shape): [number, number] {
  const [outputs, inputs, ...kernel] = shape
  if (outputs === undefined || inputs === undefined) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "fan-in and fan-out are those of a weight",
      where: "calculateFanInAndFanOut",
      expected: "at least 2 dimensions: [outputs, inputs, …]",
      got: formatShape(shape),
    })
  }
  const field = kernel.reduce((n, size) => n * size, 1)
  return [inputs * field, outputs * field]
}

/** The same number everywhere. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return assign(tensor, full(tensor.shape, value, { dtype: tensor.dtype }))
}

export function zeros_(tensor: Tensor): Tensor {
  return constant_(tensor, 0)
}

export function ones_(tensor: Tensor): Tensor {
  return constant_(tensor, 1)
}

export interface UniformOptions extends InitOptions {
  /** Lower bound. Default: 0. */
  readonly a?: number
  /** Upper bound. Default: 1. */
  readonly b?: number
}

/** Uniform on [a, b). */
export function uniform_(tensor: Tensor, { a = 0, b = 1, generator }: UniformOptions = {}): Tensor {
  const u = (): Tensor => rand(tensor.shape, randomOptions(tensor, generator))
  return assign(
    tensor,
    noGrad(() =>
      u()
        .mul(b - a)
        .add(a),
    ),
  )
}

export interface NormalOptions extends InitOptions {
  /** Default: 0. */
  readonly mean?: number
  /** Default: 1. */
  readonly std?: number
}

/** Normal with the given mean and standard deviation. */
export function normal_(tensor: Tensor, { mean = 0, std = 1, generator }: NormalOptions = {}): Tensor {
  const z = (): Tensor => randn(tensor.shape, randomOptions(tensor, generator))
  return assign(
    tensor,
    noGrad(() => z().mul(std).add(mean)),
  )
}

function randomOptions({ dtype }: Tensor, generator: Generator | undefined): RandomOptions {
  return generator === undefined ? { dtype } : { dtype, generator }
}

export interface XavierOptions extends InitOptions {
  /** Default: 1; see calculateGain. */
  readonly gain?: number
}

function xavierStd(tensor: Tensor, gain: number): number {
  const [fanIn, fanOut] = fans(tensor.shape)
  return gain * Math.sqrt(2 / (fanIn + fanOut))
}

/** Uniform on ±gain·√(6/(fanIn + fanOut)) (Glorot & Bengio 2010). */
export function xavierUniform_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  return symmetric(tensor, Math.sqrt(3) * xavierStd(tensor, gain), options)
}

/** Normal with standard deviation gain·√(2/(fanIn + fanOut)) (Glorot & Bengio 2010). */
export function xavierNormal_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  return normal_(tensor, { std: xavierStd(tensor, gain), ...options })
}

export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky ReLU on the negative side. Default: 0. */
  readonly a?: number
  /** Which variance stays the same from layer to layer: that of the activations (default) or of the gradients. */
  readonly mode?: "fan_in" | "fan_out"
  /** Default: "leaky_relu". */
  readonly nonlinearity?: Nonlinearity
}

function kaimingStd(
  tensor: Tensor,
  { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions,
): number {
  if (mode !== "fan_in" && mode !== "fan_out") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such mode",
      where: "kaiming initialisation",
      expected: "fan_in | fan_out",
      got: String(mode),
    })
  }
  const [fanIn, fanOut] = fans(tensor.shape)
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut)
}

/** Uniform on ±gain·√(3/fan) (He et al. 2015), with fan and gain by `mode` and `nonlinearity`. */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return symmetric(tensor, Math.sqrt(3) * kaimingStd(tensor, options), options)
}

/** Normal with standard deviation gain/√fan (He et al. 2015), with fan and gain by `mode` and `nonlinearity`. */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, { std: kaimingStd(tensor, options), ...pick(options) })
}

/** He initialisation is Kaiming initialisation: the same man's names. */
export { kaimingNormal_ as heNormal_, kaimingUniform_ as heUniform_ }

function symmetric(tensor: Tensor, bound: number, options: InitOptions): Tensor {
  return uniform_(tensor, { a: -bound, b: bound, ...pick(options) })
}

function pick({ generator }: InitOptions): InitOptions {
  return generator === undefined ? {} : { generator }
}

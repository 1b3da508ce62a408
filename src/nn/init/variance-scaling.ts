import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { InitOptions } from "./distributions.ts"
import { normal_, onlyGenerator, symmetric_ } from "./distributions.ts"
import type { Nonlinearity } from "./gains.ts"
import { calculateGain, fans } from "./gains.ts"

/*
 * Laws that keep the variance of activations, or of gradients, the same from layer to layer. A linear layer multiplies
 * it by fan-in·σ², ReLU by about ½ on top. A uniform law on ±b has σ = b/√3.
 */

export interface XavierOptions extends InitOptions {
  /** Default: 1; see calculateGain. */
  readonly gain?: number
}

function xavierStd(tensor: Tensor, gain: number): number {
  const [fanIn, fanOut] = fans(tensor.shape)
  return gain * Math.sqrt(2 / (fanIn + fanOut))
}

/**
 * Uniform on ±gain·√(6/(fanIn + fanOut)): a compromise between activations and gradients, made for tanh.
 *
 * Paper: Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, PMLR 9.
 */
export function xavierUniform_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  return symmetric_(tensor, Math.sqrt(3) * xavierStd(tensor, gain), options)
}

/** Normal with standard deviation gain·√(2/(fanIn + fanOut)); see xavierUniform_. */
export function xavierNormal_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  return normal_(tensor, { std: xavierStd(tensor, gain), ...onlyGenerator(options) })
}

/**
 * The simplified form of Xavier initialisation: normal with standard deviation gain/√fanIn, which keeps the variance of
 * the activations of linear and tanh layers.
 */
export function xavierSimplified_(tensor: Tensor, { gain = 1, ...options }: XavierOptions = {}): Tensor {
  const [fanIn] = fans(tensor.shape)
  return normal_(tensor, { std: gain / Math.sqrt(fanIn), ...onlyGenerator(options) })
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

/**
 * Uniform on ±gain·√(3/fan), with fan and gain by `mode` and `nonlinearity`: made for rectifiers.
 *
 * Paper: He et al. 2015, Delving Deep into Rectifiers, arXiv:1502.01852v1.
 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return symmetric_(tensor, Math.sqrt(3) * kaimingStd(tensor, options), options)
}

/** Normal with standard deviation gain/√fan, with fan and gain by `mode` and `nonlinearity`; see kaimingUniform_. */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal_(tensor, { std: kaimingStd(tensor, options), ...onlyGenerator(options) })
}

/** He initialisation is Kaiming initialisation: the same man's names. */
export { kaimingNormal_ as heNormal_, kaimingUniform_ as heUniform_ }

/**
 * Uniform on ±√(3/fanIn); with SELU it makes networks that normalise themselves.
 *
 * Papers: LeCun et al. 1998, Efficient BackProp, doi:10.1007/3-540-49430-8_2; Klambauer et al. 2017,
 * arXiv:1706.02515v5.
 */
export function lecunUniform_(tensor: Tensor, options: InitOptions = {}): Tensor {
  return symmetric_(tensor, Math.sqrt(3 / fans(tensor.shape)[0]), options)
}

/** Normal with standard deviation 1/√fanIn; see lecunUniform_. */
export function lecunNormal_(tensor: Tensor, options: InitOptions = {}): Tensor {
  return normal_(tensor, { std: 1 / Math.sqrt(fans(tensor.shape)[0]), ...onlyGenerator(options) })
}

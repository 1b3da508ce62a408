import type { GeluOptions, Tensor } from "../../../tensor/index.ts"
import {
  gelu as geluOf,
  glu as gluOf,
  hardswish as hardswishOf,
  mish as mishOf,
  silu as siluOf,
} from "../../../tensor/index.ts"
import { checkCount, checkNames } from "../../check.ts"
import { maxout as maxoutOf } from "../../functional.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

/**
 * The sigmoid linear unit, also called swish (Hendrycks & Gimpel 2016, arXiv:1606.08415v5; Ramachandran et al. 2017,
 * arXiv:1710.05941v2).
 *
 * silu(x) = x·sigmoid(x)
 *
 * Any shape. Values in [−0.2785, ∞), smallest at x = −1.2785; on the left value and derivative go to 0: |derivative|
 * falls below 0.01 beyond x = −6.26. One exponential and one division an element.
 *
 * @example nn.silu().forward(tensor([0, 1, -20])) // [0, 0.7311, 0]
 */
export class SiLU extends Module {
  override forward(input: Tensor): Tensor {
    return siluOf(input)
  }
}

/**
 * Misra's smooth, non-monotonic unit (Misra 2019, arXiv:1908.08681v3).
 *
 * mish(x) = x·tanh(softplus(x))
 *
 * Any shape. Values in [−0.3089, ∞), smallest at x = −1.1924; on the left value and derivative go to 0: |derivative|
 * falls below 0.01 beyond x = −6.26. Two exponentials, a logarithm and a division an element: the dearest of the smooth
 * rectifiers.
 *
 * @example nn.mish().forward(tensor([0, 1, -20])) // [0, 0.8651, 0]
 */
export class Mish extends Module {
  override forward(input: Tensor): Tensor {
    return mishOf(input)
  }
}

/**
 * The Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415v5).
 *
 * gelu(x) = x·Φ(x), with the distribution function Φ of the standard normal
 *
 * Any shape. Values in [−0.17, ∞), smallest at x = −0.7518; on the left value and derivative go to 0: |derivative| falls
 * below 0.01 beyond x = −3.07. One error function an element; the approximation takes one tanh.
 *
 * @param options approximate "none", or "tanh" for x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), at most 5·10⁻⁴ away
 *
 * @example nn.gelu().forward(tensor([0, 1, -10])) // [0, 0.8413, 0]
 */
export class GELU extends Configured<GeluOptions> {
  constructor(options: GeluOptions = {}) {
    super(options, ["approximate"])
  }

  override forward(input: Tensor): Tensor {
    return geluOf(input, this.options)
  }
}

/**
 * silu with the sigmoid made of straight pieces (Howard et al. 2019, arXiv:1905.02244v5).
 *
 * hardswish(x) = x·min(max(x + 3, 0), 6)/6
 *
 * Any shape. Values in [−0.375, ∞), smallest at x = −1.5; saturates exactly on the left: value and derivative are 0
 * below −3. Two products and two comparisons an element.
 *
 * @example nn.hardswish().forward(tensor([-4, 0, 4])) // [0, 0, 4]
 */
export class Hardswish extends Module {
  override forward(input: Tensor): Tensor {
    return hardswishOf(input)
  }
}

export interface GLUOptions {
  /** Dimension that is halved. Default: -1. */
  readonly dim?: number
}

/**
 * The gated linear unit: one half decides how much of the other passes (Dauphin et al. 2016, arXiv:1612.08083v3).
 *
 * glu(a, b) = a·sigmoid(b), with a and b the halves along a dimension
 *
 * Shapes: [*, 2·n, *] → [*, n, *]. Values in (−∞, ∞); linear in a; closes (derivative below 0.01) beyond b = −4.6. One
 * exponential and one division an element of the result.
 *
 * @param options dim −1
 * @throws NABLA_SHAPE_MISMATCH from forward when the dimension has an odd size
 *
 * @example nn.glu().forward(tensor([3, 0])) // [1.5]
 */
export class GLU extends Configured<GLUOptions> {
  constructor(options: GLUOptions = {}) {
    super(options, ["dim"])
  }

  override forward(input: Tensor): Tensor {
    return gluOf(input, this.options.dim)
  }
}

export interface MaxoutOptions {
  /** Dimension of the features. Default: 1. */
  readonly dim?: number
}

/**
 * The largest of several linear pieces: behind a linear layer with `pieces` times as many outputs it learns a convex
 * function of its input (Goodfellow et al. 2013, arXiv:1302.4389v4).
 *
 * y[i] = max over j of x[i·pieces + j]
 *
 * Shapes: [*, n·pieces, *] → [*, n, *]. Values in (−∞, ∞); never saturates: the derivative goes to the first of equal
 * largest pieces. pieces − 1 comparisons an element of the result.
 *
 * @param pieces how many features share one output
 * @param options dim 1
 * @throws NABLA_SHAPE_MISMATCH from forward when the features cannot be split evenly
 *
 * @example nn.maxout(2).forward(tensor([[1, 5, -2, -3]])) // [[5, -2]]
 */
export class Maxout extends Module {
  readonly pieces: number
  readonly dim: number

  constructor(pieces: number, options: MaxoutOptions = {}) {
    super()
    checkNames("Maxout", options, ["dim"])
    checkCount("Maxout", "pieces", pieces)
    this.pieces = pieces
    this.dim = options.dim ?? 1
  }

  override forward(input: Tensor): Tensor {
    return maxoutOf(input, this.pieces, this.dim)
  }
}

export const silu = (): SiLU => new SiLU()
export const mish = (): Mish => new Mish()
export const gelu = (options?: GeluOptions): GELU => new GELU(options)
export const hardswish = (): Hardswish => new Hardswish()
export const glu = (options?: GLUOptions): GLU => new GLU(options)
export const maxout = (pieces: number, options?: MaxoutOptions): Maxout => new Maxout(pieces, options)

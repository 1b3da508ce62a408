import type { DType } from "../../../base/index.ts"
import { NablaError } from "../../../base/index.ts"
import type { LeakyReluOptions, Tensor } from "../../../tensor/index.ts"
import {
  full,
  leakyRelu as leakyReluOf,
  prelu as preluOf,
  relu6 as relu6Of,
  relu as reluOf,
  rrelu as rreluOf,
  threshold as thresholdOf,
} from "../../../tensor/index.ts"
import { checkCount, checkNames } from "../../check.ts"
import { Module } from "../../module.ts"
import { Parameter } from "../../parameter.ts"
import { Configured } from "../configured.ts"

/**
 * The rectifier.
 *
 * relu(x) = max(x, 0)
 *
 * Any shape. Values in [0, ∞); the derivative is 0 for x ≤ 0, where a unit learns nothing, and 1 above. One comparison
 * an element.
 *
 * @example nn.relu().forward(tensor([-1, 2])) // [0, 2]
 */
export class ReLU extends Module {
  override forward(input: Tensor): Tensor {
    return reluOf(input)
  }
}

/**
 * The rectifier with a ceiling, for arithmetic of low precision (Krizhevsky 2010).
 *
 * relu6(x) = min(max(x, 0), 6)
 *
 * Any shape. Values in [0, 6]; saturates on both sides: the derivative is 1 between 0 and 6, otherwise 0. Two
 * comparisons an element.
 *
 * @example nn.relu6().forward(tensor([-1, 2, 9])) // [0, 2, 6]
 */
export class ReLU6 extends Module {
  override forward(input: Tensor): Tensor {
    return relu6Of(input)
  }
}

/**
 * The rectifier with a small slope on the negative side, so that no unit stops learning (Maas et al. 2013).
 *
 * leakyRelu(x) = x for x > 0, negativeSlope·x otherwise
 *
 * Any shape. Values in (−∞, ∞); never saturates: the derivative is 1 or negativeSlope. One comparison and one product
 * an element.
 *
 * @param options negativeSlope 0.01
 *
 * @example nn.leakyRelu({ negativeSlope: 0.1 }).forward(tensor([-1, 2])) // [-0.1, 2]
 */
export class LeakyReLU extends Configured<LeakyReluOptions> {
  constructor(options: LeakyReluOptions = {}) {
    super(options, ["negativeSlope"])
  }

  override forward(input: Tensor): Tensor {
    return leakyReluOf(input, this.options)
  }
}

export interface PReLUOptions {
  /** 1 slope for all (default), or one for each channel (dimension 1). */
  readonly numParameters?: number
  /** First value of the slopes. Default: 0.25. */
  readonly init?: number
  /** Type of the slopes. Default: float32. */
  readonly dtype?: DType
}

/**
 * The rectifier with learned slopes on the negative side (He et al. 2015, arXiv:1502.01852v1).
 *
 * prelu(x) = x for x > 0, a·x otherwise
 *
 * Shapes: [N, C, *] → the same, with numParameters 1 or C; with 1, any shape. Values in (−∞, ∞); never saturates unless
 * a slope is learned to be 0. One comparison and one product an element. Weight decay pulls it towards relu.
 *
 * @param options numParameters 1, init 0.25, dtype "float32"
 * @throws NABLA_SHAPE_MISMATCH from forward when the slopes do not fit the channels
 *
 * Attributes: `weight` [numParameters], first `init` everywhere.
 *
 * @example nn.prelu().forward(tensor([-4, 2])) // [-1, 2]
 */
export class PReLU extends Module {
  readonly numParameters: number
  weight: Parameter

  constructor(options: PReLUOptions = {}) {
    super()
    checkNames("PReLU", options, ["numParameters", "init", "dtype"])
    const { numParameters = 1, init = 0.25, dtype = "float32" } = options
    checkCount("PReLU", "numParameters", numParameters)
    this.numParameters = numParameters
    this.weight = new Parameter(full([numParameters], init, { dtype }))
  }

  override forward(input: Tensor): Tensor {
    return preluOf(input, this.weight)
  }
}

export interface RReLUOptions {
  /** Smallest slope. Default: ⅛. */
  readonly lower?: number
  /** Largest slope. Default: ⅓. */
  readonly upper?: number
}

/**
 * The rectifier with random slopes on the negative side (Xu et al. 2015, arXiv:1505.00853v2).
 *
 * rrelu(x) = x for x > 0, a·x otherwise
 *
 * In training a is drawn for each element from U(lower, upper); in evaluation it is (lower + upper)/2.
 *
 * Any shape. Values in (−∞, ∞); never saturates. In training one random number an element.
 *
 * @param options lower ⅛, upper ⅓
 *
 * @example nn.rrelu({ lower: 0.2, upper: 0.4 }).eval().forward(tensor([-1, 2])) // [-0.3, 2]
 */
export class RReLU extends Configured<RReLUOptions> {
  constructor(options: RReLUOptions = {}) {
    super(options, ["lower", "upper"])
    const { lower = 1 / 8, upper = 1 / 3 } = options
    if (lower <= upper) return
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the slopes have no range",
      where: "RReLU",
      expected: "lower ≤ upper",
      got: `${lower} and ${upper}`,
    })
  }

  override forward(input: Tensor): Tensor {
    return rreluOf(input, { ...this.options, training: this.training })
  }
}

/**
 * Passes what is above a threshold.
 *
 * f(x) = x for x > threshold, value otherwise
 *
 * Any shape. Values in {value} ∪ (threshold, ∞); the derivative is 0 at the threshold and below, 1 above. One comparison
 * an element.
 *
 * @param threshold what must be exceeded
 * @param value what stands for the rest
 *
 * @example nn.threshold(1, 0).forward(tensor([0.5, 2])) // [0, 2]
 */
export class Threshold extends Module {
  readonly threshold: number
  readonly value: number

  constructor(threshold: number, value: number) {
    super()
    this.threshold = threshold
    this.value = value
  }

  override forward(input: Tensor): Tensor {
    return thresholdOf(input, this.threshold, this.value)
  }
}

export const relu = (): ReLU => new ReLU()
export const relu6 = (): ReLU6 => new ReLU6()
export const leakyRelu = (options?: LeakyReluOptions): LeakyReLU => new LeakyReLU(options)
export const prelu = (options?: PReLUOptions): PReLU => new PReLU(options)
export const rrelu = (options?: RReLUOptions): RReLU => new RReLU(options)
export const threshold = (threshold: number, value: number): Threshold => new Threshold(threshold, value)

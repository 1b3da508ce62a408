import type { ShrinkOptions, Tensor } from "../../../tensor/index.ts"
import {
  hardshrink as hardshrinkOf,
  softshrink as softshrinkOf,
  tanhshrink as tanhshrinkOf,
} from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

/**
 * What tanh takes away.
 *
 * tanhshrink(x) = x − tanh(x)
 *
 * Any shape. Values in (−∞, ∞); flat around 0, where the derivative tanh² is below 0.01 for |x| < 0.1; slope 1 far out.
 * One exponential and one division an element.
 *
 * @example nn.tanhshrink().forward(tensor([0, 10])) // [0, 9]
 */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return tanhshrinkOf(input)
  }
}

/**
 * Pulls towards 0 by a fixed amount: the proximal step of an L1 penalty.
 *
 * softshrink(x) = x − lambd for x > lambd, x + lambd for x < −lambd, 0 between
 *
 * Any shape. Values in (−∞, ∞); dead between the bounds: derivative 0 for |x| ≤ lambd, otherwise 1. Two comparisons an
 * element.
 *
 * @param options lambd 0.5
 *
 * @example nn.softshrink().forward(tensor([-2, 0.3, 2])) // [-1.5, 0, 1.5]
 */
export class Softshrink extends Configured<ShrinkOptions> {
  constructor(options: ShrinkOptions = {}) {
    super(options, ["lambd"])
  }

  override forward(input: Tensor): Tensor {
    return softshrinkOf(input, this.options)
  }
}

/**
 * Sets what is small to 0.
 *
 * hardshrink(x) = x for |x| > lambd, 0 otherwise
 *
 * Any shape. Values in (−∞, ∞) without (−lambd, 0) and (0, lambd); dead between the bounds: derivative 0 for
 * |x| ≤ lambd, otherwise 1. Two comparisons an element.
 *
 * @param options lambd 0.5
 *
 * @example nn.hardshrink().forward(tensor([-2, 0.3, 2])) // [-2, 0, 2]
 */
export class Hardshrink extends Configured<ShrinkOptions> {
  constructor(options: ShrinkOptions = {}) {
    super(options, ["lambd"])
  }

  override forward(input: Tensor): Tensor {
    return hardshrinkOf(input, this.options)
  }
}

export const tanhshrink = (): Tanhshrink => new Tanhshrink()
export const softshrink = (options?: ShrinkOptions): Softshrink => new Softshrink(options)
export const hardshrink = (options?: ShrinkOptions): Hardshrink => new Hardshrink(options)

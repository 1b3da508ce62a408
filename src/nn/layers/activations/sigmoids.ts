import type { HardtanhOptions, Tensor } from "../../../tensor/index.ts"
import {
  hardsigmoid as hardsigmoidOf,
  hardtanh as hardtanhOf,
  logsigmoid as logsigmoidOf,
  sigmoid as sigmoidOf,
  softsign as softsignOf,
  tanh as tanhOf,
} from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

/**
 * The hyperbolic tangent.
 *
 * tanh(x) = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
 *
 * Any shape. Values in (−1, 1), centred; saturates on both sides: the derivative 1 − tanh² falls below 0.01 beyond
 * |x| = 3. One exponential and one division an element.
 *
 * @example nn.tanh().forward(tensor([0, 100])) // [0, 1]
 */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return tanhOf(input)
  }
}

/**
 * The logistic function.
 *
 * sigmoid(x) = 1/(1 + e⁻ˣ)
 *
 * Any shape. Values in (0, 1); saturates on both sides: the derivative is at most ¼ and falls below 0.01 beyond
 * |x| = 4.6. One exponential and one division an element.
 *
 * @example nn.sigmoid().forward(tensor([0])) // [0.5]
 */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return sigmoidOf(input)
  }
}

/**
 * The logarithm of the logistic function, without overflow.
 *
 * logsigmoid(x) = −ln(1 + e⁻ˣ)
 *
 * Any shape. Values in (−∞, 0); saturates on the right: the derivative 1 − sigmoid(x) falls below 0.01 beyond x = 4.6.
 * One exponential and one logarithm an element.
 *
 * @example nn.logSigmoid().forward(tensor([0, -50])) // [-0.6931, -50]
 */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return logsigmoidOf(input)
  }
}

/**
 * The logistic function made of three straight pieces (Courbariaux et al. 2015, arXiv:1511.00363v3).
 *
 * hardsigmoid(x) = min(max(x/6 + ½, 0), 1)
 *
 * Any shape. Values in [0, 1]; saturates exactly: the derivative is 1/6 between −3 and 3, otherwise 0. A product, a sum
 * and two comparisons an element.
 *
 * @example nn.hardsigmoid().forward(tensor([-4, 0, 4])) // [0, 0.5, 1]
 */
export class Hardsigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return hardsigmoidOf(input)
  }
}

/**
 * The hyperbolic tangent made of three straight pieces.
 *
 * hardtanh(x) = min(max(x, minVal), maxVal)
 *
 * Any shape. Values in [minVal, maxVal]; saturates exactly: the derivative is 1 between the bounds, otherwise 0. Two
 * comparisons an element.
 *
 * @param options minVal −1, maxVal 1
 *
 * @example nn.hardtanh().forward(tensor([-2, 0.5, 2])) // [-1, 0.5, 1]
 */
export class Hardtanh extends Configured<HardtanhOptions> {
  constructor(options: HardtanhOptions = {}) {
    super(options, ["minVal", "maxVal"])
  }

  override forward(input: Tensor): Tensor {
    return hardtanhOf(input, this.options)
  }
}

/**
 * A sigmoid with long tails.
 *
 * softsign(x) = x/(1 + |x|)
 *
 * Any shape. Values in (−1, 1); saturates slowly: the derivative 1/(1 + |x|)² falls below 0.01 beyond |x| = 9. One
 * division an element.
 *
 * @example nn.softsign().forward(tensor([-1, 3])) // [-0.5, 0.75]
 */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return softsignOf(input)
  }
}

export const tanh = (): Tanh => new Tanh()
export const sigmoid = (): Sigmoid => new Sigmoid()
export const logSigmoid = (): LogSigmoid => new LogSigmoid()
export const hardsigmoid = (): Hardsigmoid => new Hardsigmoid()
export const hardtanh = (options?: HardtanhOptions): Hardtanh => new Hardtanh(options)
export const softsign = (): Softsign => new Softsign()

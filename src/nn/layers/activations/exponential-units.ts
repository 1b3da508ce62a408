import type { EluOptions, SoftplusOptions, Tensor } from "../../../tensor/index.ts"
import {
  celu as celuOf,
  elu as eluOf,
  selu as seluOf,
  softplus as softplusOf,
} from "../../../tensor/index.ts"
import { Module } from "../../module.ts"
import { Configured } from "../configured.ts"

/**
 * The exponential linear unit: negative values bring the mean of activations nearer to 0 (Clevert et al. 2015,
 * arXiv:1511.07289v5).
 *
 * elu(x) = x for x > 0, alpha·(eˣ − 1) otherwise
 *
 * Any shape. Values in (−alpha, ∞); saturates on the left: the derivative alpha·eˣ falls below 0.01 beyond x = −4.6
 * (for alpha 1). One exponential an element.
 *
 * @param options alpha 1
 *
 * @example nn.elu().forward(tensor([-100, 2])) // [-1, 2]
 */
export class ELU extends Configured<EluOptions> {
  constructor(options: EluOptions = {}) {
    super(options, ["alpha"])
  }

  override forward(input: Tensor): Tensor {
    return eluOf(input, this.options)
  }
}

/**
 * The scaled exponential linear unit: with weights of variance 1/fanIn, activations keep mean 0 and variance 1 from
 * layer to layer (Klambauer et al. 2017, arXiv:1706.02515v5).
 *
 * selu(x) = scale·(x for x > 0, alpha·(eˣ − 1) otherwise), scale = 1.0507…, alpha = 1.6733…
 *
 * Any shape. Values in (−1.7581, ∞); saturates on the left: the derivative falls below 0.01 beyond x = −5.2. One
 * exponential an element.
 *
 * @example nn.selu().forward(tensor([-100, 1])) // [-1.7581, 1.0507]
 */
export class SELU extends Module {
  override forward(input: Tensor): Tensor {
    return seluOf(input)
  }
}

/**
 * The exponential linear unit whose derivative is continuous for every alpha (Barron 2017, arXiv:1704.07483v1).
 *
 * celu(x) = max(x, 0) + min(0, alpha·(e^(x/alpha) − 1))
 *
 * Any shape. Values in (−alpha, ∞); saturates on the left: the derivative e^(x/alpha) falls below 0.01 beyond
 * x = −4.6·alpha. One exponential an element.
 *
 * @param options alpha 1
 *
 * @example nn.celu({ alpha: 2 }).forward(tensor([-100, 1])) // [-2, 1]
 */
export class CELU extends Configured<EluOptions> {
  constructor(options: EluOptions = {}) {
    super(options, ["alpha"])
  }

  override forward(input: Tensor): Tensor {
    return celuOf(input, this.options)
  }
}

/**
 * A smooth rectifier.
 *
 * softplus(x) = ln(1 + e^(beta·x))/beta
 *
 * Any shape. Values in (0, ∞); saturates on the left: the derivative sigmoid(beta·x) falls below 0.01 beyond
 * beta·x = −4.6. One exponential and one logarithm an element.
 *
 * @param options beta 1; threshold 20: where beta·x exceeds it, the result is x itself
 *
 * @example nn.softplus().forward(tensor([0, 30])) // [0.6931, 30]
 */
export class Softplus extends Configured<SoftplusOptions> {
  constructor(options: SoftplusOptions = {}) {
    super(options, ["beta", "threshold"])
  }

  override forward(input: Tensor): Tensor {
    return softplusOf(input, this.options)
  }
}

export const elu = (options?: EluOptions): ELU => new ELU(options)
export const selu = (): SELU => new SELU()
export const celu = (options?: EluOptions): CELU => new CELU(options)
export const softplus = (options?: SoftplusOptions): Softplus => new Softplus(options)

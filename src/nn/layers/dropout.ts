import type { Tensor } from "../../tensor/index.ts"
import type { DropoutCallOptions, DropoutOptions } from "../functional.ts"
import {
  alphaDropout as alphaDropoutOf,
  dropout1d as dropout1dOf,
  dropout2d as dropout2dOf,
  dropout3d as dropout3dOf,
  dropout as dropoutOf,
  featureAlphaDropout as featureAlphaDropoutOf,
} from "../functional.ts"
import { Configured } from "./configured.ts"

/** A layer that drops something in training and passes its input in evaluation. */
abstract class Dropping extends Configured<DropoutOptions> {
  constructor(options: DropoutOptions = {}) {
    super(options, ["p", "generator"])
  }

  override forward(input: Tensor): Tensor {
    return this.drop(input, { ...this.options, training: this.training })
  }

  protected abstract drop(input: Tensor, options: DropoutCallOptions): Tensor
}

/**
 * Sets elements to 0 at random, in training, so that no unit can rely on another one (Srivastava et al. 2014, JMLR 15).
 *
 * y = x·m/(1 − p), m ~ Bernoulli(1 − p) for each element; in evaluation y = x
 *
 * Any shape. The expectation of y is x in both modes.
 *
 * @param options p 0.5; generator: draws from it instead of the default one
 * @throws NABLA_INVALID_ARGUMENT from forward when p is no probability
 *
 * @example nn.dropout({ p: 0.2 }).eval().forward(tensor([1, 2])) // [1, 2]
 */
export class Dropout extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return dropoutOf(input, options)
  }
}

/**
 * Dropout of whole channels of a sequence (Tompson et al. 2014, arXiv:1411.4280v3): neighbouring elements say much the
 * same, so that dropping single ones would take away little.
 *
 * y[n, c] = x[n, c]·m/(1 − p), m ~ Bernoulli(1 − p) for each channel
 *
 * Shapes: [N, C, L] or [C, L] → the same.
 *
 * @param options p 0.5, generator
 *
 * @example nn.dropout1d({ p: 1 }).forward(ones([1, 2, 2])) // [[[0, 0], [0, 0]]]
 */
export class Dropout1d extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return dropout1dOf(input, options)
  }
}

/**
 * Dropout of whole channels of an image; see Dropout1d.
 *
 * y[n, c] = x[n, c]·m/(1 − p), m ~ Bernoulli(1 − p) for each channel
 *
 * Shapes: [N, C, H, W] → the same. An input of three dimensions is taken as [N, C, L], as in PyTorch.
 *
 * @param options p 0.5, generator
 *
 * @example nn.dropout2d().forward(ones([8, 4, 5, 5])).shape // [8, 4, 5, 5]
 */
export class Dropout2d extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return dropout2dOf(input, options)
  }
}

/**
 * Dropout of whole channels of a volume; see Dropout1d.
 *
 * y[n, c] = x[n, c]·m/(1 − p), m ~ Bernoulli(1 − p) for each channel
 *
 * Shapes: [N, C, D, H, W] or [C, D, H, W] → the same.
 *
 * @param options p 0.5, generator
 *
 * @example nn.dropout3d().forward(ones([8, 4, 3, 5, 5])).shape // [8, 4, 3, 5, 5]
 */
export class Dropout3d extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return dropout3dOf(input, options)
  }
}

/**
 * Dropout for networks of selu: it keeps mean 0 and variance 1 (Klambauer et al. 2017, arXiv:1706.02515v5).
 *
 * y = a·(x·m + α′·(1 − m)) + b, m ~ Bernoulli(1 − p), α′ = −1.7581 (the limit of selu),
 * a = ((1 − p)·(1 + p·α′²))^(−½), b = −a·p·α′
 *
 * Any shape.
 *
 * @param options p 0.5, generator
 *
 * @example nn.alphaDropout().eval().forward(tensor([1, 2])) // [1, 2]
 */
export class AlphaDropout extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return alphaDropoutOf(input, options)
  }
}

/**
 * AlphaDropout of whole channels.
 *
 * y[n, c] = a·(x[n, c]·m + α′·(1 − m)) + b with one m for each channel, the rest as in AlphaDropout
 *
 * Shapes: [N, C, *] → the same.
 *
 * @param options p 0.5, generator
 *
 * @example nn.featureAlphaDropout().forward(ones([8, 4, 5])).shape // [8, 4, 5]
 */
export class FeatureAlphaDropout extends Dropping {
  protected override drop(input: Tensor, options: DropoutCallOptions): Tensor {
    return featureAlphaDropoutOf(input, options)
  }
}

export const dropout = (options?: DropoutOptions): Dropout => new Dropout(options)
export const dropout1d = (options?: DropoutOptions): Dropout1d => new Dropout1d(options)
export const dropout2d = (options?: DropoutOptions): Dropout2d => new Dropout2d(options)
export const dropout3d = (options?: DropoutOptions): Dropout3d => new Dropout3d(options)
export const alphaDropout = (options?: DropoutOptions): AlphaDropout => new AlphaDropout(options)
export const featureAlphaDropout = (options?: DropoutOptions): FeatureAlphaDropout =>
  new FeatureAlphaDropout(options)

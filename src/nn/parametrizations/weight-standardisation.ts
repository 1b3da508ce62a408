import { checkNames } from "../check.ts"
import { layerNorm } from "../functional.ts"
import type { AnyModule } from "../module.ts"
import { Parameter } from "../parameter.ts"
import type { ParametrizationOptions } from "./parametrize.ts"
import { parameterOf, parametrize, unparametrize } from "./parametrize.ts"

export interface WeightStandardisationOptions extends ParametrizationOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly eps?: number
}

/**
 * Gives the weights of each output mean 0 and variance 1 (Qiao et al. 2019, arXiv:1903.10520v2): for convolutions in
 * front of groupNorm, where batches are small.
 *
 * w[o] = (W[o] − E[W[o]])/√(Var[W[o]] + eps)
 *
 * The parameter `weight` gives way to `weight_orig`. Changes the module, and returns it.
 *
 * @param options name "weight", eps 1e-5
 * @throws NABLA_INVALID_ARGUMENT when the module has no such parameter
 *
 * @example nn.weightStandardisation(nn.conv2d(3, 8, 3)).forward(ones([1, 3, 5, 5])).shape // [1, 8, 3, 3]
 */
export function weightStandardisation<M extends AnyModule>(
  module: M,
  options: WeightStandardisationOptions = {},
): M {
  checkNames("weightStandardisation", options, ["name", "eps"])
  const { name = "weight", eps = 1e-5 } = options
  const weight = parameterOf(module, name, "weightStandardisation")
  parametrize(module, name, {
    kind: "weightStandardisation",
    parts: { orig: new Parameter(weight) },
    compute: (part) => layerNorm(part("orig"), weight.shape.slice(1), { eps }),
  })
  return module
}

/** Makes the weight a plain parameter again, with the value that it has at present. */
export function removeWeightStandardisation<M extends AnyModule>(
  module: M,
  options: ParametrizationOptions = {},
): M {
  unparametrize(module, options.name ?? "weight", "weightStandardisation")
  return module
}

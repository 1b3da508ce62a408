import { normalizeDim } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { div, mul, vectorNorm } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import type { AnyModule } from "../module.ts"
import { Parameter } from "../parameter.ts"
import type { ParametrizationOptions } from "./parametrize.ts"
import { parameterOf, parametrize, unparametrize } from "./parametrize.ts"

export interface WeightNormOptions extends ParametrizationOptions {
  /** Dimension whose slices have a length each; null for one length of the whole. Default: 0, the outputs. */
  readonly dim?: number | null
}

/** Lengths of the slices along a dimension, which stays; or of the whole. */
function lengths(v: Tensor, dim: number | null): Tensor {
  if (dim === null) return vectorNorm(v)
  const at = normalizeDim(dim, v.ndim, "weightNorm")
  const others = v.shape.map((_, i) => i).filter((i) => i !== at)
  return others.length === 0 ? v.abs() : vectorNorm(v, { dim: others, keepdim: true })
}

/**
 * Learns the length and the direction of a weight apart (Salimans & Kingma 2016, arXiv:1602.07868v3).
 *
 * w = g·v/‖v‖
 *
 * The parameter `weight` gives way to `weight_g`, the lengths, and `weight_v`, the directions, PyTorch's names; first
 * they are those of the weight, so that nothing changes. Changes the module, and returns it.
 *
 * @param options name "weight"; dim 0: one length for each output
 * @throws NABLA_INVALID_ARGUMENT when the module has no such parameter
 *
 * @example Object.keys(nn.weightNorm(nn.linear(3, 2)).stateDict()) // ["bias", "weight_g", "weight_v"]
 */
export function weightNorm<M extends AnyModule>(module: M, options: WeightNormOptions = {}): M {
  checkNames("weightNorm", options, ["name", "dim"])
  const { name = "weight", dim = 0 } = options
  const weight = parameterOf(module, name, "weightNorm")
  parametrize(module, name, {
    kind: "weightNorm",
    parts: { g: new Parameter(lengths(weight, dim)), v: new Parameter(weight) },
    compute: (part) => mul(part("v"), div(part("g"), lengths(part("v"), dim))),
  })
  return module
}

/** Makes the weight a plain parameter again, with the value that it has at present. */
export function removeWeightNorm<M extends AnyModule>(module: M, options: ParametrizationOptions = {}): M {
  unparametrize(module, options.name ?? "weight", "weightNorm")
  return module
}

import { NablaError } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { withValues } from "../tensor/index.ts"
import type { Module } from "./module.ts"

/**
 * Calls a module as a function of its parameters and buffers: those that `tensors` names have the given values during
 * the call. Derivatives with respect to the given tensors pass.
 *
 * @throws NABLA_STATE_DICT when the module has no parameter or buffer of one of the names
 *
 * @example
 * const loss = (weight: Tensor) => nn.mse(nn.functionalCall(layer, { weight }, x), y)
 * const slope = grad(loss)(layer.weight)
 */
export function functionalCall<Args extends readonly unknown[], Output>(
  module: Module<Args, Output>,
  tensors: Readonly<Record<string, Tensor>>,
  ...args: Args
): Output {
  const known = new Map<string, Tensor>([...module.namedParameters(), ...module.namedBuffers()])
  const unknown = Object.keys(tensors).filter((name) => !known.has(name))
  if (unknown.length > 0) {
    throw new NablaError("NABLA_STATE_DICT", {
      message: `the module has no parameter or buffer ${unknown.join(", ")}`,
      where: "functionalCall",
      expected: [...known.keys()].join(", "),
    })
  }
  const targets = Object.keys(tensors).map((name) => known.get(name)!)
  return withValues(targets, Object.values(tensors), () => module.forward(...args))
}

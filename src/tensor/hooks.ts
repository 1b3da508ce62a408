import { NablaError } from "../base/index.ts"
import type { Tensor } from "./tensor.ts"
import { hooked } from "./transforms/custom.ts"

/**
 * Calls `hook` with the gradient of this tensor during backward; what it returns, if anything, takes the gradient's
 * place on the way further back. What was computed from the tensor before is not affected.
 *
 * @throws NABLA_NO_GRADIENT for a tensor that no derivative passes through
 */
export function registerHook(input: Tensor, hook: (gradient: Tensor) => Tensor | undefined): void {
  if (!input.node.tracked) {
    throw new NablaError("NABLA_NO_GRADIENT", {
      message: "no gradient passes through this tensor",
      where: "registerHook",
      expected: "a tensor that requires gradients or was computed from one that does",
      got: "a tensor without derivative",
    })
  }
  if (input.requiresGrad) input.gradientHooks = [...(input.gradientHooks ?? []), hook]
  else input.replace(hooked(input, hook))
}

/** Keeps the gradient of a tensor that is no leaf in its `grad`. */
export function retainGrad(input: Tensor): void {
  if (input.requiresGrad) return
  registerHook(input, (gradient) => {
    input.grad = input.grad === null ? gradient : input.grad.add(gradient)
    return undefined
  })
}

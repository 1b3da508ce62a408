/** What the runner needs of nabla's modules. */
import { lookUp, MissingFunction, type Tensor } from "./nabla.ts"

export interface Module {
  parameters(): Iterable<Tensor>
  stateDict(): Record<string, Tensor>
  loadStateDict(state: Record<string, Tensor>): void
  train(on?: boolean): unknown
  eval(): unknown
  zeroGrad(): void
  forward(...args: unknown[]): unknown
  call?(...args: unknown[]): unknown
}

/** Calls a module; with parameters given, as a function of them (PyTorch's `functional_call`). */
export function moduleCall(
  module: Module,
  parameters: ReadonlyMap<string, Tensor>,
  args: unknown[],
): unknown {
  if (parameters.size === 0) return module.call ? module.call(...args) : module.forward(...args)
  const functionalCall = lookUp("nn.functionalCall")
  if (typeof functionalCall !== "function") throw new MissingFunction("nn.functionalCall")
  return functionalCall(module, Object.fromEntries(parameters), ...args)
}

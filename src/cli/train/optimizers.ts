import * as optim from "../../optim/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import { invalidOption } from "../terminal/option-values.ts"
import type { Specification } from "../terminal/specification.ts"
import { checked, lookUp } from "../terminal/specification.ts"

type OptimizerClass = new (params: Tensor[], options?: Readonly<Record<string, unknown>>) => optim.Optimizer

/** An optimizer of the library under the name that the command line knows it by. */
export interface OptimizerEntry {
  readonly name: string
  readonly type: OptimizerClass
}

let known: readonly OptimizerEntry[] | null = null

/** Classes that are optimizers of their own: those that take parameters and options, and nothing else. */
export function optimizers(): readonly OptimizerEntry[] {
  known ??= Object.entries(optim)
    .filter(([, value]) => isOptimizerClass(value))
    .map(([name, value]) => ({ name: name.toLowerCase(), type: value as unknown as OptimizerClass }))
    .filter(({ type }) => tried(type))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return known
}

function isOptimizerClass(value: unknown): boolean {
  // One with more parameters that are needed is put together from others.
  return typeof value === "function" && value.prototype instanceof optim.Optimizer && value.length <= 1
}

/** Abstract classes and wrappers around other optimizers cannot be made of parameters alone. */
function tried(type: OptimizerClass): boolean {
  try {
    return Object.keys(defaultsOf({ type })).length > 0
  } catch {
    return false
  }
}

/** The options of an optimizer with the values that they have when nothing is said. */
export function defaultsOf({ type }: Pick<OptimizerEntry, "type">): Readonly<Record<string, unknown>> {
  const { params: _, ...options } = new type([probe()]).paramGroups[0]!
  return options
}

function probe(): Tensor {
  return tensor([0], { requiresGrad: true })
}

export function findOptimizer(option: string, specification: Specification): OptimizerEntry {
  return lookUp(option, optimizers(), specification)
}

/**
 * An optimizer as the command line asks for it.
 *
 * @param options instead of those that were asked for
 * @throws NABLA_INVALID_OPTION for options that it does not take
 */
export function makeOptimizer(
  option: string,
  specification: Specification,
  params: Tensor[],
  options: Readonly<Record<string, unknown>> = specification.options,
): optim.Optimizer {
  const { type } = findOptimizer(option, specification)
  return checked(option, specification, () => new type(params, options))
}

/** @throws NABLA_INVALID_OPTION for an optimizer that evaluates the loss itself, which a training by batches cannot do */
export function checkSteps(option: string, specification: Specification): void {
  const optimizer = makeOptimizer(option, specification, [probe()])
  try {
    optimizer.step()
  } catch {
    throw invalidOption(option, "an optimizer that needs no closure", specification.name)
  }
}

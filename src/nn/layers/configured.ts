import type { Tensor } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import { Module } from "../module.ts"

/** A layer that is a function with fixed options. */
export abstract class Configured<
  Options extends object,
  Args extends readonly unknown[] = readonly [Tensor],
  Output = Tensor,
> extends Module<Args, Output> {
  readonly options: Options

  /** @throws NABLA_INVALID_ARGUMENT for an option that is not among `known` */
  constructor(options: Options, known: readonly (keyof Options & string)[]) {
    super()
    checkNames(new.target.name, options, known)
    this.options = options
  }
}

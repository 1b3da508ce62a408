import { NablaError } from "../../base/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup } from "../groups.ts"
import type { OptionTable } from "../optimizer.ts"
import type { Rules } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"

/**
 * An optimizer made of another one. It takes over the other's groups and their options, and adds its own; from then on
 * the wrapper is stepped, and options are changed in its `paramGroups`. State that the inner optimizer has already is
 * left behind.
 */
export abstract class Wrapper<O extends BaseOptions> extends ChainedOptimizer<O> {
  protected readonly inner: ChainedOptimizer
  override readonly structural: readonly string[]

  constructor(
    name: string,
    inner: ChainedOptimizer,
    defaults: Omit<Required<O>, keyof BaseOptions>,
    rules: Rules<O>,
  ) {
    if (!(inner instanceof ChainedOptimizer) || inner.needsClosure) throw unfit(name, inner)
    const table = {
      defaults: { ...inner.table.defaults, ...defaults },
      rules: { ...inner.table.rules, ...rules },
    }
    super(inner.paramGroups as unknown as ParameterGroup<O>[], {}, table as unknown as OptionTable<O>)
    this.inner = inner
    this.structural = inner.structural
  }

  override transform(group: ParameterGroup<O>): GradientTransform {
    return this.inner.transform(group)
  }
}

function unfit(name: string, inner: unknown): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "this cannot be wrapped",
    where: name,
    expected: "an optimizer that is a chain of transforms, such as SGD or Adam",
    got:
      inner instanceof ChainedOptimizer ? `${inner.constructor.name}, which needs a closure` : typeof inner,
  })
}

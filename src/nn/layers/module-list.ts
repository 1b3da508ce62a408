import { AnyModule } from "../module.ts"

/**
 * Modules in a list, for a forward of one's own that goes through them. It has no forward itself.
 *
 * Its parts are named by their numbers, as in PyTorch: `0.weight`, `2.bias`.
 *
 * @example
 * class Deep extends nn.Module {
 *   layers = nn.moduleList(Array.from({ length: 5 }, () => nn.linear(8, 8)))
 *   forward(x: Tensor): Tensor {
 *     let h = x
 *     for (const layer of this.layers) h = layer.forward(h).tanh()
 *     return h
 *   }
 * }
 */
export class ModuleList<M extends AnyModule = AnyModule> extends AnyModule implements Iterable<M> {
  readonly list: M[]

  constructor(modules: Iterable<M> = []) {
    super()
    this.list = [...modules]
  }

  protected override members(): Iterable<readonly [string, unknown]> {
    return this.list.map((module, i) => [String(i), module] as const)
  }

  get length(): number {
    return this.list.length
  }

  /** The module at a place; negative places count from the end. */
  at(index: number): M | undefined {
    return this.list.at(index)
  }

  push(...modules: M[]): this {
    this.list.push(...modules)
    return this
  }

  [Symbol.iterator](): Iterator<M> {
    return this.list[Symbol.iterator]()
  }
}

export function moduleList<M extends AnyModule>(modules: Iterable<M> = []): ModuleList<M> {
  return new ModuleList(modules)
}

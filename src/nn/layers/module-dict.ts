import { NablaError } from "../../base/index.ts"
import type { Members } from "../module.ts"
import { AnyModule } from "../module.ts"
import type { Parameter } from "../parameter.ts"

type Entries<T> = Readonly<Record<string, T>> | Iterable<readonly [string, T]>

function isIterable<T>(entries: Entries<T>): entries is Iterable<readonly [string, T]> {
  return Symbol.iterator in entries
}

/** What is held by name; the names are those in state dictionaries. */
abstract class Dictionary<T> extends AnyModule implements Iterable<readonly [string, T]> {
  readonly #items = new Map<string, T>()

  constructor(entries: Entries<T> = {}) {
    super()
    const list = isIterable(entries) ? entries : Object.entries(entries)
    for (const [name, value] of list) this.set(name, value)
  }

  protected override members(): Members {
    return this.#items
  }

  get size(): number {
    return this.#items.size
  }

  get(name: string): T | undefined {
    return this.#items.get(name)
  }

  has(name: string): boolean {
    return this.#items.has(name)
  }

  /** @throws NABLA_INVALID_ARGUMENT for a name that is empty or has a dot, which would be a path */
  set(name: string, value: T): this {
    if (name === "" || name.includes(".")) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "this is no name",
        where: this.constructor.name,
        expected: "a name without dots",
        got: name === "" ? "an empty one" : name,
      })
    }
    this.#items.set(name, value)
    return this
  }

  delete(name: string): boolean {
    return this.#items.delete(name)
  }

  keys(): Iterator<string> {
    return this.#items.keys()
  }

  values(): Iterator<T> {
    return this.#items.values()
  }

  [Symbol.iterator](): Iterator<readonly [string, T]> {
    return this.#items[Symbol.iterator]()
  }
}

/**
 * Modules by name, for a forward of one's own that chooses among them. It has no forward itself.
 *
 * Its parts are named by their keys, as in PyTorch: `left.weight`.
 *
 * @example Object.keys(nn.moduleDict({ left: nn.linear(2, 1, { bias: false }) }).stateDict()) // ["left.weight"]
 */
export class ModuleDict<M extends AnyModule = AnyModule> extends Dictionary<M> {}

/**
 * Parameters by name. It has no forward itself.
 *
 * @example Object.keys(nn.parameterDict({ scale: nn.parameter(ones([2])) }).stateDict()) // ["scale"]
 */
export class ParameterDict extends Dictionary<Parameter> {}

/**
 * Parameters in a list, named by their numbers. It has no forward itself.
 *
 * @example Object.keys(nn.parameterList([nn.parameter(ones([2]))]).stateDict()) // ["0"]
 */
export class ParameterList extends AnyModule implements Iterable<Parameter> {
  readonly list: Parameter[]

  constructor(parameters: Iterable<Parameter> = []) {
    super()
    this.list = [...parameters]
  }

  protected override members(): Members {
    return this.list.map((parameter, i) => [String(i), parameter] as const)
  }

  get length(): number {
    return this.list.length
  }

  /** The parameter at a place; negative places count from the end. */
  at(index: number): Parameter | undefined {
    return this.list.at(index)
  }

  push(...parameters: Parameter[]): this {
    this.list.push(...parameters)
    return this
  }

  [Symbol.iterator](): Iterator<Parameter> {
    return this.list[Symbol.iterator]()
  }
}

export function moduleDict<M extends AnyModule>(modules: Entries<M> = {}): ModuleDict<M> {
  return new ModuleDict(modules)
}

export function parameterDict(parameters: Entries<Parameter> = {}): ParameterDict {
  return new ParameterDict(parameters)
}

export function parameterList(parameters: Iterable<Parameter> = []): ParameterList {
  return new ParameterList(parameters)
}

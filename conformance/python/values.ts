/**
 * What a Python value is here: None is null, bool is boolean, int is bigint, float is number (so that the two stay
 * apart, as they must for division and dtype promotion), str is string, list is an array, dict is a Map, a
 * function is a JS function of (args, keywords). Tensors and modules are objects that only the `Host` understands.
 */
export type Value = null | boolean | bigint | number | string | object

export type Keywords = Map<string, Value>
export type Callable = (args: Value[], keywords: Keywords) => Value

export class Tuple {
  readonly items: readonly Value[]
  /** Names under which the items can be had as well, as those of a `namedtuple`. */
  readonly fields: readonly string[]

  constructor(items: readonly Value[], fields: readonly string[] = []) {
    this.items = items
    this.fields = fields
  }
}

export class Slice {
  readonly start: Value
  readonly stop: Value
  readonly step: Value

  constructor(start: Value, stop: Value, step: Value) {
    this.start = start
    this.stop = stop
    this.step = step
  }
}

export const ELLIPSIS = Object.freeze({ name: "Ellipsis" })

/** Something with attributes and nothing else: a Python module such as `torch` or `math`. */
export class Namespace {
  readonly name: string
  readonly member: (name: string) => Value | undefined

  constructor(name: string, member: (name: string) => Value | undefined) {
    this.name = name
    this.member = member
  }
}

/** A class of the host that Python classes may derive from (`nn.Module`). */
export class HostClass {
  readonly name: string
  /** Makes the host's own object which stands behind an instance of a derived Python class. */
  readonly attach: (instance: Instance) => object

  constructor(name: string, attach: (instance: Instance) => object) {
    this.name = name
    this.attach = attach
  }
}

/** A class written in Python. */
export class PyClass {
  readonly name: string
  readonly bases: readonly (PyClass | HostClass)[]
  readonly members = new Map<string, Value>()

  constructor(name: string, bases: readonly (PyClass | HostClass)[]) {
    this.name = name
    this.bases = bases
  }

  find(name: string): Value | undefined {
    const own = this.members.get(name)
    return own !== undefined ? own : this.findInBases(name)
  }

  findInBases(name: string): Value | undefined {
    for (const base of this.bases) {
      const found = base instanceof PyClass ? base.find(name) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }

  hostBase(): HostClass | undefined {
    for (const base of this.bases) {
      const found = base instanceof HostClass ? base : base.hostBase()
      if (found) return found
    }
    return undefined
  }
}

export class Instance {
  readonly type: PyClass
  readonly members = new Map<string, Value>()
  /** The host's object behind it, when the class derives from a host class. */
  readonly host: object | null

  constructor(type: PyClass) {
    this.type = type
    this.host = type.hostBase()?.attach(this) ?? null
  }
}

/** What `super()` gives: attribute look-up starts behind `owner`. */
export class Super {
  readonly owner: PyClass
  readonly instance: Instance

  constructor(owner: PyClass, instance: Instance) {
    this.owner = owner
    this.instance = instance
  }
}

export class PythonError extends Error {
  constructor(type: string, message: string) {
    super(`${type}: ${message}`)
    this.name = "PythonError"
  }
}

export const isList = (value: Value): value is Value[] => Array.isArray(value)
export const isDict = (value: Value): value is Map<Value, Value> => value instanceof Map
export const isCallable = (value: Value): value is Callable => typeof value === "function"
/** int, float or bool. */
export const isNumeric = (value: Value): value is bigint | number | boolean =>
  typeof value === "bigint" || typeof value === "number" || typeof value === "boolean"
/** int or bool. */
export const isInteger = (value: Value): value is bigint | boolean =>
  typeof value === "bigint" || typeof value === "boolean"

export function typeName(value: Value): string {
  if (value === null) return "None"
  if (typeof value === "bigint") return "int"
  if (typeof value === "number") return "float"
  if (typeof value === "boolean") return "bool"
  if (typeof value === "string") return "str"
  if (isList(value)) return "list"
  if (isDict(value)) return "dict"
  if (value instanceof Tuple) return "tuple"
  if (value instanceof Instance) return value.type.name
  if (value instanceof Namespace || value instanceof PyClass) return value.name
  return isCallable(value) ? "function" : (value.constructor?.name ?? "object")
}

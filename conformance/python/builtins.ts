/** Python's built-in functions and its `math` module. */
import { compare, equal } from "./arithmetic.ts"
import type { Runtime } from "./runtime.ts"
import {
  type Callable,
  isDict,
  isInteger,
  isList,
  isNumeric,
  type Keywords,
  Namespace,
  PythonError,
  Slice,
  Tuple,
  typeName,
  type Value,
} from "./values.ts"

const none: Keywords = new Map()

export function builtins(runtime: Runtime): ReadonlyMap<string, Value> {
  const functions: Record<string, Value> = {
    ...conversions(runtime),
    ...iteration(runtime),
    ...reductions(runtime),
    abs: (([value]) => {
      if (runtime.host.owns(value)) return runtime.call(runtime.attribute(value, "abs"), [], none)
      return isNumeric(value) && compare(value, 0n) < 0 ? runtime.unary("-", value) : value
    }) satisfies Callable,
    pow: (([base, exponent]) => runtime.binary("**", base, exponent)) satisfies Callable,
    divmod: (([a, b]) =>
      new Tuple([runtime.binary("//", a, b), runtime.binary("%", a, b)])) satisfies Callable,
    round: (([value, digits]) => roundHalfEven(Number(value), digits)) satisfies Callable,
    getattr: (([object, name, ...fallback]) => {
      const found = runtime.findAttribute(object, String(name))
      if (found !== undefined) return found
      return fallback.length > 0 ? fallback[0] : runtime.attribute(object, String(name))
    }) satisfies Callable,
    hasattr: (([object, name]) =>
      runtime.findAttribute(object, String(name)) !== undefined) satisfies Callable,
    setattr: (([object, name, value]) => {
      runtime.setAttribute(object, String(name), value)
      return null
    }) satisfies Callable,
    isinstance: (([value, type]) => isInstance(runtime, value, type)) satisfies Callable,
    callable: (([value]) => typeof value === "function") satisfies Callable,
    slice: ((bounds) => {
      const [start, stop = null, step = null] = bounds.length === 1 ? [null, bounds[0]] : bounds
      return new Slice(start, stop, step)
    }) satisfies Callable,
    print: (() => null) satisfies Callable,
    staticmethod: (([value]) => value) satisfies Callable,
    object: (() => ({})) satisfies Callable,
    math: mathModule(runtime),
  }
  for (const error of ["Exception", "ValueError", "TypeError", "RuntimeError", "NotImplementedError"]) {
    functions[error] = (([message]) => `${error}: ${String(message ?? "")}`) satisfies Callable
  }
  return new Map(Object.entries(functions))
}

function conversions(runtime: Runtime): Record<string, Callable> {
  const number = (value: Value) => (runtime.host.owns(value) ? runtime.host.toNumber(value as object) : value)
  return {
    float: ([value = 0n]) => toFloat(number(value)),
    int: ([value = 0n]) => {
      const plain = number(value)
      if (isInteger(plain)) return BigInt(plain)
      if (typeof plain === "string") return BigInt(plain.trim())
      if (Number.isFinite(plain)) return BigInt(Math.trunc(Number(plain)))
      throw new PythonError("ValueError", `cannot convert ${String(plain)} to int`)
    },
    bool: ([value = false]) => runtime.truth(value),
    str: ([value = ""]) => String(value),
    list: ([items = []]) => [...runtime.iterate(items)],
    tuple: ([items = []]) => new Tuple([...runtime.iterate(items)]),
    set: ([items = []]) => unique(runtime.iterate(items)),
    dict: ([items = []], keywords) => {
      const pairs = isDict(items) ? [...items] : runtime.iterate(items).map((pair) => runtime.iterate(pair))
      return new Map<Value, Value>([...(pairs as [Value, Value][]), ...keywords])
    },
    len: ([value]) => BigInt(length(runtime, value)),
  }
}

function toFloat(value: Value): number {
  if (isNumeric(value)) return Number(value)
  const text = String(value).trim().toLowerCase()
  const match = /^([+-]?)(inf|infinity|nan)$/.exec(text)
  if (!match) {
    if (text === "" || Number.isNaN(Number(text))) throw new PythonError("ValueError", `no float: ${text}`)
    return Number(text)
  }
  const size = match[2] === "nan" ? Number.NaN : Number.POSITIVE_INFINITY
  return match[1] === "-" ? -size : size
}

function length(runtime: Runtime, value: Value): number {
  if (runtime.host.owns(value)) return runtime.host.length(value as object)
  return isDict(value) ? value.size : runtime.iterate(value).length
}

function unique(items: readonly Value[]): Value[] {
  return items.filter((item, at) => items.findIndex((other) => equal(other, item)) === at)
}

function iteration(runtime: Runtime): Record<string, Callable> {
  const lists = (args: readonly Value[]) => args.map((arg) => runtime.iterate(arg))
  const zip = (columns: readonly Value[][]) => {
    const rows = columns.length === 0 ? 0 : Math.min(...columns.map((column) => column.length))
    return Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]))
  }
  return {
    range: (args) => range(args.map((arg) => toIndex(runtime, arg))),
    zip: (args) => zip(lists(args)).map((row) => new Tuple(row)),
    enumerate: ([items, from], keywords) => {
      const start = BigInt((from ?? keywords.get("start") ?? 0n) as bigint)
      return runtime.iterate(items).map((item, at) => new Tuple([start + BigInt(at), item]))
    },
    reversed: ([items]) => [...runtime.iterate(items)].reverse(),
    map: ([callee, ...items]) => zip(lists(items)).map((row) => runtime.call(callee, row, none)),
    filter: ([test, items]) =>
      runtime
        .iterate(items)
        .filter((item) => runtime.truth(test === null ? item : runtime.call(test, [item], none))),
    sorted: ([items], keywords) => {
      const key = keywords.get("key") ?? null
      const rank = (item: Value) => (key === null ? item : runtime.call(key, [item], none))
      const result = [...runtime.iterate(items)].sort((a, b) => compare(rank(a), rank(b)))
      return runtime.truth(keywords.get("reverse") ?? false) ? result.reverse() : result
    },
  }
}

function toIndex(runtime: Runtime, value: Value): bigint {
  if (isInteger(value)) return BigInt(value)
  if (runtime.host.owns(value)) return BigInt(runtime.host.toNumber(value as object))
  throw new PythonError("TypeError", `an int expected, got ${typeName(value)}`)
}

function range(bounds: readonly bigint[]): bigint[] {
  const [start, stop, step = 1n] = bounds.length === 1 ? [0n, bounds[0]] : bounds
  if (step === 0n) throw new PythonError("ValueError", "range() step must not be zero")
  const items: bigint[] = []
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) items.push(at)
  return items
}

function reductions(runtime: Runtime): Record<string, Callable> {
  const best = (sign: number): Callable => {
    return (args, keywords) => {
      const items = args.length === 1 ? runtime.iterate(args[0]) : args
      const key = keywords.get("key") ?? null
      const rank = (item: Value) => (key === null ? item : runtime.call(key, [item], none))
      const better = (a: Value, b: Value) =>
        runtime.truth(runtime.compare(sign > 0 ? ">" : "<", rank(a), rank(b)))
      if (items.length === 0) throw new PythonError("ValueError", "the largest or smallest of nothing")
      return items.reduce((found, item) => (better(item, found) ? item : found))
    }
  }
  return {
    max: best(1),
    min: best(-1),
    sum: ([items, start], keywords) =>
      runtime
        .iterate(items)
        .reduce((total, item) => runtime.binary("+", total, item), start ?? keywords.get("start") ?? 0n),
    any: ([items]) => runtime.iterate(items).some((item) => runtime.truth(item)),
    all: ([items]) => runtime.iterate(items).every((item) => runtime.truth(item)),
  }
}

function roundHalfEven(value: number, digits: Value | undefined): Value {
  const scale = 10 ** Number(digits ?? 0n)
  const scaled = value * scale
  const floor = Math.floor(scaled)
  const up = scaled - floor > 0.5 || (scaled - floor === 0.5 && floor % 2 !== 0)
  const rounded = up ? floor + 1 : floor
  return digits === undefined || digits === null ? BigInt(rounded) : rounded / scale
}

/** `int`, `float` … are functions here, so a type is known by the function that stands for it. */
function isInstance(runtime: Runtime, value: Value, type: Value): boolean {
  if (type instanceof Tuple) return type.items.some((one) => isInstance(runtime, value, one))
  if (runtime.isInstance(value, type)) return true
  const name = typeof type === "function" ? typeNames.get(type.name) : undefined
  return name?.(value) ?? false
}

const typeNames = new Map<string, (value: Value) => boolean>([
  ["int", isInteger],
  ["float", (value) => typeof value === "number"],
  ["bool", (value) => typeof value === "boolean"],
  ["str", (value) => typeof value === "string"],
  ["list", isList],
  ["tuple", (value) => value instanceof Tuple],
  ["dict", isDict],
])

function mathModule(runtime: Runtime): Namespace {
  const number = (value: Value) =>
    runtime.host.owns(value) ? Number(runtime.host.toNumber(value as object)) : Number(value)
  const integers: Record<string, (value: number) => number> = {
    floor: Math.floor,
    ceil: Math.ceil,
    trunc: Math.trunc,
  }
  const constants: Record<string, number> = {
    pi: Math.PI,
    e: Math.E,
    tau: 2 * Math.PI,
    inf: Number.POSITIVE_INFINITY,
    nan: Number.NaN,
  }
  const special: Record<string, Callable> = {
    prod: ([items]) => runtime.iterate(items).reduce((total, item) => runtime.binary("*", total, item), 1n),
    log: ([value, base]) => Math.log(number(value)) / (base === undefined ? 1 : Math.log(number(base))),
    isnan: ([value]) => Number.isNaN(number(value)),
    isinf: ([value]) => Math.abs(number(value)) === Number.POSITIVE_INFINITY,
    isfinite: ([value]) => Number.isFinite(number(value)),
    fabs: ([value]) => Math.abs(number(value)),
  }
  return new Namespace("math", (name) => {
    if (name in constants) return constants[name]
    if (name in special) return special[name]
    if (name in integers) return ([value]: Value[]) => BigInt(integers[name](number(value)))
    const plain = Reflect.get(Math, name)
    if (typeof plain !== "function") return undefined
    return (args: Value[]) => plain(...args.map(number))
  })
}

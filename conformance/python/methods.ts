/** Methods of Python's own list, tuple, dict and str: those that model code uses. */
import { equal } from "./arithmetic.ts"
import { firstDefined } from "./parameters.ts"
import { type Callable, isDict, isList, PythonError, Tuple, type Value } from "./values.ts"

/** What the methods need of the runtime, which itself imports this file. */
interface Iterating {
  iterate(value: Value): Value[]
}

export function builtinMethod(runtime: Iterating, object: Value, name: string): Callable | undefined {
  if (isList(object)) return listMethods(runtime, object)[name]
  if (object instanceof Tuple) return sequenceMethods(object.items)[name]
  if (isDict(object)) return dictMethods(runtime, object)[name]
  if (typeof object === "string") return stringMethods(runtime, object)[name]
  return undefined
}

function sequenceMethods(items: readonly Value[]): Record<string, Callable> {
  return {
    index: ([wanted]) => {
      const at = items.findIndex((item) => equal(item, wanted))
      if (at < 0) throw new PythonError("ValueError", "not in the sequence")
      return BigInt(at)
    },
    count: ([wanted]) => BigInt(items.filter((item) => equal(item, wanted)).length),
  }
}

function listMethods(runtime: Iterating, list: Value[]): Record<string, Callable> {
  return {
    ...sequenceMethods(list),
    append: ([item]) => {
      list.push(item)
      return null
    },
    extend: ([items]) => {
      list.push(...runtime.iterate(items))
      return null
    },
    insert: ([at, item]) => {
      list.splice(Number(at), 0, item)
      return null
    },
    pop: ([at]) => {
      const [item] = list.splice(at === undefined ? -1 : Number(at), 1)
      if (item === undefined) throw new PythonError("IndexError", "pop from an empty list")
      return item
    },
    reverse: () => {
      list.reverse()
      return null
    },
    copy: () => [...list],
  }
}

function dictMethods(runtime: Iterating, dict: Map<Value, Value>): Record<string, Callable> {
  return {
    keys: () => [...dict.keys()],
    values: () => [...dict.values()],
    items: () => [...dict].map((pair) => new Tuple(pair)),
    get: ([key, fallback = null]) => firstDefined(dict.get(key), fallback)!,
    pop: ([key, fallback]) => {
      const found = firstDefined(dict.get(key), fallback)
      if (found === undefined) throw new PythonError("KeyError", String(key))
      dict.delete(key)
      return found
    },
    update: ([other], keywords) => {
      if (isDict(other ?? null)) for (const [key, value] of other as Map<Value, Value>) dict.set(key, value)
      for (const [key, value] of keywords) dict.set(key, value)
      return null
    },
    copy: () => new Map(dict),
  }
}

function stringMethods(runtime: Iterating, text: string): Record<string, Callable> {
  return {
    lower: () => text.toLowerCase(),
    upper: () => text.toUpperCase(),
    strip: () => text.trim(),
    split: ([separator]) =>
      separator === undefined ? text.trim().split(/\s+/) : text.split(String(separator)),
    join: ([items]) => runtime.iterate(items).join(text),
    startswith: ([prefix]) => text.startsWith(String(prefix)),
    endswith: ([suffix]) => text.endsWith(String(suffix)),
    replace: ([from, to]) => text.replaceAll(String(from), String(to)),
    format: (args) => args.reduce<string>((done, arg) => done.replace("{}", String(arg)), text),
  }
}

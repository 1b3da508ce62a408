import { NablaError } from "../base/index.ts"
import { Tensor } from "../tensor/index.ts"

/** Tensors by the names that stand for them in a tree of plain values. */
export type TreeTensors = Record<string, Tensor>

/** A tree in which tensors are replaced by `{ $tensor: name }`, fit for JSON. */
export interface PlainTree {
  readonly tree: unknown
  readonly tensors: TreeTensors
}

/** Numbers that JSON cannot hold. */
const oddNumbers: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  "-0": -0,
}

/**
 * Takes a tree of objects, arrays, numbers, texts and tensors apart: a tree that JSON holds without loss, and the
 * tensors by the paths at which they stand. A tensor that stands in several places is kept once. What has a toJSON is
 * replaced by what that gives; undefined is left out.
 *
 * @throws NABLA_INVALID_ARGUMENT for what cannot be kept, such as a function, with its path
 */
export function takeApart(state: unknown): PlainTree {
  const tensors: TreeTensors = {}
  const names = new Map<Tensor, string>()
  const nameOf = (t: Tensor, path: string): string => {
    let name = names.get(t)
    if (name === undefined) {
      name = Object.hasOwn(tensors, path) || path === "__metadata__" ? `${path}#${names.size}` : path
      names.set(t, name)
      tensors[name] = t
    }
    return name
  }
  const plain = (value: unknown, path: string): unknown => {
    if (value instanceof Tensor) return { $tensor: nameOf(value, path) }
    if (typeof value === "number") return plainNumber(value)
    if (value === null || typeof value === "string" || typeof value === "boolean") return value
    if (Array.isArray(value)) return value.map((item, i) => plain(item ?? null, `${path}.${i}`))
    if (typeof value === "object" && "toJSON" in value && typeof value.toJSON === "function")
      return plain(value.toJSON(), path)
    if (typeof value !== "object" || !isPlain(value)) throw notKept(value, path)
    const entries = Object.entries(value).filter(([, item]) => item !== undefined)
    return Object.fromEntries(
      entries.map(([key, item]) => [escaped(key), plain(item, path === "" ? key : `${path}.${key}`)]),
    )
  }
  return { tree: plain(state, ""), tensors }
}

/** The tree that was taken apart. @throws NABLA_FILE_FORMAT when a tensor is missing */
export function putTogether({ tree, tensors }: PlainTree, where: string): unknown {
  const whole = (value: unknown): unknown => {
    if (value === null || typeof value !== "object") return value
    if (Array.isArray(value)) return value.map(whole)
    const { $tensor: name, $number: odd } = value as { $tensor?: unknown; $number?: unknown }
    if (typeof odd === "string" && Object.hasOwn(oddNumbers, odd)) return oddNumbers[odd]
    if (typeof name === "string") {
      if (Object.hasOwn(tensors, name)) return tensors[name]
      throw new NablaError("NABLA_FILE_FORMAT", { message: `the tensor ${name} is missing`, where })
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [unescaped(key), whole(item)]))
  }
  return whole(tree)
}

function plainNumber(value: number): unknown {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value
  return { $number: Object.is(value, -0) ? "-0" : String(value) }
}

const escaped = (key: string): string => (key.startsWith("$") ? `$${key}` : key)
const unescaped = (key: string): string => (key.startsWith("$$") ? key.slice(1) : key)

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function notKept(value: unknown, path: string): NablaError {
  const got = typeof value === "object" ? `an object of the class ${value?.constructor?.name}` : typeof value
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "this cannot be kept in a checkpoint",
    expected: "objects, arrays, numbers, texts, true, false, null and tensors",
    got,
    where: path === "" ? "the state" : path,
  })
}

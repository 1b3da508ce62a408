/** Python values ↔ what nabla takes and returns. */
import { Instance, isDict, isInteger, isList, Tuple, type Value } from "../python/values.ts"
import { callNabla, type FloatType, isTensor, type Tensor } from "./nabla.ts"

/** nabla has one integer type; a run in float32 has one float type. */
export function resolveDtype(name: string, float: FloatType): string | undefined {
  if (["float64", "double"].includes(name)) return float
  if (["float32", "float"].includes(name)) return "float32"
  if (["int64", "long", "int32", "int", "int16", "short", "int8", "uint8"].includes(name)) return "int32"
  return name === "bool" ? "bool" : undefined
}

export function toNabla(value: Value): unknown {
  if (typeof value === "bigint") return Number(value)
  if (value instanceof Tuple) return value.items.map(toNabla)
  if (isList(value)) return value.map(toNabla)
  if (isDict(value)) return Object.fromEntries([...value].map(([key, item]) => [String(key), toNabla(item)]))
  return value instanceof Instance && value.host ? value.host : value
}

/** Several results are a tuple; `fields` are the names under which PyTorch also gives them. */
export function fromNabla(value: unknown, fields: readonly string[] = []): Value {
  if (value === undefined || value === null) return null
  if (Array.isArray(value))
    return new Tuple(
      value.map((item) => fromNabla(item)),
      fields,
    )
  if (typeof value === "object" || typeof value === "function") return value
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") return value
  return String(value)
}

/** The dtype that PyTorch gives a tensor made from Python data. */
export function dtypeOfData(values: readonly Value[], float: FloatType): string {
  const flat = flatten(values)
  const tensor = flat.find(isTensor)
  if (tensor) return tensor.dtype
  if (flat.length === 0 || !flat.every(isInteger)) return float
  return flat.every((value) => typeof value === "boolean") ? "bool" : "int32"
}

function flatten(values: readonly Value[]): Value[] {
  return values.flatMap((value) => {
    if (value instanceof Tuple) return flatten(value.items)
    return isList(value) ? flatten(value) : [value]
  })
}

/** `[0, 2]` or `[[True, False]]` used as an index. */
export function indexTensor(list: readonly Value[]): Tensor {
  return callNabla("tensor", toNabla([...list]), {
    dtype: dtypeOfData(list, "float32") === "bool" ? "bool" : "int32",
  })
}

/** Attributes of a tensor, and the methods that give Python values or change the dtype. */
import { type Callable, PythonError, Tuple, type Value } from "../python/values.ts"
import { fromNabla, resolveDtype } from "./convert.ts"
import { tensorMethod } from "./functions.ts"
import { callNabla, type FloatType, isTensor, type Tensor } from "./nabla.ts"

const casts = new Set(["float", "double", "long", "int", "bool"])
/** Without a meaning here: there is one device to a run, and memory layout is nabla's own affair. */
const identities = new Set(["cpu", "contiguous", "requires_grad_"])

export function tensorAttribute(tensor: Tensor, name: string, float: FloatType): Value | undefined {
  switch (name) {
    case "shape":
      return sizes(tensor)
    case "ndim":
      return BigInt(tensor.shape.length)
    case "dtype":
      return tensor.dtype
    case "device":
      return "cpu"
    case "is_cuda":
      return false
    case "T":
      return reversed(tensor)
    case "mT":
    case "H":
    case "mH":
      return callNabla("transpose", tensor, -2, -1) as unknown as Value
    case "data":
      return callNabla("detach", tensor) as unknown as Value
    default:
      return valueMethod(tensor, name, float) ?? tensorMethod(tensor, name, float)
  }
}

function sizes(tensor: Tensor): Tuple {
  return new Tuple(tensor.shape.map(BigInt))
}

function reversed(tensor: Tensor): Tensor {
  return callNabla("permute", tensor, tensor.shape.map((_, at) => at).reverse())
}

function valueMethod(tensor: Tensor, name: string, float: FloatType): Callable | undefined {
  if (casts.has(name)) return () => cast(tensor, resolveDtype(name, float) ?? name)
  if (identities.has(name)) return () => tensor
  switch (name) {
    case "size":
      return ([dim]) => (dim === undefined ? sizes(tensor) : BigInt(tensor.shape[at(tensor, dim)]))
    case "dim":
    case "ndimension":
      return () => BigInt(tensor.shape.length)
    case "numel":
    case "nelement":
      return () => BigInt(tensor.shape.reduce((product, size) => product * size, 1))
    case "item":
      return () => scalar(tensor)
    case "tolist":
      return () => toList(tensor)
    case "is_floating_point":
      return () => tensor.dtype.startsWith("float")
    case "to":
    case "type":
      return (args, keywords) => castTo(tensor, [...args, ...keywords.values()])
    case "type_as":
      return ([other]) => castTo(tensor, [other])
    default:
      return undefined
  }
}

function at(tensor: Tensor, dim: Value): number {
  const index = Number(dim)
  return index < 0 ? index + tensor.shape.length : index
}

function cast(tensor: Tensor, dtype: string): Value {
  return tensor.dtype === dtype ? tensor : (Reflect.get(tensor, "to").call(tensor, dtype) as Value)
}

/** `x.to(dtype)`, `x.to(other)`, `x.to(device)`: the first argument that says a dtype decides. */
function castTo(tensor: Tensor, args: readonly Value[]): Value {
  for (const arg of args) {
    if (isTensor(arg)) return cast(tensor, arg.dtype)
    if (typeof arg === "string" && resolveDtype(arg, "float64")) return cast(tensor, arg)
  }
  return tensor
}

/** The one value of a tensor as a Python number of the kind that its dtype says. */
export function scalar(tensor: Tensor): Value {
  const count = tensor.shape.reduce((product, size) => product * size, 1)
  if (count !== 1) throw new PythonError("ValueError", `a tensor of ${count} values is no number`)
  return toPython(tensor.itemSync(), tensor.dtype)
}

function toPython(value: number | boolean, dtype: string): Value {
  if (dtype === "bool") return Boolean(value)
  return dtype === "int32" ? BigInt(value) : Number(value)
}

function toList(tensor: Tensor): Value {
  const data = Array.from(tensor.dataSync(), (value) => toPython(value, tensor.dtype))
  const nest = (depth: number, from: number, count: number): Value => {
    if (depth === tensor.shape.length) return data[from]
    const step = tensor.shape[depth] === 0 ? 0 : count / tensor.shape[depth]
    return Array.from({ length: tensor.shape[depth] }, (_, index) =>
      nest(depth + 1, from + index * step, step),
    )
  }
  return nest(0, 0, data.length)
}

/** `for row in tensor`. */
export function rows(tensor: Tensor): Value[] {
  if (tensor.shape.length === 0) throw new PythonError("TypeError", "iteration over a 0-d tensor")
  return [...(fromNabla(callNabla("unbind", tensor, 0)) as Tuple).items]
}

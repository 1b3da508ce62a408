import type { DType } from "../base/index.ts"
import {
  broadcastShapes,
  hostArray,
  isFloating,
  NablaError,
  promoteTypes,
  promoteWithScalar,
} from "../base/index.ts"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { cast, constant, expand } from "../ops/index.ts"
import type { TensorLike } from "./tensor.ts"
import { nodeOf, Tensor } from "./tensor.ts"

/** Numbers that stand in formulas rather than change from step to step: they may become part of a kernel. */
const literals = new Set([0, 1, -1, 2, -2, 0.5])

/** A number as a tensor of no dimensions: an input of the kernels, so that another number is not another kernel. */
export function scalarNode(value: number, dtype: DType): Node {
  if (literals.has(value)) return constant(value, [], dtype)
  const data = hostArray(dtype, 1)
  data[0] = value
  return fromHost(data, [], dtype)
}

/** Type of an operation on all arguments together, by PyTorch's rules: dimensioned tensors outrank 0-d ones outrank numbers. */
export function resultType(...args: readonly TensorLike[]): DType {
  let dimensioned: DType | undefined
  let scalar: DType | undefined
  for (const arg of args) {
    if (!(arg instanceof Tensor)) continue
    const { dtype } = arg
    if (arg.ndim > 0) dimensioned = dimensioned === undefined ? dtype : promoteTypes(dimensioned, dtype)
    else scalar = scalar === undefined ? dtype : promoteTypes(scalar, dtype)
  }
  const outranked = dimensioned === undefined || (scalar !== undefined && rank(scalar) > rank(dimensioned))
  let type = outranked ? scalar : dimensioned
  for (const arg of args) {
    if (arg instanceof Tensor) continue
    if (typeof arg !== "number" && typeof arg !== "boolean") requireTensor(arg, "argument")
    if (type === undefined)
      type = typeof arg === "boolean" ? "bool" : Number.isInteger(arg) ? "int32" : "float32"
    else type = promoteWithScalar(type, arg)
  }
  return type!
}

function rank(dtype: DType): number {
  return dtype === "bool" ? 0 : dtype === "int32" ? 1 : 2
}

/** The default floating type for an argument of a function that needs one. */
export function floatType(dtype: DType): DType {
  return isFloating(dtype) ? dtype : "float32"
}

export function toNode(arg: TensorLike, dtype: DType): Node {
  if (typeof arg === "number" || typeof arg === "boolean") return scalarNode(Number(arg), dtype)
  return cast(nodeOf(requireTensor(arg, "argument")), dtype)
}

/** Arguments of an elementwise operation, brought to one type and one shape. */
export function broadcastArguments(name: string, args: readonly TensorLike[], dtype: DType): Node[] {
  const nodes = args.map((arg) => toNode(arg, dtype))
  const shape = nodes.map((node) => node.shape).reduce((a, b) => broadcastShapes(a, b, name))
  return nodes.map((node) => expand(node, shape))
}

export function requireTensor(value: unknown, where: string): Tensor {
  if (value instanceof Tensor) return value
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "a tensor is needed here",
    where,
    expected: "a Tensor",
    got: value === null ? "null" : typeof value,
    hint: "make one with tensor(values)",
  })
}

/** Values on their way into a tensor of another type: a type that holds less is refused. */
export function valueNode(value: TensorLike, dtype: DType, where: string): Node {
  const isTensor = value instanceof Tensor
  const whole = isTensor ? !isFloating(value.dtype) : typeof value === "boolean" || Number.isInteger(value)
  const own = isTensor ? value.dtype : whole ? "bool" : "float32"
  if (isFloating(dtype) || promoteTypes(own, dtype) === dtype) {
    if (isTensor) return cast(nodeOf(value), dtype)
    return scalarNode(dtype === "bool" ? Number(Boolean(value)) : Number(value), dtype)
  }
  throw new NablaError("NABLA_INVALID_DTYPE", {
    message: `values of type ${own} do not fit into a tensor of type ${dtype}`,
    where,
    expected: dtype,
    got: own,
  })
}

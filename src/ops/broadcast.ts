import type { DType, Shape } from "../base/index.ts"
import { formatShape, internalError, sameShape } from "../base/index.ts"
import type { Aval, Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { flattenIndex, Index, unflattenIndex } from "../kernel/index.ts"
import type { NoAttrs, Primitive } from "./record.ts"

export interface ShapeAttrs {
  readonly shape: Shape
}

export interface DimsAttrs {
  readonly dims: readonly number[]
}

/** The same elements in row-major order under another shape. */
export const reshapeOp: Primitive<ShapeAttrs> = {
  name: "reshape",
  key: ({ shape }) => shape.join(","),
  shape: ([x], { shape }) => aval(shape, x!.dtype),
  jvp: ([t], _, { shape }) => reshape(t!, shape),
  vjp: (ct, node) => [reshape(ct, node.inputs[0]!.shape)],
  vmap: ([x], _, size, { shape }) => reshape(x!, [size, ...shape]),
  lower: {
    kind: "view",
    index: (index, { shape }, input) => unflattenIndex(flattenIndex(index, shape), input),
  },
}

export function reshape(x: Node, shape: Shape): Node {
  return sameShape(x.shape, shape) ? x : makeNode(reshapeOp, [x], { shape })
}

/** Repeats along dimensions of size 1 and along new leading ones. */
export const expandOp: Primitive<ShapeAttrs> = {
  name: "expand",
  key: ({ shape }) => shape.join(","),
  shape: ([x], { shape }) => aval(shape, x!.dtype),
  jvp: ([t], _, { shape }) => expand(t!, shape),
  vjp: (ct, node) => [sumTo(ct, node.inputs[0]!.shape)],
  vmap: ([x], _, size, { shape }) => {
    const inner = x!.shape.slice(1)
    const ones = new Array<number>(shape.length - inner.length).fill(1)
    return expand(reshape(x!, [size, ...ones, ...inner]), [size, ...shape])
  },
  lower: {
    kind: "view",
    index: (index, { shape }, input) =>
      input.map((size, i) => (size === 1 ? Index.constant(0) : index[i + shape.length - input.length]!)),
  },
}

export function expand(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x
  const offset = shape.length - x.shape.length
  if (offset < 0 || x.shape.some((size, i) => size !== 1 && size !== shape[i + offset])) {
    throw internalError(`cannot expand ${formatShape(x.shape)} to ${formatShape(shape)}`)
  }
  return makeNode(expandOp, [x], { shape })
}

function sumType(dtype: DType): DType {
  return dtype === "bool" ? "int32" : dtype
}

export function withoutDims(shape: Shape, dims: readonly number[]): number[] {
  return shape.filter((_, i) => !dims.includes(i))
}

/** Shape with the given dimensions kept at size 1. */
export function keptDims(shape: Shape, dims: readonly number[]): number[] {
  return shape.map((size, i) => (dims.includes(i) ? 1 : size))
}

/** Index of the argument of a reduction from those of the kept and of the reduced dimensions. */
export function joinIndex(
  kept: readonly Index[],
  reduced: readonly Index[],
  dims: readonly number[],
): Index[] {
  const rank = kept.length + reduced.length
  let k = 0
  return Array.from({ length: rank }, (_, i) => {
    const at = dims.indexOf(i)
    return at >= 0 ? reduced[at]! : kept[k++]!
  })
}

/** A reduced tensor put back under its argument's shape. */
export function spread(reduced: Node, shape: Shape, dims: readonly number[]): Node {
  return expand(reshape(reduced, keptDims(shape, dims)), shape)
}

export function shiftDims(dims: readonly number[]): number[] {
  return dims.map((dim) => dim + 1)
}

/** Σ over dimensions; bool counts as int32. */
export const sumOp: Primitive<DimsAttrs> = {
  name: "sum",
  key: ({ dims }) => dims.join(","),
  shape: ([x], { dims }) => aval(withoutDims(x!.shape, dims), sumType(x!.dtype)),
  jvp: ([t], _, { dims }) => sum(t!, dims),
  vjp: (ct, node, { dims }) => [spread(ct, node.inputs[0]!.shape, dims)],
  vmap: ([x], _, __, { dims }) => sum(x!, shiftDims(dims)),
  lower: {
    kind: "reduction",
    reducer: () => ({ op: "add", identity: 0 }),
    extents: ([x], { dims }) => dims.map((dim) => x!.shape[dim]!),
    read: (index, reduced, { dims }) => joinIndex(index, reduced, dims),
    value: (pull, index, reduced) => {
      const value = pull.input(0, joinIndex(index, reduced, pull.attrs.dims))
      return value.expr.type === "bool" ? pull.b.convert("i32", value) : value
    },
  },
}

export function sum(x: Node, dims: readonly number[]): Node {
  return dims.length === 0 && x.aval.dtype !== "bool" ? x : makeNode(sumOp, [x], { dims })
}

/** Adjoint of expand: sums away what was repeated. */
export function sumTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x
  const offset = x.shape.length - shape.length
  const dims: number[] = []
  x.shape.forEach((size, i) => {
    if (i < offset || (shape[i - offset] === 1 && size !== 1)) dims.push(i)
  })
  return reshape(sum(x, dims), shape)
}

/** A number in every element. */
export interface ConstantAttrs {
  readonly value: number
  readonly type: Aval
}

export const constantOp: Primitive<ConstantAttrs> = {
  name: "constant",
  key: ({ value, type }) => `${Object.is(value, -0) ? "-0" : value}:${type.id}`,
  shape: (_, { type }) => type,
  jvp: () => null,
  vjp: () => [],
  vmap: (_, __, size, { value, type }) => constant(value, [size, ...type.shape], type.dtype),
  lower: {
    kind: "pointwise",
    cost: 0,
    elementwise: false,
    value: ({ b, attrs }) => b.constant(scalarType(attrs.type), attrs.value),
  },
}

export function scalarType(type: Aval): "f32" | "f64" | "i32" | "bool" {
  const { dtype } = type
  return dtype === "float32" ? "f32" : dtype === "float64" ? "f64" : dtype === "int32" ? "i32" : "bool"
}

export function constant(value: number, shape: Shape, dtype: DType): Node {
  return makeNode(constantOp, [], { value, type: aval(shape, dtype) })
}

/** A constant of the shape and type of another node. */
export function constantLike(x: Node, value: number): Node {
  return constant(value, x.shape, x.aval.dtype)
}

/** An argument of a batched operation, given a batch dimension when it has none. */
export function withBatch(x: Node, batched: boolean, size: number): Node {
  return batched ? x : expand(reshape(x, [1, ...x.shape]), [size, ...x.shape])
}

export type { NoAttrs }

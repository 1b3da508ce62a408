import type { Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { shiftDims } from "./broadcast.ts"
import type { Primitive } from "./record.ts"

/**
 * Sliding windows: dimension dims[i] of size L becomes ⌊(L − dilation·(size−1) − 1)/stride⌋ + 1 positions, and the
 * places within a window are a new dimension at the end (in the order of `dims`). A view: nothing is copied.
 */
export interface WindowAttrs {
  readonly dims: readonly number[]
  readonly size: readonly number[]
  readonly stride: readonly number[]
  readonly dilation: readonly number[]
}

function windowKey({ dims, size, stride, dilation }: WindowAttrs): string {
  return `${dims.join(",")}|${size.join(",")}|${stride.join(",")}|${dilation.join(",")}`
}

function shifted(attrs: WindowAttrs): WindowAttrs {
  return { ...attrs, dims: shiftDims(attrs.dims) }
}

export const windowsOp: Primitive<WindowAttrs> = {
  name: "windows",
  key: windowKey,
  shape: ([x], { dims, size, stride, dilation }) => {
    const shape = [...x!.shape]
    dims.forEach((dim, i) => {
      shape[dim] = Math.floor((shape[dim]! - dilation[i]! * (size[i]! - 1) - 1) / stride[i]!) + 1
    })
    return aval([...shape, ...size], x!.dtype)
  },
  jvp: ([t], _, attrs) => windows(t!, attrs),
  vjp: (ct, node, attrs) => [fold(ct, node.inputs[0]!.shape, attrs)],
  vmap: ([x], _, __, attrs) => windows(x!, shifted(attrs)),
  lower: {
    kind: "view",
    index: (index, { dims, stride, dilation }, input) =>
      input.map((_, dim) => {
        const at = dims.indexOf(dim)
        if (at < 0) return index[dim]!
        return index[dim]!.mul(stride[at]!).add(index[input.length + at]!.mul(dilation[at]!))
      }),
  },
}

export function windows(x: Node, attrs: WindowAttrs): Node {
  return makeNode(windowsOp, [x], attrs)
}

export interface FoldAttrs extends WindowAttrs {
  readonly shape: Shape
}

/** Adjoint of windows: adds each element of each window where it came from. */
export const foldOp: Primitive<FoldAttrs> = {
  name: "fold",
  key: (attrs) => `${windowKey(attrs)}|${attrs.shape.join(",")}`,
  shape: ([x], { shape }) => aval(shape, x!.dtype),
  jvp: ([t], _, { shape, ...attrs }) => fold(t!, shape, attrs),
  vjp: (ct, _, { shape: __, ...attrs }) => [windows(ct, attrs)],
  vmap: ([x], _, size, { shape, ...attrs }) => fold(x!, [size, ...shape], shifted(attrs)),
  lower: {
    kind: "push",
    accumulate: true,
    fill: () => 0,
    parts: (_, { dims, stride, dilation, shape }) => [
      {
        input: 0,
        target: (index) =>
          shape.map((__, dim) => {
            const at = dims.indexOf(dim)
            if (at < 0) return index[dim]!
            return index[dim]!.mul(stride[at]!).add(index[shape.length + at]!.mul(dilation[at]!))
          }),
      },
    ],
    // The places within a window go outside the positions, so that the innermost loop runs along the image.
    order: ({ dims, shape }, rank) => {
      const first = Math.min(...dims)
      const outer = Array.from({ length: first }, (_, i) => i)
      const places = Array.from({ length: rank - shape.length }, (_, i) => shape.length + i)
      return [...outer, ...places, ...Array.from({ length: shape.length - first }, (_, i) => first + i)]
    },
  },
}

export function fold(x: Node, shape: Shape, attrs: WindowAttrs): Node {
  return makeNode(foldOp, [x], { ...attrs, shape })
}

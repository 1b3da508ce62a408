import type { Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import { reshape, shiftDims } from "./broadcast.ts"
import { dot, dotOp, freeDims } from "./contraction.ts"
import type { ContractionDims, Primitive } from "./record.ts"
import { flip, invertPermutation, pad, permute, permuteOp, slice } from "./views.ts"

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
  part: (node, attrs, start, size) => foldedProduct(node.inputs[0]!, attrs, start, size),
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
  return separate(x, shape, attrs) ?? makeNode(foldOp, [x], { ...attrs, shape })
}

/** Windows that do not overlap: nothing is added, the elements only stand in another order. */
function separate(x: Node, shape: Shape, { dims, size, stride, dilation }: WindowAttrs): Node | null {
  if (size.some((places, i) => places > stride[i]! || (places > 1 && dilation[i]! > 1))) return null
  const rank = shape.length
  const filled = padded(x, (dim) => [0, dim < rank ? x.shape[dim]! : stride[dim - rank]!])
  const order = shape.flatMap((_, dim) => (dims.includes(dim) ? [dim, rank + dims.indexOf(dim)] : [dim]))
  const covered = shape.map((length, dim) =>
    dims.includes(dim) ? x.shape[dim]! * stride[dims.indexOf(dim)]! : length,
  )
  const image = reshape(permute(filled, order), covered)
  const cut = slice(image, {
    start: shape.map(() => 0),
    size: shape.map((length, dim) => Math.min(length, covered[dim]!)),
    step: shape.map(() => 1),
  })
  return padded(cut, (dim) => [0, shape[dim]!])
}

/** Zeros around the argument: how many before it, and how long the dimension then is. */
function padded(x: Node, at: (dim: number) => readonly [before: number, length: number]): Node {
  return pad(x, {
    shape: x.shape.map((_, dim) => at(dim)[1]),
    low: x.shape.map((_, dim) => at(dim)[0]),
    interior: x.shape.map(() => 0),
    value: 0,
  })
}

/** A product whose dimensions were put in another order: where each of them comes from. */
interface Product {
  readonly factors: readonly [Node, Node]
  readonly dims: ContractionDims
  /** For each dimension of the result: those of the factors (null: none) that it is. */
  readonly sources: readonly (readonly [left: number | null, right: number | null])[]
}

function productOf(x: Node): Product | null {
  if (!x.pending) return null
  if (x.op === permuteOp) {
    const inner = productOf(x.inputs[0]!)
    const { dims } = x.attrs as { dims: readonly number[] }
    return inner === null ? null : { ...inner, sources: dims.map((dim) => inner.sources[dim]!) }
  }
  if (x.op !== dotOp) return null
  const dims = x.attrs as ContractionDims
  const [left, right] = x.inputs as [Node, Node]
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dims
  const sources = [
    ...lhsBatch.map((dim, i) => [dim, rhsBatch[i]!] as const),
    ...freeDims(left.shape.length, lhsBatch, lhsContract).map((dim) => [dim, null] as const),
    ...freeDims(right.shape.length, rhsBatch, rhsContract).map((dim) => [null, dim] as const),
  ]
  return { factors: [left, right], dims, sources }
}

/** Multiplications that take as long as adding one element of a window to its place. */
const ADDING = 20

/**
 * Folding the products of filters and positions is a convolution of the positions, padded, with the filters turned
 * round: out[i] = Σ_k w[k]·x[i − k·dilation] (the gradient of a convolution with respect to its image). It needs
 * neither the products of all windows in memory nor the additions, but it also computes what windows beyond the border
 * would add: it is the better way where the border is cut off again. For stride 1.
 */
function foldedProduct(x: Node, attrs: FoldAttrs, start: readonly number[], size: Shape): Node | null {
  const { dims, size: places, stride, dilation, shape } = attrs
  const product = productOf(x)
  if (product === null || stride.some((step) => step !== 1)) return null
  const placeAt = dims.map((_, i) => product.sources[shape.length + i]!)
  const positionAt = dims.map((dim) => product.sources[dim]!)
  const side = placeAt.every(([, right]) => right === null) ? 0 : 1
  const other = 1 - side
  const fits = (at: Product["sources"], from: number): boolean =>
    at.every((source) => source[from] !== null && source[1 - from] === null)
  if (!fits(placeAt, side) || !fits(positionAt, other)) return null
  const [filters, image] = [product.factors[side]!, product.factors[other]!]
  const [wDims, xDims] = [placeAt.map((source) => source[side]!), positionAt.map((source) => source[other]!)]
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = product.dims
  const [wBatch, xBatch] = side === 0 ? [lhsBatch, rhsBatch] : [rhsBatch, lhsBatch]
  const [wContract, xContract] = side === 0 ? [lhsContract, rhsContract] : [rhsContract, lhsContract]
  const count = (sizes: readonly number[]): number => sizes.reduce((n, length) => n * length, 1)
  const depth = count(wContract.map((dim) => filters.shape[dim]!))
  const computed = count(dims.map((dim) => size[dim]!))
  if (computed * depth > count(xDims.map((dim) => image.shape[dim]!)) * (depth + ADDING)) return null
  const before = dims.map((dim, i) => dilation[i]! * (places[i]! - 1) - start[dim]!)
  const length = dims.map((dim, i) => size[dim]! + dilation[i]! * (places[i]! - 1))
  const surrounded = framed(image, xDims, before, length)
  const seen = windows(surrounded, { dims: xDims, size: places, stride, dilation })
  const out = dot(flip(filters, wDims), seen, {
    lhsBatch: wBatch,
    rhsBatch: xBatch,
    lhsContract: [...wContract, ...wDims],
    rhsContract: [...xContract, ...dims.map((_, i) => image.shape.length + i)],
  })
  const wFree = freeDims(filters.shape.length, wBatch, [...wContract, ...wDims])
  const xFree = freeDims(image.shape.length, xBatch, xContract)
  const made = [
    ...wBatch.map((dim) => product.sources.findIndex((source) => source[side] === dim)),
    ...wFree.map((dim) => product.sources.findIndex((source) => source[side] === dim)),
    ...xFree.map((dim) => product.sources.findIndex((source) => source[other] === dim)),
  ]
  const ordered = permute(out, invertPermutation(made))
  return slice(ordered, {
    start: start.map((first, dim) => (dims.includes(dim) ? 0 : first)),
    size,
    step: size.map(() => 1),
  })
}

/** Dimensions with `before` zeros at their beginning (or as many elements less), and as long as asked. */
function framed(
  x: Node,
  dims: readonly number[],
  before: readonly number[],
  length: readonly number[],
): Node {
  const low = x.shape.map((_, dim) => before[dims.indexOf(dim)] ?? 0)
  const full = x.shape.map((size, dim) => length[dims.indexOf(dim)] ?? size)
  const inside = slice(x, {
    start: low.map((first) => Math.max(0, -first)),
    size: x.shape.map(
      (size, dim) => size + Math.min(0, low[dim]!) + Math.min(0, full[dim]! - low[dim]! - size),
    ),
    step: x.shape.map(() => 1),
  })
  return padded(inside, (dim) => [Math.max(0, low[dim]!), full[dim]!])
}

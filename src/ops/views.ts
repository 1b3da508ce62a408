import type { Shape } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { DimsAttrs } from "./broadcast.ts"
import { constantLike, shiftDims, withBatch } from "./broadcast.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"

const inOrder = (_: unknown, rank: number): number[] => Array.from({ length: rank }, (__, i) => i)

export function invertPermutation(dims: readonly number[]): number[] {
  const inverse = new Array<number>(dims.length)
  dims.forEach((dim, i) => {
    inverse[dim] = i
  })
  return inverse
}

/** Dimension i of the result is dimension dims[i] of the argument. */
export const permuteOp: Primitive<DimsAttrs> = {
  name: "permute",
  key: ({ dims }) => dims.join(","),
  shape: ([x], { dims }) =>
    aval(
      dims.map((dim) => x!.shape[dim]!),
      x!.dtype,
    ),
  jvp: ([t], _, { dims }) => permute(t!, dims),
  vjp: (ct, _, { dims }) => [permute(ct, invertPermutation(dims))],
  vmap: ([x], _, __, { dims }) => permute(x!, [0, ...shiftDims(dims)]),
  lower: {
    kind: "view",
    index: (index, { dims }) => invertPermutation(dims).map((at) => index[at]!),
  },
}

/** The same values, computed once and kept in memory, whoever uses them. */
export const materializeOp: Primitive<NoAttrs> = {
  name: "materialize",
  key: () => "",
  shape: ([x]) => x!,
  jvp: ([t]) => t!,
  vjp: (ct) => [ct],
  vmap: ([x]) => materialize(x!),
  lower: { kind: "view", stored: true, index: (index) => [...index] },
}

export function materialize(x: Node): Node {
  return makeNode(materializeOp, [x], noAttrs)
}

export function permute(x: Node, dims: readonly number[]): Node {
  return dims.every((dim, i) => dim === i) ? x : makeNode(permuteOp, [x], { dims })
}

/** Moves one dimension to the front. */
export function toFront(x: Node, dim: number): Node {
  return permute(x, [dim, ...x.shape.map((_, i) => i).filter((i) => i !== dim)])
}

/** Elements start, start + step, … of each dimension, `size` of them; step may be negative. */
export interface SliceAttrs {
  readonly start: readonly number[]
  readonly size: readonly number[]
  readonly step: readonly number[]
}

export const sliceOp: Primitive<SliceAttrs> = {
  name: "slice",
  key: ({ start, size, step }) => `${start.join(",")}|${size.join(",")}|${step.join(",")}`,
  shape: ([x], { size }) => aval(size, x!.dtype),
  jvp: ([t], _, attrs) => makeNode(sliceOp, [t!], attrs),
  vjp: (ct, node, attrs) => [unslice(ct, node.inputs[0]!.shape, attrs)],
  vmap: ([x], _, size, attrs) =>
    makeNode(sliceOp, [x!], {
      start: [0, ...attrs.start],
      size: [size, ...attrs.size],
      step: [1, ...attrs.step],
    }),
  lower: {
    kind: "view",
    index: (index, { start, step }) => index.map((i, dim) => i.mul(step[dim]!).add(start[dim]!)),
  },
}

export function slice(x: Node, attrs: SliceAttrs): Node {
  const whole = x.shape.every(
    (size, i) => attrs.start[i] === 0 && attrs.size[i] === size && attrs.step[i] === 1,
  )
  if (whole) return x
  const { part } = x.op as Primitive
  const contiguous = x.pending && attrs.step.every((step) => step === 1)
  const direct = contiguous && part !== undefined ? part(x, x.attrs, attrs.start, attrs.size) : null
  return direct ?? makeNode(sliceOp, [x], attrs)
}

/** start … start + size - 1 of one dimension. */
export function sliceDim(x: Node, dim: number, start: number, size: number, step = 1): Node {
  return slice(x, {
    start: x.shape.map((_, i) => (i === dim ? start : 0)),
    size: x.shape.map((full, i) => (i === dim ? size : full)),
    step: x.shape.map((_, i) => (i === dim ? step : 1)),
  })
}

/** Reverses dimensions. */
export function flip(x: Node, dims: readonly number[]): Node {
  return slice(x, {
    start: x.shape.map((size, i) => (dims.includes(i) ? Math.max(size - 1, 0) : 0)),
    size: x.shape,
    step: x.shape.map((_, i) => (dims.includes(i) ? -1 : 1)),
  })
}

/** Adjoint of a slice: the elements back in their places, zero elsewhere. */
function unslice(ct: Node, shape: Shape, { start, size, step }: SliceAttrs): Node {
  const reversed = step.flatMap((s, dim) => (s < 0 ? [dim] : []))
  const low = start.map((first, dim) => (step[dim]! < 0 ? first + step[dim]! * (size[dim]! - 1) : first))
  const interior = step.map((s) => Math.abs(s) - 1)
  const empty = size.some((n) => n === 0)
  return pad(flip(ct, reversed), { shape, low: empty ? shape.map(() => 0) : low, interior, value: 0 })
}

/** Places the argument in a larger tensor: element i lands at low + i·(interior + 1), `value` fills the rest. */
export interface PadAttrs {
  readonly shape: Shape
  readonly low: readonly number[]
  readonly interior: readonly number[]
  readonly value: number
}

export const padOp: Primitive<PadAttrs> = {
  name: "pad",
  key: ({ shape, low, interior, value }) =>
    `${shape.join(",")}|${low.join(",")}|${interior.join(",")}|${value}`,
  shape: ([x], { shape }) => aval(shape, x!.dtype),
  jvp: ([t], _, attrs) => pad(t!, { ...attrs, value: 0 }),
  vjp: (ct, node, { low, interior }) => {
    return [slice(ct, { start: low, size: node.inputs[0]!.shape, step: interior.map((gap) => gap + 1) })]
  },
  vmap: ([x], _, size, { shape, low, interior, value }) =>
    pad(x!, { shape: [size, ...shape], low: [0, ...low], interior: [0, ...interior], value }),
  sum: sideBySide,
  lower: {
    kind: "push",
    accumulate: false,
    fill: ({ value }) => value,
    parts: (_, { low, interior }) => [
      { input: 0, target: (index) => index.map((i, dim) => i.mul(interior[dim]! + 1).add(low[dim]!)) },
    ],
    order: inOrder,
  },
}

export function pad(x: Node, attrs: PadAttrs): Node {
  const same = x.shape.every((size, i) => size === attrs.shape[i])
  return same ? x : makeNode(padOp, [x], attrs)
}

/**
 * Padded tensors that fill parts of one dimension with no gap between them, joined: what the parts of a tensor (a split,
 * the steps of a sequence) get back as its gradient costs one pass, and not one for each of them.
 */
function sideBySide(nodes: readonly Node[]): Node | null {
  const attrs = nodes.map((node) => node.attrs as unknown as PadAttrs)
  const pieces = nodes.map((node) => node.inputs[0]!)
  const [{ shape }] = attrs as [PadAttrs]
  const dim = shape.findIndex((size, i) => pieces[0]!.shape[i] !== size)
  const alike = attrs.every(({ value, interior, low }, n) =>
    shape.every(
      (size, i) =>
        value === 0 && interior[i] === 0 && (i === dim || (low[i] === 0 && pieces[n]!.shape[i] === size)),
    ),
  )
  if (!alike) return null
  const order = pieces
    .map((piece, n) => ({ piece, from: attrs[n]!.low[dim]!, to: attrs[n]!.low[dim]! + piece.shape[dim]! }))
    .sort((a, b) => a.from - b.from)
  if (order.some(({ from }, n) => n > 0 && from !== order[n - 1]!.to)) return null
  const low = shape.map((_, i) => (i === dim ? order[0]!.from : 0))
  const all = joined(
    order.map(({ piece }) => piece),
    dim,
  )
  return pad(all, { shape, low, interior: shape.map(() => 0), value: 0 })
}

/** Tensors one after another along a dimension. */
export interface CatAttrs {
  readonly dim: number
}

export const catOp: Primitive<CatAttrs> = {
  name: "cat",
  key: ({ dim }) => String(dim),
  shape: (inputs, { dim }) => {
    const size = inputs.reduce((total, input) => total + input.shape[dim]!, 0)
    return aval(
      inputs[0]!.shape.map((s, i) => (i === dim ? size : s)),
      inputs[0]!.dtype,
    )
  },
  jvp: (tangents, node, { dim }) =>
    cat(
      tangents.map((t, i) => t ?? constantLike(node.inputs[i]!, 0)),
      dim,
    ),
  vjp: (ct, node, { dim }) => {
    let start = 0
    return node.inputs.map(({ shape }) => {
      const part = sliceDim(ct, dim, start, shape[dim]!)
      start += shape[dim]!
      return part
    })
  },
  vmap: (inputs, batched, size, { dim }) =>
    cat(
      inputs.map((x, i) => withBatch(x, batched[i]!, size)),
      dim + 1,
    ),
  lower: {
    kind: "push",
    accumulate: false,
    fill: () => null,
    parts: (inputs, { dim }) => {
      let start = 0
      return inputs.map(({ shape }, input) => {
        const offset = start
        start += shape[dim]!
        return { input, target: (index) => index.map((i, d) => (d === dim ? i.add(offset) : i)) }
      })
    },
    order: inOrder,
  },
}

export function cat(inputs: readonly Node[], dim: number): Node {
  return inputs.length === 1 ? inputs[0]! : makeNode(catOp, inputs, { dim })
}

/** A kernel takes only so many arguments. */
const MOST_JOINED = 64

/** Any number of tensors one after another along a dimension. */
export function joined(inputs: readonly Node[], dim: number): Node {
  if (inputs.length <= MOST_JOINED) return cat(inputs, dim)
  const groups = Array.from({ length: Math.ceil(inputs.length / MOST_JOINED) }, (_, g) =>
    cat(inputs.slice(g * MOST_JOINED, (g + 1) * MOST_JOINED), dim),
  )
  return joined(groups, dim)
}

/** The diagonals of the last two dimensions (equal sizes) as a new last dimension. */
export const diagonalOp: Primitive<NoAttrs> = {
  name: "diagonal",
  key: () => "",
  shape: ([x]) => aval(x!.shape.slice(0, -1), x!.dtype),
  jvp: ([t]) => diagonal(t!),
  vjp: (ct) => [diagonalEmbed(ct)],
  vmap: ([x]) => diagonal(x!),
  lower: { kind: "view", index: (index) => [...index, index.at(-1)!] },
}

export function diagonal(x: Node): Node {
  return makeNode(diagonalOp, [x], noAttrs)
}

/** Square matrices with the last dimension on their diagonals and zeros elsewhere. */
export const diagonalEmbedOp: Primitive<NoAttrs> = {
  name: "diagonalEmbed",
  key: () => "",
  shape: ([x]) => aval([...x!.shape, x!.shape.at(-1)!], x!.dtype),
  jvp: ([t]) => diagonalEmbed(t!),
  vjp: (ct) => [diagonal(ct)],
  vmap: ([x]) => diagonalEmbed(x!),
  lower: {
    kind: "push",
    accumulate: false,
    fill: () => 0,
    parts: () => [{ input: 0, target: (index) => [...index, index.at(-1)!] }],
    order: inOrder,
  },
}

export function diagonalEmbed(x: Node): Node {
  return makeNode(diagonalEmbedOp, [x], noAttrs)
}

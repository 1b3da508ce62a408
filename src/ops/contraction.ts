import type { Shape } from "../base/index.ts"
import { internalError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Index } from "../kernel/index.ts"
import { add } from "./arithmetic.ts"
import type { ContractionDims, Primitive } from "./record.ts"
import { invertPermutation, joined, permute, permuteOp, toFront } from "./views.ts"

/** Dimensions that are neither batch nor contracted, in order. */
export function freeDims(rank: number, batch: readonly number[], contract: readonly number[]): number[] {
  return Array.from({ length: rank }, (_, i) => i).filter((i) => !batch.includes(i) && !contract.includes(i))
}

function sizes(shape: Shape, dims: readonly number[]): number[] {
  return dims.map((dim) => shape[dim]!)
}

const range = (start: number, length: number): number[] => Array.from({ length }, (_, i) => start + i)

/** Index of an argument from its batch, free and contracted parts. */
function argumentIndex(
  rank: number,
  batch: readonly number[],
  contract: readonly number[],
  parts: { batch: readonly Index[]; free: readonly Index[]; contract: readonly Index[] },
): Index[] {
  let f = 0
  return range(0, rank).map((dim) => {
    const b = batch.indexOf(dim)
    if (b >= 0) return parts.batch[b]!
    const c = contract.indexOf(dim)
    return c >= 0 ? parts.contract[c]! : parts.free[f++]!
  })
}

/**
 * out[batch, i, j] = Σ_k lhs[batch, i, k]·rhs[batch, j, k], where batch, i, j and k each stand for any number of
 * dimensions. Every matrix product, einsum and convolution is one of these.
 */
export const dotOp: Primitive<ContractionDims> = {
  name: "dot",
  key: ({ lhsBatch, rhsBatch, lhsContract, rhsContract }) =>
    `${lhsBatch.join(",")}|${rhsBatch.join(",")}|${lhsContract.join(",")}|${rhsContract.join(",")}`,
  shape: ([x, y], { lhsBatch, rhsBatch, lhsContract, rhsContract }) => {
    const pairs = [
      ...lhsBatch.map((d, i) => [d, rhsBatch[i]!]),
      ...lhsContract.map((d, i) => [d, rhsContract[i]!]),
    ]
    if (pairs.some(([l, r]) => x!.shape[l!] !== y!.shape[r!]) || x!.dtype !== y!.dtype) {
      throw internalError(`contraction of ${x!.dtype}[${x!.shape}] and ${y!.dtype}[${y!.shape}]`)
    }
    const free = [
      ...sizes(x!.shape, freeDims(x!.shape.length, lhsBatch, lhsContract)),
      ...sizes(y!.shape, freeDims(y!.shape.length, rhsBatch, rhsContract)),
    ]
    return aval([...sizes(x!.shape, lhsBatch), ...free], x!.dtype)
  },
  jvp: ([s, t], { inputs: [x, y] }, dims) => {
    const left = s === null ? null : dot(s!, y!, dims)
    const right = t === null ? null : dot(x!, t!, dims)
    return left === null ? right : right === null ? left : add(left, right)
  },
  vjp: (ct, { inputs: [x, y] }, dims, needed) => [
    needed[0] ? lhsCotangent(ct, x!, y!, dims) : null,
    needed[1] ? rhsCotangent(ct, x!, y!, dims) : null,
  ],
  vmap: ([x, y], batched, _, dims) => batchedDot(x!, y!, batched, dims),
  sum: (nodes) => joinedProduct(nodes),
  lower: {
    kind: "contraction",
    dims: (attrs) => attrs,
    reducer: () => ({ op: "add", identity: 0 }),
    extents: ([x], { lhsContract }) => sizes(x!.shape, lhsContract),
    value: (pull, index, reduced) => {
      const { lhsBatch, rhsBatch, lhsContract, rhsContract } = pull.attrs
      const [x, y] = pull.inputs
      const batch = index.slice(0, lhsBatch.length)
      const lhsFree = x!.shape.length - lhsBatch.length - lhsContract.length
      const i = index.slice(batch.length, batch.length + lhsFree)
      const j = index.slice(batch.length + lhsFree)
      const a = pull.input(
        0,
        argumentIndex(x!.shape.length, lhsBatch, lhsContract, { batch, free: i, contract: reduced }),
      )
      const b = pull.input(
        1,
        argumentIndex(y!.shape.length, rhsBatch, rhsContract, { batch, free: j, contract: reduced }),
      )
      return pull.b.binary("mul", a, b)
    },
  },
}

export function dot(x: Node, y: Node, dims: ContractionDims): Node {
  const lhs = unpermuted(x, dims.lhsBatch, dims.lhsContract)
  const rhs = unpermuted(y, dims.rhsBatch, dims.rhsContract)
  return makeNode(dotOp, [lhs.node, rhs.node], {
    lhsBatch: lhs.batch,
    rhsBatch: rhs.batch,
    lhsContract: lhs.contract,
    rhsContract: rhs.contract,
  })
}

/** An argument without its permutation, so that its gradient comes in its own order too. */
function unpermuted(
  node: Node,
  batch: readonly number[],
  contract: readonly number[],
): { node: Node; batch: readonly number[]; contract: readonly number[] } {
  if (node.op !== permuteOp || !node.pending) return { node, batch, contract }
  const { dims } = node.attrs as { dims: readonly number[] }
  const free = freeDims(node.shape.length, batch, contract).map((dim) => dims[dim]!)
  if (free.some((dim, i) => i > 0 && dim < free[i - 1]!)) return { node, batch, contract }
  const [input] = node.inputs as [Node]
  // The product is computed from it, though it does not name it.
  node.used = true
  return unpermuted(
    input,
    batch.map((dim) => dims[dim]!),
    contract.map((dim) => dims[dim]!),
  )
}

/** ∂/∂lhs: contract the cotangent with rhs over rhs's free dimensions. */
function lhsCotangent(ct: Node, x: Node, y: Node, dims: ContractionDims): Node {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dims
  const nb = lhsBatch.length
  const lhsFree = freeDims(x.shape.length, lhsBatch, lhsContract)
  const rhsFree = freeDims(y.shape.length, rhsBatch, rhsContract)
  // What is left of rhs are its contracted dimensions, in rhs's order.
  const contract = [...rhsContract].sort((a, b) => a - b).map((dim) => lhsContract[rhsContract.indexOf(dim)]!)
  return productInOrder(
    { node: ct, batch: range(0, nb), contract: range(nb + lhsFree.length, rhsFree.length), leaves: lhsFree },
    { node: y, batch: rhsBatch, contract: rhsFree, leaves: contract },
    lhsBatch,
  )
}

/** ∂/∂rhs: contract lhs with the cotangent over lhs's free dimensions. */
function rhsCotangent(ct: Node, x: Node, y: Node, dims: ContractionDims): Node {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dims
  const nb = lhsBatch.length
  const lhsFree = freeDims(x.shape.length, lhsBatch, lhsContract)
  const rhsFree = freeDims(y.shape.length, rhsBatch, rhsContract)
  const contract = [...lhsContract].sort((a, b) => a - b).map((dim) => rhsContract[lhsContract.indexOf(dim)]!)
  return productInOrder(
    { node: x, batch: lhsBatch, contract: lhsFree, leaves: contract },
    { node: ct, batch: range(0, nb), contract: range(nb, lhsFree.length), leaves: rhsFree },
    rhsBatch,
  )
}

interface Factor {
  readonly node: Node
  readonly batch: readonly number[]
  readonly contract: readonly number[]
  /** Which dimensions of the result its free ones are. */
  readonly leaves: readonly number[]
}

/** A product with its dimensions in order: the factors stand in that order which needs no permutation, if one does. */
function productInOrder(left: Factor, right: Factor, batch: readonly number[]): Node {
  const made = (a: Factor, b: Factor): number[] => [...batch, ...a.leaves, ...b.leaves]
  const inOrder = (order: readonly number[]): boolean => order.every((dim, i) => dim === i)
  const turned = !inOrder(made(left, right)) && inOrder(made(right, left))
  const [a, b] = turned ? [right, left] : [left, right]
  const out = dot(a.node, b.node, {
    lhsBatch: a.batch,
    rhsBatch: b.batch,
    lhsContract: a.contract,
    rhsContract: b.contract,
  })
  return permute(out, invertPermutation(made(a, b)))
}

/**
 * Σₜ aₜ·bₜ is one product of the aₜ side by side with the bₜ below each other (the gradient of weights that every step
 * of a sequence uses), where copying the arguments takes less than adding the results.
 */
function joinedProduct(nodes: readonly Node[]): Node | null {
  const [{ attrs, aval: out }] = nodes as [Node]
  const dims = attrs as unknown as ContractionDims
  const [left, right] = [0, 1].map((side) => nodes.map((node) => node.inputs[side]!)) as [Node[], Node[]]
  const alike = nodes.every(({ aval: other, attrs }, n) => {
    const same = dotOp.key(attrs as unknown as ContractionDims) === dotOp.key(dims)
    const shapes = [left, right].every((side) => side[n]!.shape.join() === side[0]!.shape.join())
    return same && shapes && other === out
  })
  if (!alike || dims.lhsContract.length === 0) return null
  if (left[0]!.aval.size + right[0]!.aval.size > out.size) return null
  const [l, r] = [dims.lhsContract[0]!, dims.rhsContract[0]!]
  return dot(joined(left, l), joined(right, r), dims)
}

const shift = (dims: readonly number[]): number[] => dims.map((dim) => dim + 1)

function batchedDot(x: Node, y: Node, [left, right]: readonly boolean[], dims: ContractionDims): Node {
  const lhs = left ? { lhsBatch: shift(dims.lhsBatch), lhsContract: shift(dims.lhsContract) } : dims
  const rhs = right ? { rhsBatch: shift(dims.rhsBatch), rhsContract: shift(dims.rhsContract) } : dims
  const { lhsBatch, lhsContract } = lhs
  const { rhsBatch, rhsContract } = rhs
  if (left && right) {
    return dot(x, y, { lhsBatch: [0, ...lhsBatch], rhsBatch: [0, ...rhsBatch], lhsContract, rhsContract })
  }
  const out = dot(x, y, { lhsBatch, rhsBatch, lhsContract, rhsContract })
  // The mapped dimension is the first free one of its argument.
  const lhsFree = x.shape.length - lhsBatch.length - lhsContract.length
  return toFront(out, left ? lhsBatch.length : lhsBatch.length + lhsFree)
}

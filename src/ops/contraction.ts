import type { Shape } from "../base/index.ts"
import { internalError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { aval, makeNode } from "../graph/index.ts"
import type { Index } from "../kernel/index.ts"
import { add } from "./arithmetic.ts"
import type { ContractionDims, Primitive } from "./record.ts"
import { invertPermutation, permute, toFront } from "./views.ts"

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
  return makeNode(dotOp, [x, y], dims)
}

/** ∂/∂lhs: contract the cotangent with rhs over rhs's free dimensions. */
function lhsCotangent(ct: Node, x: Node, y: Node, dims: ContractionDims): Node {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dims
  const nb = lhsBatch.length
  const lhsFree = freeDims(x.shape.length, lhsBatch, lhsContract)
  const rhsFree = freeDims(y.shape.length, rhsBatch, rhsContract)
  const out = dot(ct, y, {
    lhsBatch: range(0, nb),
    rhsBatch,
    lhsContract: range(nb + lhsFree.length, rhsFree.length),
    rhsContract: rhsFree,
  })
  // The result's last dimensions are rhs's contracted ones in rhs's order.
  const contract = [...rhsContract].sort((a, b) => a - b).map((dim) => lhsContract[rhsContract.indexOf(dim)]!)
  return permute(out, invertPermutation([...lhsBatch, ...lhsFree, ...contract]))
}

/** ∂/∂rhs: contract lhs with the cotangent over lhs's free dimensions. */
function rhsCotangent(ct: Node, x: Node, y: Node, dims: ContractionDims): Node {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dims
  const nb = lhsBatch.length
  const lhsFree = freeDims(x.shape.length, lhsBatch, lhsContract)
  const rhsFree = freeDims(y.shape.length, rhsBatch, rhsContract)
  const out = dot(x, ct, {
    lhsBatch,
    rhsBatch: range(0, nb),
    lhsContract: lhsFree,
    rhsContract: range(nb, lhsFree.length),
  })
  const contract = [...lhsContract].sort((a, b) => a - b).map((dim) => rhsContract[lhsContract.indexOf(dim)]!)
  return permute(out, invertPermutation([...rhsBatch, ...contract, ...rhsFree]))
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

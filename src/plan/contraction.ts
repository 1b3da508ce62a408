import type { Capabilities } from "../base/index.ts"
import { isFloating } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { GemmOperand, Kernel, StridedDim } from "../kernel/index.ts"
import { flattenIndex, gemm, gemmTile, Index, wideGemmTile } from "../kernel/index.ts"
import type { ContractionDims, Primitive } from "../ops/index.ts"
import { freeDims, primitiveOf, scalarType } from "../ops/index.ts"

/** Products below this many multiplications cost less in a plain loop than packing them would. */
const TILING_THRESHOLD = 4096

interface Extents {
  readonly rows: number
  readonly columns: number
  readonly depth: number
}

function contractionDims(node: Node): ContractionDims {
  const { lower } = primitiveOf(node) as Primitive & { lower: { kind: string } }
  if (lower.kind !== "contraction") throw new Error("not a contraction")
  return lower.dims(node.attrs)
}

function extents(node: Node): Extents {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = contractionDims(node)
  const [x, y] = node.inputs
  const product = (shape: readonly number[], dims: readonly number[]): number =>
    dims.reduce((n, dim) => n * shape[dim]!, 1)
  return {
    rows: product(x!.shape, freeDims(x!.shape.length, lhsBatch, lhsContract)),
    columns: product(y!.shape, freeDims(y!.shape.length, rhsBatch, rhsContract)),
    depth: product(x!.shape, lhsContract),
  }
}

/** Whether a contraction is large enough in every direction for packing and register tiles. */
export function worthTiling(node: Node): boolean {
  const { rows, columns, depth } = extents(node)
  if (!isFloating(node.aval.dtype) || Math.min(rows, columns) < 3 || depth < 4) return false
  return rows * columns * depth >= TILING_THRESHOLD
}

/** Strides of a view on the buffer behind it, or null when the view is not one stride a dimension. */
export function affineOperand(node: Node, base: Node): { strides: number[]; offset: number } | null {
  const symbols = node.shape.map((size, i) => ({ id: -1_000_000 - i, min: 0, max: Math.max(size - 1, 0) }))
  let index: Index[] = symbols.map((symbol) => Index.symbol(symbol))
  let current = node
  while (current !== base) {
    const { lower } = primitiveOf(current)
    if (lower.kind !== "view") return null
    const [input] = current.inputs
    index = lower.index(index, current.attrs, input!.shape)
    current = input!
  }
  const flat = flattenIndex(index, base.shape)
  const strides = symbols.map((symbol) => flat.coefficientOf(symbol))
  if (strides.some((stride) => stride === undefined)) return null
  return { strides: strides as number[], offset: flat.constant }
}

/** A tiled kernel for a contraction, and the nodes whose buffers it reads. */
export function lowerContraction(
  node: Node,
  isStored: (node: Node) => boolean,
  device: Capabilities,
): { kernel: Kernel; reads: Node[] } {
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = contractionDims(node)
  const [x, y] = node.inputs
  const lhs = operand(x!, isStored, lhsBatch, lhsContract)
  const rhs = operand(y!, isStored, rhsBatch, rhsContract)
  const { rows, columns, depth } = extents(node)
  const kernel = gemm(
    `dot_${rows}x${columns}x${depth}`,
    scalarType(node.aval),
    lhs.operand,
    rhs.operand,
    device.tileVectorBytes === undefined
      ? gemmTile(device.fusedMultiplyAdd, device.vectorBytes, device.threads)
      : wideGemmTile(columns, device.threads),
  )
  return { kernel, reads: [lhs.base, rhs.base] }
}

function operand(
  node: Node,
  isStored: (node: Node) => boolean,
  batch: readonly number[],
  contract: readonly number[],
): { operand: GemmOperand; base: Node } {
  let base = node
  while (!isStored(base)) base = base.inputs[0]!
  const affine = affineOperand(node, base)!
  const strided = (dims: readonly number[]): StridedDim[] =>
    dims.map((dim) => ({ extent: node.shape[dim]!, stride: affine.strides[dim]! }))
  return {
    base,
    operand: {
      length: base.aval.size,
      offset: affine.offset,
      batch: strided(batch),
      free: strided(freeDims(node.shape.length, batch, contract)),
      contract: strided(contract),
    },
  }
}

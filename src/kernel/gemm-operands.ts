import type { MatrixProduct, Scalar } from "./ir.ts"

/** One dimension of an operand: how many elements, and how far apart in memory. */
export interface StridedDim {
  readonly extent: number
  readonly stride: number
}

/** An argument as it lies in memory: a view of a buffer with the dimensions sorted by their part in the product. */
export interface GemmOperand {
  readonly length: number
  readonly offset: number
  readonly batch: readonly StridedDim[]
  /** Rows of the left argument, columns of the right one. */
  readonly free: readonly StridedDim[]
  readonly contract: readonly StridedDim[]
}

export interface GemmTile {
  readonly vectorBytes: number
  /** Whether a multiply-add is one instruction; otherwise what it takes to address the panels counts. */
  readonly fused: boolean
  /** Rows of the register tile. */
  readonly rows: number
  /** Columns of the register tile, in vectors. */
  readonly vectors: number
  /** Blocks of rows, columns and summands that fit the caches. */
  readonly blockRows: number
  readonly blockColumns: number
  readonly blockDepth: number
  /** Parts of the result that threads compute at once. */
  readonly parts: number
}

/**
 * Register tiles for 16 registers. With a fused multiply-add, 6 × 2 vectors: 12 accumulators, 2 columns and
 * a broadcast row fill them. Without one each product needs a register of its own, and 4 × 2 are faster by half.
 */
export function gemmTile(fusedMultiplyAdd: boolean, vectorBytes = 16, parts = 1): GemmTile {
  const rows = fusedMultiplyAdd ? 6 : 4
  return {
    vectorBytes,
    fused: fusedMultiplyAdd,
    rows,
    vectors: 2,
    blockRows: 32 * rows,
    blockColumns: 512,
    blockDepth: 384,
    parts,
  }
}

/**
 * The register tile for 32 registers of 64 bytes: 8 × 2 vectors. Where much of so wide a tile would lie beyond the last
 * column, vectors of half the width are used.
 */
export function wideGemmTile(columns: number, parts = 1): GemmTile {
  const padded = (width: number): number => Math.ceil(columns / width) * width
  const vectorBytes = padded(32) > 1.25 * padded(16) ? 32 : 64
  return {
    vectorBytes,
    fused: true,
    rows: 8,
    vectors: 2,
    blockRows: 96,
    blockColumns: 512,
    blockDepth: 512,
    parts,
  }
}

/** Elements along dimensions. */
export const count = (dims: readonly StridedDim[]): number => dims.reduce((n, { extent }) => n * extent, 1)

/** Joins neighbouring dimensions that are one stride in memory. */
export function coalesce(dims: readonly StridedDim[]): StridedDim[] {
  const out: StridedDim[] = []
  for (const dim of dims) {
    if (dim.extent === 1) continue
    const last = out.at(-1)
    if (last !== undefined && last.stride === dim.stride * dim.extent) {
      out[out.length - 1] = { extent: last.extent * dim.extent, stride: dim.stride }
    } else out.push(dim)
  }
  return out
}

/** The distance of neighbours along dimensions, or null when it is not the same everywhere. */
export function strideOf(dims: readonly StridedDim[]): number | null {
  const joined = coalesce(dims)
  return joined.length > 1 ? null : (joined[0]?.stride ?? 0)
}

/** The product as one of matrices, when either argument has one stride for its rows and one for its columns. */
export function matrixProduct(type: Scalar, lhs: GemmOperand, rhs: GemmOperand): MatrixProduct | null {
  const [leftRow, leftColumn] = [strideOf(lhs.free), strideOf(lhs.contract)]
  const [rightRow, rightColumn] = [strideOf(rhs.contract), strideOf(rhs.free)]
  if (type !== "f32" && type !== "f64") return null
  if (leftRow === null || leftColumn === null || rightRow === null || rightColumn === null) return null
  // Libraries take no matrix that runs backwards through memory.
  if (Math.min(leftRow, leftColumn, rightRow, rightColumn) < 0) return null
  return {
    type,
    batch: lhs.batch.map(({ extent, stride }, i) => ({ extent, lhs: stride, rhs: rhs.batch[i]!.stride })),
    rows: count(lhs.free),
    columns: count(rhs.free),
    depth: count(lhs.contract),
    lhs: { offset: lhs.offset, rowStride: leftRow, columnStride: leftColumn },
    rhs: { offset: rhs.offset, rowStride: rightRow, columnStride: rightColumn },
  }
}

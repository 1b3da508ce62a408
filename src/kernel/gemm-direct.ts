import type { GemmOperand } from "./gemm-operands.ts"
import { count, strideOf } from "./gemm-operands.ts"
import type { Scalar } from "./ir.ts"

/** How far apart neighbours of an argument lie that is read where it is. */
export interface DirectStrides {
  readonly free: number
  readonly contract: number
}

/** Bytes of an argument that stays in the nearest cache. */
const NEAR = 2 ** 15
/** Tiles that share a packed element, below which packing takes longer than it saves. */
const FEW_TILES = 2

/** The register tile, and whether threads compute parts of the result. */
export interface DirectUse {
  readonly rows: number
  readonly columns: number
  readonly parted: boolean
}

/**
 * Which arguments need no packing: those that stay in the nearest cache as they are, or of which few tiles use an
 * element. Single elements of the left one are read, so that it may lie in any order; vectors of the right one, whose
 * columns must be neighbours. The last tile overlaps its neighbour where there is not enough for a whole one, so
 * there must be one, and it must be the same thread's. Only where a multiply-add is one instruction: elsewhere what
 * counts are instructions for addresses, of which panels of one pitch need fewest.
 */
export function directStrides(
  type: Scalar,
  lhs: GemmOperand,
  rhs: GemmOperand,
  tile: DirectUse,
): { lhs: DirectStrides | null; rhs: DirectStrides | null } {
  const [rows, columns, depth] = [count(lhs.free), count(rhs.free), count(lhs.contract)]
  const bytes = type === "f64" ? 8 : 4
  const pays = (extent: number, tiles: number): boolean =>
    extent * depth * bytes <= NEAR || tiles <= FEW_TILES
  const fits = (extent: number, size: number): boolean => (tile.parted ? extent % size === 0 : extent >= size)
  const left = strides(lhs)
  const right = strides(rhs)
  const takesLeft = fits(rows, tile.rows) && pays(rows, columns / tile.columns)
  const takesRight = right?.free === 1 && fits(columns, tile.columns) && pays(columns, rows / tile.rows)
  return { lhs: takesLeft ? left : null, rhs: takesRight ? right : null }
}

function strides({ free, contract }: GemmOperand): DirectStrides | null {
  const [outer, inner] = [strideOf(free), strideOf(contract)]
  return outer === null || inner === null ? null : { free: outer, contract: inner }
}

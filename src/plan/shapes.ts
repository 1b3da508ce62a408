import type { Lanes, Stmt } from "../kernel/index.ts"
import type { Group, Groups } from "./loops.ts"

/** The shape of a kernel's loops: which neighbouring dimensions run as one, and where the vectors lie. */
export interface LoopShape {
  readonly outer: Groups
  readonly inner: Groups
  readonly outerLanes: Lanes
  readonly innerLanes: Lanes
  /**
   * Rows of a reduction that are reduced at a time, for all results; 0: all rows for one result (or vector of
   * results) after the other.
   */
  readonly blockRows: number
}

/** Whether two shapes give the same loops; `lanes` says whether the inner lanes make a difference. */
export function sameLoops(a: LoopShape, b: LoopShape, lanes: boolean): boolean {
  if (a.outerLanes !== b.outerLanes || a.blockRows !== b.blockRows) return false
  return (
    (!lanes || a.innerLanes === b.innerLanes) && sameGroups(a.outer, b.outer) && sameGroups(a.inner, b.inner)
  )
}

const sameGroups = (a: Groups, b: Groups): boolean =>
  a.length === b.length && a.every((group, g) => sameGroup(group, b[g]!))

const sameGroup = (a: Group, b: Group): boolean =>
  a.unit === b.unit &&
  a.dims.length === b.dims.length &&
  a.dims.every((dim, i) => dim === b.dims[i] && a.extents[i] === b.extents[i])

export function hasVectorLoop(stmts: readonly Stmt[]): boolean {
  return stmts.some(
    (stmt) =>
      (stmt.kind === "for" && (stmt.step > 1 || hasVectorLoop(stmt.body))) ||
      (stmt.kind === "if" && (hasVectorLoop(stmt.then) || hasVectorLoop(stmt.else))),
  )
}

/** The same loops with each of the others innermost in turn: what is far apart along one may be neighbours there. */
export function reordered(shape: LoopShape, lanes: Lanes): LoopShape[] {
  const { outer } = shape
  return outer.slice(0, -1).flatMap((group, g) => {
    if (extentOf(group) < lanes) return []
    const order = [...outer.slice(0, g), ...outer.slice(g + 1), group]
    return [{ ...shape, outer: order, outerLanes: lanes, innerLanes: 1 as Lanes }]
  })
}

/**
 * Loops over dimensions that reshapes behind them see as several: one loop for each of those. `units` are the numbers
 * by which indices were divided, for each dimension.
 */
export function splitDimensions(
  extents: readonly number[],
  units: ReadonlyMap<number, ReadonlySet<number>>,
): Groups | null {
  const out: Group[] = []
  for (const [dim, extent] of extents.entries()) {
    let above = extent
    for (const unit of [...(units.get(dim) ?? [])].sort((a, b) => b - a)) {
      if (unit >= above || above % unit !== 0) continue
      out.push({ dims: [dim], extents: [above / unit], unit })
      above = unit
    }
    out.push(
      above === extent ? { dims: [dim], extents: [extent] } : { dims: [dim], extents: [above], unit: 1 },
    )
  }
  return out.length > extents.length ? out : null
}

export const extentOf = ({ extents }: Group): number => extents.reduce((n, extent) => n * extent, 1)

/** Rows that a block has at least: so many lines of memory are read side by side. */
const BLOCK_ROWS = 8
/** Below this many elements everything is in the nearest cache anyway. */
const BLOCKED_ELEMENTS = 16384
/** Partial sums of one result: more rows than this many blocks hold make larger blocks, for the sake of rounding. */
const BLOCKS = 512

/**
 * Rows to reduce at a time where the results lie side by side and the elements of each are far apart: taken result by
 * result, such a sum would fetch a line of memory for every vector. 0 where that is not so.
 */
export function rowsOfBlock(shape: LoopShape): number {
  const [reduced] = shape.inner
  const results = shape.outer.at(-1)
  if (reduced === undefined || results === undefined) return 0
  const [rows, columns] = [extentOf(reduced), extentOf(results)]
  if (shape.outerLanes === 1 || columns < 4 * shape.outerLanes) return 0
  if (rows < 4 * BLOCK_ROWS || rows * columns < BLOCKED_ELEMENTS) return 0
  return Math.max(BLOCK_ROWS, Math.ceil(rows / BLOCKS))
}

/** Columns that go down the rows together: strips may run at once on several threads. */
const STRIP = 512

/** The widest strip that divides all columns evenly, or all of them where that would be narrow. */
export function stripWidth(columns: number, lanes: Lanes): number {
  for (let width = STRIP; width >= STRIP / 8; width -= lanes) if (columns % width === 0) return width
  return columns
}

import type { Code } from "./code.ts"
import { int } from "./code.ts"
import * as ir from "./expr.ts"
import type { Expr, Lanes, Scalar, Variable } from "./ir.ts"

/** What the register tile works on. */
export interface TileFrame {
  readonly code: Code
  readonly type: Scalar
  readonly lanes: Lanes
  /** Rows of the register tile, and its columns in vectors. */
  readonly rows: number
  readonly vectors: number
  /** Packed panels or the argument itself, and how far apart neighbouring summands (and rows of a tile) lie there. */
  readonly lhs: { readonly buffer: number; readonly pitch: number; readonly step: number }
  readonly rhs: { readonly buffer: number; readonly pitch: number }
}

/**
 * The sums of a tile. Panels of one pitch share one loop variable: of the 30 instructions of a turn that fill the
 * processor's width, addresses then take 3 and not 5.
 */
export function tileSums(frame: TileFrame, panelLhs: Expr, panelRhs: Expr, depth: Expr): Variable[][] {
  const { code, type, lanes, rows, vectors, lhs, rhs } = frame
  const sums = Array.from({ length: rows }, () =>
    Array.from({ length: vectors }, () => code.variable(ir.constant(type, 0, lanes))),
  )
  const turn = (left: Expr, right: Expr): void => {
    const columns = Array.from({ length: vectors }, (_, v) =>
      code.bind(code.load(rhs.buffer, ir.add(right, int(v * lanes)), lanes)),
    )
    sums.forEach((row, r) => {
      const factor = code.bind(ir.splat(code.load(lhs.buffer, ir.add(left, int(r * lhs.step))), lanes))
      row.forEach((variable, v) => {
        code.assign(variable, ir.multiplyAdd(factor, columns[v]!, ir.use(variable)))
      })
    })
  }
  if (lhs.pitch === rhs.pitch) {
    const end = code.bind(ir.mul(depth, int(lhs.pitch)))
    code.for(int(0), end, lhs.pitch, (k) => turn(ir.add(panelLhs, k), ir.add(panelRhs, k)))
  } else {
    code.for(int(0), depth, 1, (k) => {
      const left = code.bind(ir.add(panelLhs, ir.mul(k, int(lhs.pitch))))
      turn(left, code.bind(ir.add(panelRhs, ir.mul(k, int(rhs.pitch)))))
    })
  }
  return sums
}

/** Where a tile's sums go: element (row, column) at base + row·columns + column, as far as it exists. */
export interface TilePlace {
  readonly buffer: number
  readonly spill: number
  readonly base: Expr
  readonly row: Expr
  readonly column: Expr
  readonly rows: number
  readonly columns: number
  /** Whether the sums overwrite what is there; otherwise they are added to it. Null: always. */
  readonly first: Expr | null
}

export function storeTile(frame: TileFrame, sums: readonly (readonly Variable[])[], place: TilePlace): void {
  const { code, rows, vectors, lanes } = frame
  const width = vectors * lanes
  const fits = ir.binary(
    "and",
    ir.compare("le", ir.add(place.row, int(rows)), int(place.rows)),
    ir.compare("le", ir.add(place.column, int(width)), int(place.columns)),
  )
  const corner = code.bind(ir.add(ir.add(place.base, ir.mul(place.row, int(place.columns))), place.column))
  const whole = (adds: boolean): void =>
    sums.forEach((row, r) => {
      row.forEach((variable, v) => {
        const index = ir.add(corner, int(r * place.columns + v * lanes))
        const sum = ir.use(variable)
        code.store(place.buffer, index, adds ? ir.add(code.load(place.buffer, index, lanes), sum) : sum)
      })
    })
  code.if(
    fits,
    () => either(code, place.first, whole),
    () => storeEdge(frame, sums, place, corner),
  )
}

function either(code: Code, first: Expr | null, store: (adds: boolean) => void): void {
  if (first === null) return store(false)
  code.if(
    first,
    () => store(false),
    () => store(true),
  )
}

/** A tile that the result's edge cuts: through memory, element by element. */
function storeEdge(
  { code, rows, vectors, lanes }: TileFrame,
  sums: readonly (readonly Variable[])[],
  place: TilePlace,
  corner: Expr,
): void {
  const width = vectors * lanes
  sums.forEach((row, r) => {
    row.forEach((variable, v) => {
      code.store(place.spill, int(r * width + v * lanes), ir.use(variable))
    })
  })
  const height = code.bind(ir.binary("min", int(rows), ir.sub(int(place.rows), place.row)))
  const breadth = code.bind(ir.binary("min", int(width), ir.sub(int(place.columns), place.column)))
  const elements = (adds: boolean): void =>
    code.for(int(0), height, 1, (r) => {
      const start = code.bind(ir.add(corner, ir.mul(r, int(place.columns))))
      const from = code.bind(ir.mul(r, int(width)))
      code.for(int(0), breadth, 1, (c) => {
        const index = code.bind(ir.add(start, c))
        const sum = code.load(place.spill, ir.add(from, c))
        code.store(place.buffer, index, adds ? ir.add(code.load(place.buffer, index), sum) : sum)
      })
    })
  either(code, place.first, elements)
}

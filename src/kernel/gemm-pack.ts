import type { Code } from "./code.ts"
import { int } from "./code.ts"
import * as ir from "./expr.ts"
import type { StridedDim } from "./gemm-operands.ts"
import { coalesce, count } from "./gemm-operands.ts"
import type { Expr, Lanes } from "./ir.ts"

/** Where the i-th element along a group of dimensions lies. */
export interface Addressing {
  at(i: Expr): Expr
  /** Distance of neighbours, when it is the same everywhere. */
  readonly stride: number | null
  /** So many elements at a time are neighbours in memory. */
  readonly run: number
}

/** A linear address where the dimensions coalesce, otherwise a table that is filled at the kernel's start. */
export function addressing(code: Code, dims: readonly StridedDim[]): Addressing {
  const joined = coalesce(dims)
  if (joined.length <= 1) {
    const stride = joined[0]?.stride ?? 0
    return { at: (i) => ir.mul(i, int(stride)), stride, run: stride === 1 ? Infinity : 1 }
  }
  const table = code.scratch("i32", count(joined))
  fillTable(code, table, joined, int(0), int(0))
  const inner = joined.at(-1)!
  return { at: (i) => code.load(table, i), stride: null, run: inner.stride === 1 ? inner.extent : 1 }
}

function fillTable(
  code: Code,
  table: number,
  dims: readonly StridedDim[],
  position: Expr,
  address: Expr,
): void {
  const [dim, ...inner] = dims
  if (dim === undefined) {
    code.store(table, position, address)
    return
  }
  code.for(int(0), int(dim.extent), 1, (i) => {
    const next = code.bind(ir.add(position, ir.mul(i, int(count(inner)))))
    fillTable(code, table, inner, next, code.bind(ir.add(address, ir.mul(i, int(dim.stride)))))
  })
}

/** An argument of the product: its buffer, and how its free and its contracted dimensions lie there. */
export interface Source {
  readonly buffer: number
  readonly free: Addressing
  readonly contract: Addressing
  /** Elements along the free dimensions. */
  readonly extent: number
}

/** Where to pack to: panels of `width` free elements; (f, k) of a panel at k·width + f. */
export interface Panels {
  readonly buffer: number
  readonly width: number
  readonly lanes: Lanes
}

/** The part of an argument to pack: free elements from `start` on, contracted ones from `k0` on. */
export interface Part {
  readonly base: Expr
  readonly start: Expr
  readonly size: Expr
  readonly k0: Expr
  readonly depth: Expr
}

export const panelCount = (size: Expr, width: number): Expr =>
  ir.binary("div", ir.add(size, int(width - 1)), int(width))

/** Packs a part into panels. Elements beyond the last repeat it; nobody reads what becomes of them. */
export function pack(code: Code, source: Source, panels: Panels, part: Part): void {
  const { free, contract, buffer } = source
  const { width, lanes } = panels
  const { base, start, size, k0, depth } = part
  code.for(int(0), panelCount(size, width), 1, (panel) => {
    const first = code.bind(ir.add(start, ir.mul(panel, int(width))))
    const target = code.bind(ir.mul(ir.mul(panel, int(width)), depth))
    const starts = Array.from({ length: width }, (_, f) => {
      const element = ir.binary("min", ir.add(first, int(f)), int(source.extent - 1))
      return code.bind(ir.add(base, free.at(element)))
    })
    const copyFrom = (begin: Expr, end: Expr, pieces: readonly Piece[]): void =>
      code.for(begin, end, 1, (k) => {
        const along = code.bind(contract.at(ir.add(k0, k)))
        const to = code.bind(ir.add(target, ir.mul(k, int(width))))
        for (const { at, gathered, length, run } of pieces) {
          const load = (f: number, n: Lanes): Expr => code.load(buffer, ir.add(starts[at + f]!, along), n)
          const elements = Array.from({ length: gathered ? length : 0 }, (_, f) => load(f, 1))
          const value = gathered ? assembled(elements) : load(0, length)
          const upTo = ir.sub(starts[at + length - 1]!, int(length - 1))
          const joined = (first: Expr): Expr =>
            ir.select(first, value, code.load(buffer, ir.add(upTo, along), length))
          code.store(panels.buffer, ir.add(to, int(at)), run === null ? value : joined(run))
        }
      })
    const turn = (pieces: readonly Piece[]): void => {
      const whole = code.bind(ir.binary("and", depth, int(-SQUARE)))
      code.for(int(0), whole, SQUARE, (k) => {
        const [along, ...others] = summands(code, contract, ir.add(k0, k))
        const squares = (): void => {
          const to = code.bind(ir.add(target, ir.mul(k, int(width))))
          for (const { at, length } of pieces) {
            const rows = starts
              .slice(at, at + length)
              .map((start) => code.bind(code.load(buffer, ir.add(start, along!), SQUARE)))
            transposed(code, rows).forEach((value, i) => {
              code.store(panels.buffer, ir.add(to, int(i * width + at)), value)
            })
          }
        }
        if (others.length === 0) return squares()
        // A run ends within the square now and then.
        const neighbours = others.map((other, i) => ir.compare("eq", other, ir.add(along!, int(i + 1))))
        code.if(
          neighbours.reduce((a, b) => ir.binary("and", a, b)),
          squares,
          () => copyFrom(k, code.bind(ir.add(k, int(SQUARE))), pieces),
        )
      })
      copyFrom(whole, depth, pieces)
    }
    const squares = lanes >= SQUARE && free.run < Math.min(contract.run, LONG_RUN)
    if (squares) return turn(pieces(width, SQUARE))
    copyPanel(code, source, pieces(width, lanes), starts, (all) => copyFrom(int(0), depth, all))
  })
}

/** Where four neighbouring summands lie; the first alone where that tells. */
function summands(code: Code, contract: Addressing, k: Expr): Expr[] {
  const count = contract.stride === 1 ? 1 : SQUARE
  return Array.from({ length: count }, (_, i) => code.bind(contract.at(ir.add(k, int(i)))))
}

/** Neighbours along the free dimensions that are better taken as they lie, whatever lies along the summands. */
const LONG_RUN = 8

/** Rows and columns of the blocks that are transposed in registers. */
const SQUARE = 4

/** Four vectors from the lanes of four (in two rounds of neighbours, for which machines have instructions) or of one. */
function transposed(code: Code, rows: readonly Expr[]): Expr[] {
  const pick = (a: Expr, b: Expr, lanes: readonly [number, number]): Expr =>
    code.bind(ir.assemble(lanes.flatMap((lane) => [ir.extract(a, lane), ir.extract(b, lane)])))
  const pairs = (a: Expr, b: Expr, lanes: readonly [number, number]): Expr =>
    ir.assemble([...lanes.map((lane) => ir.extract(a, lane)), ...lanes.map((lane) => ir.extract(b, lane))])
  const [a, b, c, d] = rows
  if (b === undefined || c === undefined || d === undefined) {
    return Array.from({ length: SQUARE }, (_, lane) => ir.extract(a!, lane))
  }
  const [low, high] = [
    [pick(a!, b, [0, 1]), pick(c, d, [0, 1])],
    [pick(a!, b, [2, 3]), pick(c, d, [2, 3])],
  ] as const
  return [
    pairs(low[0], low[1], [0, 1]),
    pairs(low[0], low[1], [2, 3]),
    pairs(high[0], high[1], [0, 1]),
    pairs(high[0], high[1], [2, 3]),
  ]
}

const assembled = (elements: readonly Expr[]): Expr =>
  elements.length === 1 ? elements[0]! : ir.assemble(elements)

/** Neighbouring elements of a panel that are moved together. */
interface Piece {
  readonly at: number
  readonly length: Lanes
  /** They lie apart in memory. */
  readonly gathered: boolean
  /** For a vector of two runs of neighbours, where a row of an image ends: which elements are those of the first. */
  readonly run: Expr | null
}

/** Vectors, and single elements at the end where the width is no multiple of a vector. */
function pieces(width: number, lanes: Lanes): Piece[] {
  const out: Piece[] = []
  for (let at = 0; at < width; ) {
    const length = at + lanes <= width ? lanes : 1
    out.push({ at, length, gathered: true, run: null })
    at += length
  }
  return out
}

const whole = (piece: Piece): Piece => ({ ...piece, gathered: false })

/** Takes vectors from memory where neighbours are neighbours there. */
function copyPanel(
  code: Code,
  { free, extent }: Source,
  all: readonly Piece[],
  starts: readonly Expr[],
  copy: (pieces: readonly Piece[]) => void,
): void {
  const width = starts.length
  if (free.stride !== null && free.stride !== 1) return copy(all)
  if (free.stride === 1 && extent % width === 0) return copy(all.map(whole))
  // Neighbours are neighbours in memory in most panels, but not where a row of the image ends. Each pair counts: that
  // the last lies as far from the first as it should says nothing where elements repeat or are out of order.
  const together = (from: number, to: number): Expr =>
    starts
      .slice(from, to)
      .map((start, i) => ir.compare("eq", ir.sub(starts[from + i + 1]!, start), int(1)))
      .reduce((a, b) => ir.binary("and", a, b))
  code.if(
    together(0, width - 1),
    () => copy(all.map(whole)),
    () => {
      for (const piece of all) {
        if (piece.length === 1) copy([piece])
        else {
          code.if(
            together(piece.at, piece.at + piece.length - 1),
            () => copy([whole(piece)]),
            // Of two elements that lie apart there is nothing to take together.
            () => (piece.length > 2 ? copyRuns(code, piece, starts, copy) : copy([piece])),
          )
        }
      }
    },
  )
}

/**
 * A vector whose elements are in two runs of neighbours is two vectors from memory, one from where the first element
 * lies, and one up to where the last lies: neither reads beyond the elements as long as the second begins later.
 */
function copyRuns(
  code: Code,
  piece: Piece,
  starts: readonly Expr[],
  copy: (pieces: readonly Piece[]) => void,
): void {
  const { at, length } = piece
  const origins = Array.from({ length }, (_, f) => code.bind(ir.sub(starts[at + f]!, int(f))))
  const [first, last] = [origins[0]!, origins[length - 1]!]
  const eitherOne = origins
    .slice(1, -1)
    .map((origin) => ir.binary("or", ir.compare("eq", origin, first), ir.compare("eq", origin, last)))
  const two = eitherOne.reduce((a, b) => ir.binary("and", a, b), ir.compare("gt", last, first))
  code.if(
    two,
    () => {
      const run = code.bind(ir.compare("eq", ir.assemble(origins), ir.splat(first, length)))
      copy([{ ...whole(piece), run }])
    },
    () => copy([piece]),
  )
}

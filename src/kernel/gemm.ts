import { Code, int } from "./code.ts"
import * as ir from "./expr.ts"
import type { DirectStrides } from "./gemm-direct.ts"
import { directStrides } from "./gemm-direct.ts"
import type { ProductSize } from "./gemm-division.ts"
import { partsOf, slicesOf } from "./gemm-division.ts"
import type { GemmOperand, GemmTile } from "./gemm-operands.ts"
import { count, matrixProduct } from "./gemm-operands.ts"
import type { Panels, Source } from "./gemm-pack.ts"
import { addressing, pack, panelCount } from "./gemm-pack.ts"
import type { TileFrame } from "./gemm-tile.ts"
import { storeTile, tileSums } from "./gemm-tile.ts"
import type { Expr, Kernel, Lanes, Parallel, Scalar } from "./ir.ts"

/**
 * out[batch, i, j] = Σ_k lhs[batch, i, k]·rhs[batch, k, j], contiguous, by the method of Goto and van de Geijn (2008):
 * blocks of both arguments are packed into panels, so that the register tile reads memory in order whatever the view
 * was. Buffers: lhs, rhs, out, then scratch.
 */
export function gemm(name: string, type: Scalar, lhs: GemmOperand, rhs: GemmOperand, tile: GemmTile): Kernel {
  return new GemmWriter(type, lhs, rhs, tile).write(name)
}

/** Neighbouring rows, columns or summands: `size` of them, which is `most` at most. */
interface Span {
  readonly start: Expr
  readonly size: Expr
  readonly most: number
}

const wholeOf = (size: number): Span => ({ start: int(0), size: int(size), most: size })

/** What one turn of the shared loop computes: a part of the result from a slice of the summands. */
interface Part {
  readonly batch: Expr
  readonly rows: Span
  readonly columns: Span
  readonly depth: Span
  /** Where the result of the batch begins. */
  readonly base: Expr
}

/** Where the arguments of the batch begin. */
interface Bases {
  readonly left: Expr
  readonly right: Expr
}

/** The part of the result, and of the summands, that one pair of packed blocks makes. */
interface Block {
  readonly i0: Expr
  readonly rows: Expr
  readonly j0: Expr
  readonly columns: Expr
  readonly depth: Expr
  /** Whether these are the first summands of the part's sums; null: they are the only ones. */
  readonly first: Expr | null
}

class GemmWriter {
  private readonly type: Scalar
  private readonly tile: GemmTile
  private readonly lhs: GemmOperand
  private readonly rhs: GemmOperand
  private readonly rows: number
  private readonly columns: number
  private readonly depth: number
  private readonly batches: number
  /** Sums over how many slices of the summands are computed apart, and how many summands a slice has. */
  private readonly slices: number
  private readonly slice: number
  /** Summands that are packed at once. */
  private readonly deep: number
  /** Rows of a panel, and columns of one. */
  private readonly height: number
  private readonly width: number
  private readonly code = new Code()
  private readonly out: number
  /** Where the tiles' sums go: the result, or sums of slices, slice by slice. */
  private readonly sums: number
  /** How an argument lies that is read where it is, or where the other one is packed to. */
  private readonly direct: { readonly lhs: DirectStrides | null; readonly rhs: DirectStrides | null }
  private readonly packedLhs: Panels | null
  private readonly packedRhs: Panels | null
  private readonly spill: number
  private readonly frame: TileFrame

  constructor(type: Scalar, lhs: GemmOperand, rhs: GemmOperand, tile: GemmTile) {
    const { code } = this
    const lanes = (tile.vectorBytes / (type === "f64" ? 8 : 4)) as Lanes
    this.type = type
    this.tile = tile
    this.lhs = lhs
    this.rhs = rhs
    this.rows = count(lhs.free)
    this.columns = count(rhs.free)
    this.depth = count(lhs.contract)
    this.batches = count(lhs.batch)
    this.slices = slicesOf(this.size())
    this.slice = Math.ceil(this.depth / this.slices)
    this.deep = Math.ceil(this.slice / Math.ceil(this.slice / tile.blockDepth))
    this.width = tile.vectors * lanes
    this.direct =
      tile.fused && this.deep === this.depth
        ? directStrides(type, lhs, rhs, {
            rows: tile.rows,
            columns: this.width,
            parted: partsOf(this.size(), tile.parts) > 1,
          })
        : { lhs: null, rhs: null }
    const alone = this.direct.lhs !== null || this.direct.rhs !== null
    this.height = alone ? tile.rows : panelHeight(tile, this.width, this.rows)
    code.buffer(type, lhs.length, "read")
    code.buffer(type, rhs.length, "read")
    const results = this.batches * this.rows * this.columns
    this.out = code.buffer(type, results, "write")
    this.sums = this.slices === 1 ? this.out : code.scratch(type, this.slices * results)
    const panels = (block: number, extent: number, width: number): Panels => {
      const length = Math.ceil(Math.min(block, extent) / width) * width * this.deep
      return { buffer: code.scratch(type, length), width, lanes }
    }
    this.packedLhs = this.direct.lhs === null ? panels(tile.blockRows, this.rows, this.height) : null
    this.packedRhs = this.direct.rhs === null ? panels(tile.blockColumns, this.columns, this.width) : null
    this.spill = code.scratch(type, tile.rows * this.width)
    this.frame = {
      code,
      type,
      lanes,
      rows: tile.rows,
      vectors: tile.vectors,
      lhs:
        this.packedLhs === null
          ? { buffer: 0, pitch: this.direct.lhs!.contract, step: this.direct.lhs!.free }
          : { buffer: this.packedLhs.buffer, pitch: this.height, step: 1 },
      rhs:
        this.packedRhs === null
          ? { buffer: 1, pitch: this.direct.rhs!.contract }
          : { buffer: this.packedRhs.buffer, pitch: this.width },
    }
  }

  write(name: string): Kernel {
    const { lhs, rhs, code } = this
    const batches = [addressing(code, lhs.batch), addressing(code, rhs.batch)] as const
    const left = this.source(0, lhs, this.rows)
    const right = this.source(1, rhs, this.columns)
    const { packedLhs, packedRhs } = this
    const packed = [packedLhs, packedRhs].flatMap((panels) => (panels === null ? [] : [panels.buffer]))
    const own = { scratch: [...packed, this.spill] }
    this.forParts(own, (part) => {
      const baseLeft = code.bind(ir.add(int(lhs.offset), batches[0].at(part.batch)))
      const baseRight = code.bind(ir.add(int(rhs.offset), batches[1].at(part.batch)))
      const alone = this.deep === part.depth.most
      this.forBlocks(part.columns, this.tile.blockColumns, (j0, columns) => {
        this.forBlocks(part.depth, this.deep, (k0, depth) => {
          const first = alone ? null : ir.compare("eq", k0, part.depth.start)
          if (packedRhs !== null)
            pack(code, right, packedRhs, { base: baseRight, start: j0, size: columns, k0, depth })
          this.forBlocks(part.rows, this.tile.blockRows, (i0, rows) => {
            if (packedLhs !== null)
              pack(code, left, packedLhs, { base: baseLeft, start: i0, size: rows, k0, depth })
            this.tiles(
              part.base,
              { left: baseLeft, right: baseRight },
              { i0, rows, j0, columns, depth, first },
            )
          })
        })
      })
    })
    if (this.slices > 1) this.addSlices()
    const flops = 2 * this.batches * this.rows * this.columns * this.depth
    const meaning = matrixProduct(this.type, lhs, rhs)
    return { ...code.finish(name), flops, ...(meaning === null ? {} : { product: meaning }) }
  }

  private size(): ProductSize {
    const { batches, rows, columns, depth } = this
    return { batches, rows, columns, depth }
  }

  private source(buffer: number, { free, contract }: GemmOperand, extent: number): Source {
    return {
      buffer,
      free: addressing(this.code, free),
      contract: addressing(this.code, contract),
      extent,
    }
  }

  private forBlocks(span: Span, block: number, body: (start: Expr, size: Expr) => void): void {
    if (span.most <= block) return body(span.start, span.size)
    const end = this.code.bind(ir.add(span.start, span.size))
    this.code.for(span.start, end, block, (start) => {
      body(start, this.code.bind(ir.binary("min", int(block), ir.sub(end, start))))
    })
  }

  /** One loop over all parts and slices of all batches: its turns are what threads share. */
  private forParts(own: Parallel, body: (part: Part) => void): void {
    const { rows, columns, depth, slice, slices, batches, code } = this
    const wanted = partsOf(this.size(), this.tile.parts)
    const byRows = rows >= columns
    const [extent, unit] = byRows ? [rows, this.height] : [columns, this.width]
    const most = wanted === 1 ? extent : Math.ceil(extent / wanted / unit) * unit
    const parts = Math.ceil(extent / most)
    const cut = (number: Expr, whole: number, most: number): Span => {
      const start = code.bind(ir.mul(number, int(most)))
      return { start, size: code.bind(ir.binary("min", int(most), ir.sub(int(whole), start))), most }
    }
    // A turn is a batch, a part or a slice of one: what is divided by parts has no slices.
    const pieces = parts * slices
    const turn = (number: Expr): void => {
      const batch = pieces === 1 ? number : code.bind(ir.binary("div", number, int(pieces)))
      const piece = pieces === 1 ? int(0) : code.bind(ir.binary("rem", number, int(pieces)))
      const span = parts === 1 ? wholeOf(extent) : cut(piece, extent, most)
      const base = ir.mul(batch, int(rows * columns))
      body({
        batch,
        rows: byRows ? span : wholeOf(rows),
        columns: byRows ? wholeOf(columns) : span,
        depth: slices === 1 ? wholeOf(depth) : cut(piece, depth, slice),
        base: code.bind(slices === 1 ? base : ir.add(base, ir.mul(piece, int(batches * rows * columns)))),
      })
    }
    const apart = this.tile.parts > 1 || slices > 1 ? own : undefined
    code.for(int(0), int(batches * pieces), 1, turn, apart)
  }

  /** The result from the sums of slices, always in their order. */
  private addSlices(): void {
    const { code, sums, out, slices } = this
    const results = this.batches * this.rows * this.columns
    const add = (from: number, to: number, lanes: Lanes): void =>
      code.for(int(from), int(to), lanes, (i) => {
        let total = code.bind(code.load(sums, i, lanes))
        for (let slice = 1; slice < slices; slice++) {
          total = code.bind(ir.add(total, code.load(sums, ir.add(i, int(slice * results)), lanes)))
        }
        code.store(out, i, total)
      })
    const whole = results - (results % this.frame.lanes)
    if (whole > 0) add(0, whole, this.frame.lanes)
    if (whole < results) add(whole, results, 1)
  }

  /** All tiles of a block. Rows outside, so that the result is written along its rows. */
  private tiles(base: Expr, bases: Bases, { i0, rows, j0, columns, depth, first }: Block): void {
    const { code, height, width, tile, frame, direct } = this
    // What is read where it lies has no room behind its end: the last tile begins before the one before it ends.
    const place = (start: Expr, within: Expr, extent: number, size: number, overlaps: boolean): Expr => {
      const at = ir.add(start, within)
      return code.bind(overlaps && extent % size !== 0 ? ir.binary("min", at, int(extent - size)) : at)
    }
    code.for(int(0), panelCount(rows, height), 1, (ip) => {
      const top = code.bind(ir.mul(ip, int(height)))
      const row = place(i0, top, this.rows, height, direct.lhs !== null)
      const panelLhs =
        direct.lhs === null
          ? code.bind(ir.mul(top, depth))
          : code.bind(ir.add(bases.left, ir.mul(row, int(direct.lhs.free))))
      const within = code.bind(ir.binary("min", int(height), ir.sub(rows, top)))
      code.for(int(0), panelCount(columns, width), 1, (jp) => {
        const left = ir.mul(jp, int(width))
        const column = place(j0, left, this.columns, width, direct.rhs !== null)
        const panelRhs =
          direct.rhs === null ? code.bind(ir.mul(left, depth)) : code.bind(ir.add(bases.right, column))
        const one = (r: Expr): void => {
          const sums = tileSums(frame, code.bind(ir.add(panelLhs, r)), panelRhs, depth)
          storeTile(frame, sums, {
            buffer: this.sums,
            spill: this.spill,
            base,
            row: code.bind(ir.add(row, r)),
            column,
            rows: this.rows,
            columns: this.columns,
            first,
          })
        }
        if (height === tile.rows) one(int(0))
        else code.for(int(0), within, tile.rows, one)
      })
    })
  }
}

/** Rows of a panel: those of several tiles, where the panels of both arguments then have one pitch. */
function panelHeight({ rows, fused }: GemmTile, width: number, extent: number): number {
  return !fused && width % rows === 0 && extent > rows ? width : rows
}

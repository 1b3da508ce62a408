import { Code, int } from "./code.ts"
import * as ir from "./expr.ts"
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

/** Multiplications below which a product is not divided. */
const PART_WORK = 2 ** 19
/** Rows or columns that a part should have, and at least half as many. */
const PART_EXTENT = 128

/** The part of the result, and of the summands, that one pair of packed blocks makes. */
interface Block {
  readonly i0: Expr
  readonly rows: Expr
  readonly j0: Expr
  readonly columns: Expr
  readonly k0: Expr
  readonly depth: Expr
}

class GemmWriter {
  private readonly type: Scalar
  private readonly tile: GemmTile
  private readonly lhs: GemmOperand
  private readonly rhs: GemmOperand
  private readonly rows: number
  private readonly columns: number
  private readonly depth: number
  /** Summands that are packed at once. */
  private readonly deep: number
  /** Rows of a panel, and columns of one. */
  private readonly height: number
  private readonly width: number
  private readonly code = new Code()
  private readonly out: number
  private readonly packedLhs: Panels
  private readonly packedRhs: Panels
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
    this.deep = Math.ceil(this.depth / Math.ceil(this.depth / tile.blockDepth))
    this.width = tile.vectors * lanes
    this.height = panelHeight(tile, this.width, this.rows)
    code.buffer(type, lhs.length, "read")
    code.buffer(type, rhs.length, "read")
    this.out = code.buffer(type, count(lhs.batch) * this.rows * this.columns, "write")
    const panels = (block: number, extent: number, width: number): Panels => {
      const length = Math.ceil(Math.min(block, extent) / width) * width * this.deep
      return { buffer: code.scratch(type, length), width, lanes }
    }
    this.packedLhs = panels(tile.blockRows, this.rows, this.height)
    this.packedRhs = panels(tile.blockColumns, this.columns, this.width)
    this.spill = code.scratch(type, tile.rows * this.width)
    this.frame = {
      code,
      type,
      lanes,
      rows: tile.rows,
      vectors: tile.vectors,
      lhs: { buffer: this.packedLhs.buffer, pitch: this.height },
      rhs: { buffer: this.packedRhs.buffer, pitch: this.width },
    }
  }

  write(name: string): Kernel {
    const { lhs, rhs, code } = this
    const batches = [addressing(code, lhs.batch), addressing(code, rhs.batch)] as const
    const left = this.source(0, lhs, this.rows)
    const right = this.source(1, rhs, this.columns)
    const own = { scratch: [this.packedLhs.buffer, this.packedRhs.buffer, this.spill] }
    const product = (batch: Expr, partRows: Span, partColumns: Span): void => {
      const baseLeft = code.bind(ir.add(int(lhs.offset), batches[0].at(batch)))
      const baseRight = code.bind(ir.add(int(rhs.offset), batches[1].at(batch)))
      const baseOut = code.bind(ir.mul(batch, int(this.rows * this.columns)))
      this.forBlocks(partColumns, this.tile.blockColumns, (j0, columns) => {
        this.forBlocks(wholeOf(this.depth), this.deep, (k0, depth) => {
          pack(code, right, this.packedRhs, { base: baseRight, start: j0, size: columns, k0, depth })
          this.forBlocks(partRows, this.tile.blockRows, (i0, rows) => {
            pack(code, left, this.packedLhs, { base: baseLeft, start: i0, size: rows, k0, depth })
            this.tiles(baseOut, { i0, rows, j0, columns, k0, depth })
          })
        })
      })
    }
    this.forParts(this.tile.parts > 1 ? own : undefined, product)
    const flops = 2 * count(lhs.batch) * this.rows * this.columns * this.depth
    const meaning = matrixProduct(this.type, lhs, rhs)
    return { ...code.finish(name), flops, ...(meaning === null ? {} : { product: meaning }) }
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

  /**
   * Parts of the rows, or of the columns where there are more of them. Each packs all of the other argument, so that it
   * must be long enough for that to be little; and even numbers of parts are shared out best.
   */
  private parts(): number {
    const { rows, columns, depth, tile } = this
    const busy = tile.parts > 1 && count(this.lhs.batch) < tile.parts && rows * columns * depth >= PART_WORK
    if (!busy) return 1
    const extent = Math.max(rows, columns)
    const most = Math.min(
      tile.parts,
      Math.max(Math.floor(extent / PART_EXTENT), extent >= PART_EXTENT ? 2 : 1),
    )
    return most < tile.parts && most > 1 ? most - (most % 2) : most
  }

  /** One loop over all parts of all batches: its turns are what threads share. */
  private forParts(own: Parallel | undefined, body: (batch: Expr, rows: Span, columns: Span) => void): void {
    const { rows, columns, code } = this
    const batches = count(this.lhs.batch)
    const [all, across] = [wholeOf(rows), wholeOf(columns)]
    const wanted = this.parts()
    if (wanted === 1) return code.for(int(0), int(batches), 1, (batch) => body(batch, all, across), own)
    const byRows = rows >= columns
    const [extent, unit] = byRows ? [rows, this.height] : [columns, this.width]
    const most = Math.ceil(extent / wanted / unit) * unit
    const parts = Math.ceil(extent / most)
    const turn = (number: Expr): void => {
      const batch = code.bind(ir.binary("div", number, int(parts)))
      const start = code.bind(ir.mul(ir.binary("rem", number, int(parts)), int(most)))
      const size = code.bind(ir.binary("min", int(most), ir.sub(int(extent), start)))
      const span = { start, size, most }
      if (byRows) body(batch, span, across)
      else body(batch, all, span)
    }
    code.for(int(0), int(batches * parts), 1, turn, own)
  }

  /** All tiles of a block. Rows outside, so that the result is written along its rows. */
  private tiles(base: Expr, { i0, rows, j0, columns, k0, depth }: Block): void {
    const { code, height, width, tile, frame } = this
    code.for(int(0), panelCount(rows, height), 1, (ip) => {
      const top = code.bind(ir.mul(ip, int(height)))
      const panelLhs = code.bind(ir.mul(top, depth))
      const within = code.bind(ir.binary("min", int(height), ir.sub(rows, top)))
      code.for(int(0), panelCount(columns, width), 1, (jp) => {
        const panelRhs = code.bind(ir.mul(ir.mul(jp, int(width)), depth))
        const column = code.bind(ir.add(j0, ir.mul(jp, int(width))))
        const one = (r: Expr): void => {
          const sums = tileSums(frame, code.bind(ir.add(panelLhs, r)), panelRhs, depth)
          storeTile(frame, sums, {
            buffer: this.out,
            spill: this.spill,
            base,
            row: code.bind(ir.add(ir.add(i0, top), r)),
            column,
            rows: this.rows,
            columns: this.columns,
            first: this.deep === this.depth ? null : ir.compare("eq", k0, int(0)),
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

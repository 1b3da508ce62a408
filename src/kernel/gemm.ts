import { Code, int } from "./code.ts"
import * as ir from "./expr.ts"
import type { GemmOperand, GemmTile, StridedDim } from "./gemm-operands.ts"
import { coalesce, count, matrixProduct } from "./gemm-operands.ts"
import type { Expr, Kernel, Lanes, Parallel, Scalar, Variable } from "./ir.ts"

/**
 * out[batch, i, j] = Σ_k lhs[batch, i, k]·rhs[batch, k, j], contiguous, by the method of Goto and van de Geijn (2008):
 * blocks of both arguments are packed into panels, so that the register tile reads memory in order whatever the view
 * was. Buffers: lhs, rhs, out, then scratch.
 */
export function gemm(name: string, type: Scalar, lhs: GemmOperand, rhs: GemmOperand, tile: GemmTile): Kernel {
  return new GemmWriter(type, lhs, rhs, tile).write(name)
}

/** Where the i-th element along a group of dimensions lies. */
interface Addressing {
  at(i: Expr): Expr
  /** Distance of neighbours, when it is the same everywhere. */
  readonly stride: number | null
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

class GemmWriter {
  private readonly type: Scalar
  private readonly lanes: Lanes
  private readonly tile: GemmTile
  private readonly lhs: GemmOperand
  private readonly rhs: GemmOperand
  private readonly rows: number
  private readonly columns: number
  private readonly depth: number
  private readonly code = new Code()
  private readonly packedLhs: number
  private readonly packedRhs: number
  private readonly spill: number

  constructor(type: Scalar, lhs: GemmOperand, rhs: GemmOperand, tile: GemmTile) {
    this.type = type
    this.lanes = (tile.vectorBytes / (type === "f64" ? 8 : 4)) as Lanes
    this.tile = tile
    this.lhs = lhs
    this.rhs = rhs
    this.rows = count(lhs.free)
    this.columns = count(rhs.free)
    this.depth = count(lhs.contract)
    const width = tile.vectors * this.lanes
    const deep = Math.min(tile.blockDepth, this.depth)
    const panelRows = Math.ceil(Math.min(tile.blockRows, this.rows) / tile.rows) * tile.rows
    const panelColumns = Math.ceil(Math.min(tile.blockColumns, this.columns) / width) * width
    this.code.buffer(type, lhs.length, "read")
    this.code.buffer(type, rhs.length, "read")
    this.code.buffer(type, count(lhs.batch) * this.rows * this.columns, "write")
    this.packedLhs = this.code.scratch(type, panelRows * deep)
    this.packedRhs = this.code.scratch(type, panelColumns * deep)
    this.spill = this.code.scratch(type, tile.rows * width)
  }

  // Addresses --------------------------------------------------------------------------------------------------------

  /** A linear address where the dimensions coalesce, otherwise a table that is filled at the kernel's start. */
  private addressing(dims: readonly StridedDim[]): Addressing {
    const joined = coalesce(dims)
    if (joined.length <= 1) {
      const stride = joined[0]?.stride ?? 0
      return { at: (i) => ir.mul(i, int(stride)), stride }
    }
    const table = this.code.scratch("i32", count(joined))
    this.fillTable(table, joined, int(0), int(0))
    return { at: (i) => this.code.load(table, i), stride: null }
  }

  private fillTable(table: number, dims: readonly StridedDim[], position: Expr, address: Expr): void {
    const [dim, ...inner] = dims
    if (dim === undefined) {
      this.code.store(table, position, address)
      return
    }
    this.code.for(int(0), int(dim.extent), 1, (i) => {
      const next = this.code.bind(ir.add(position, ir.mul(i, int(count(inner)))))
      this.fillTable(table, inner, next, this.code.bind(ir.add(address, ir.mul(i, int(dim.stride)))))
    })
  }

  // The product ------------------------------------------------------------------------------------------------------

  write(name: string): Kernel {
    const { lhs, rhs } = this
    const batches = [this.addressing(lhs.batch), this.addressing(rhs.batch)] as const
    const left = { free: this.addressing(lhs.free), contract: this.addressing(lhs.contract) }
    const right = { free: this.addressing(rhs.free), contract: this.addressing(rhs.contract) }
    const own = { scratch: [this.packedLhs, this.packedRhs, this.spill] }
    const divided = this.parts() > 1
    const product = (batch: Expr): void => {
      const baseLeft = this.code.bind(ir.add(int(lhs.offset), batches[0].at(batch)))
      const baseRight = this.code.bind(ir.add(int(rhs.offset), batches[1].at(batch)))
      const baseOut = this.code.bind(ir.mul(batch, int(this.rows * this.columns)))
      this.forParts(own, (partRows, partColumns) => {
        this.forBlocks(partColumns, this.tile.blockColumns, (j0, columns) => {
          this.forBlocks(wholeOf(this.depth), this.tile.blockDepth, (k0, depth) => {
            this.packRhs(baseRight, right.free, right.contract, { j0, columns, k0, depth })
            this.forBlocks(partRows, this.tile.blockRows, (i0, rows) => {
              this.packLhs(baseLeft, left.free, left.contract, { i0, rows, k0, depth })
              this.tiles(baseOut, { i0, rows, j0, columns, k0, depth })
            })
          })
        })
      })
    }
    const shared = this.tile.parts > 1 && !divided
    this.code.for(int(0), int(count(lhs.batch)), 1, product, shared ? own : undefined)
    const flops = 2 * count(lhs.batch) * this.rows * this.columns * this.depth
    const meaning = matrixProduct(this.type, lhs, rhs)
    return { ...this.code.finish(name), flops, ...(meaning === null ? {} : { product: meaning }) }
  }

  private forBlocks(span: Span, block: number, body: (start: Expr, size: Expr) => void): void {
    if (span.most <= block) return body(span.start, span.size)
    const end = this.code.bind(ir.add(span.start, span.size))
    this.code.for(span.start, end, block, (start) => {
      body(start, this.code.bind(ir.binary("min", int(block), ir.sub(end, start))))
    })
  }

  /** Rows, or columns where there are more of them, in parts that begin at the edge of a tile. */
  private parts(): number {
    const { rows, columns, depth, tile } = this
    const [extent, unit] = rows >= columns ? [rows, tile.rows] : [columns, tile.vectors * this.lanes]
    const busy = tile.parts > 1 && count(this.lhs.batch) < tile.parts && rows * columns * depth >= PART_WORK
    return busy ? Math.min(tile.parts, Math.ceil(extent / unit)) : 1
  }

  private forParts(own: Parallel, body: (rows: Span, columns: Span) => void): void {
    const { rows, columns, tile } = this
    const parts = this.parts()
    if (parts === 1) return body(wholeOf(rows), wholeOf(columns))
    const byRows = rows >= columns
    const [extent, unit] = byRows ? [rows, tile.rows] : [columns, tile.vectors * this.lanes]
    const most = Math.ceil(extent / parts / unit) * unit
    const part = (start: Expr): void => {
      const size = this.code.bind(ir.binary("min", int(most), ir.sub(int(extent), start)))
      const span = { start, size, most }
      if (byRows) body(span, wholeOf(columns))
      else body(wholeOf(rows), span)
    }
    this.code.for(int(0), int(extent), most, part, own)
  }

  private panels(size: Expr, width: number): Expr {
    return ir.binary("div", ir.add(size, int(width - 1)), int(width))
  }

  /** Panels of `rows` rows: element (i, k) of a panel at k·rows + i. Rows beyond the last repeat it; nobody reads them. */
  private packLhs(
    base: Expr,
    free: Addressing,
    contract: Addressing,
    { i0, rows, k0, depth }: { i0: Expr; rows: Expr; k0: Expr; depth: Expr },
  ): void {
    const width = this.tile.rows
    this.code.for(int(0), this.panels(rows, width), 1, (panel) => {
      const first = this.code.bind(ir.add(i0, ir.mul(panel, int(width))))
      const starts = Array.from({ length: width }, (_, r) => {
        const row = ir.binary("min", ir.add(first, int(r)), int(this.rows - 1))
        return this.code.bind(ir.add(base, free.at(row)))
      })
      const target = this.code.bind(ir.mul(ir.mul(panel, int(width)), depth))
      this.code.for(int(0), depth, 1, (k) => {
        const along = this.code.bind(contract.at(ir.add(k0, k)))
        const to = this.code.bind(ir.add(target, ir.mul(k, int(width))))
        starts.forEach((start, r) => {
          this.code.store(this.packedLhs, ir.add(to, int(r)), this.code.load(0, ir.add(start, along)))
        })
      })
    })
  }

  /** Panels of `vectors` vectors of columns: element (k, j) of a panel at k·width + j. */
  private packRhs(
    base: Expr,
    free: Addressing,
    contract: Addressing,
    { j0, columns, k0, depth }: { j0: Expr; columns: Expr; k0: Expr; depth: Expr },
  ): void {
    const width = this.tile.vectors * this.lanes
    this.code.for(int(0), this.panels(columns, width), 1, (panel) => {
      const first = this.code.bind(ir.add(j0, ir.mul(panel, int(width))))
      const target = this.code.bind(ir.mul(ir.mul(panel, int(width)), depth))
      const starts = Array.from({ length: width }, (_, c) => {
        const column = ir.binary("min", ir.add(first, int(c)), int(this.columns - 1))
        return this.code.bind(ir.add(base, free.at(column)))
      })
      const copy = (vectors: readonly number[], elements: (v: number, along: Expr) => Expr): void =>
        this.code.for(int(0), depth, 1, (k) => {
          const along = this.code.bind(contract.at(ir.add(k0, k)))
          const to = this.code.bind(ir.add(target, ir.mul(k, int(width))))
          for (const v of vectors) {
            this.code.store(this.packedRhs, ir.add(to, int(v * this.lanes)), elements(v, along))
          }
        })
      const vector = (v: number, along: Expr): Expr =>
        this.code.load(1, ir.add(starts[v * this.lanes]!, along), this.lanes)
      const gathered = (v: number, along: Expr): Expr =>
        ir.assemble(
          Array.from({ length: this.lanes }, (_, lane) =>
            this.code.load(1, ir.add(starts[v * this.lanes + lane]!, along)),
          ),
        )
      const all = Array.from({ length: this.tile.vectors }, (_, v) => v)
      if (free.stride !== null && free.stride !== 1) return copy(all, gathered)
      if (free.stride === 1 && this.columns % width === 0) return copy(all, vector)
      // Neighbouring columns are neighbours in memory in most panels, but not where a row of the image ends.
      const together = (from: number, to: number): Expr =>
        ir.compare("eq", ir.sub(starts[to]!, starts[from]!), int(to - from))
      this.code.if(
        together(0, width - 1),
        () => copy(all, vector),
        () => {
          for (const v of all) {
            this.code.if(
              together(v * this.lanes, (v + 1) * this.lanes - 1),
              () => copy([v], vector),
              () => copy([v], gathered),
            )
          }
        },
      )
    })
  }

  private tiles(
    base: Expr,
    {
      i0,
      rows,
      j0,
      columns,
      k0,
      depth,
    }: { i0: Expr; rows: Expr; j0: Expr; columns: Expr; k0: Expr; depth: Expr },
  ): void {
    const height = this.tile.rows
    const width = this.tile.vectors * this.lanes
    this.code.for(int(0), this.panels(columns, width), 1, (jp) => {
      this.code.for(int(0), this.panels(rows, height), 1, (ip) => {
        const sums = this.microKernel(
          this.code.bind(ir.mul(ir.mul(ip, int(height)), depth)),
          this.code.bind(ir.mul(ir.mul(jp, int(width)), depth)),
          depth,
        )
        const row = this.code.bind(ir.add(i0, ir.mul(ip, int(height))))
        const column = this.code.bind(ir.add(j0, ir.mul(jp, int(width))))
        const fits = ir.binary(
          "and",
          ir.compare("le", ir.add(row, int(height)), int(this.rows)),
          ir.compare("le", ir.add(column, int(width)), int(this.columns)),
        )
        this.code.if(
          fits,
          () => this.storeTile(base, row, column, k0, sums),
          () => this.storeEdge(base, row, column, k0, sums),
        )
      })
    })
  }

  private microKernel(panelLhs: Expr, panelRhs: Expr, depth: Expr): Variable[][] {
    const { rows, vectors } = this.tile
    const width = vectors * this.lanes
    const sums = Array.from({ length: rows }, () =>
      Array.from({ length: vectors }, () => {
        return this.code.variable(ir.constant(this.type, 0, this.lanes))
      }),
    )
    this.code.for(int(0), depth, 1, (k) => {
      const left = this.code.bind(ir.add(panelLhs, ir.mul(k, int(rows))))
      const right = this.code.bind(ir.add(panelRhs, ir.mul(k, int(width))))
      const columns = Array.from({ length: vectors }, (_, v) =>
        this.code.bind(this.code.load(this.packedRhs, ir.add(right, int(v * this.lanes)), this.lanes)),
      )
      sums.forEach((row, r) => {
        const factor = this.code.bind(
          ir.splat(this.code.load(this.packedLhs, ir.add(left, int(r))), this.lanes),
        )
        row.forEach((variable, v) => {
          const value = ir.multiplyAdd(factor, columns[v]!, ir.use(variable))
          this.code.assign(variable, value)
        })
      })
    })
    return sums
  }

  /** Stores over the whole depth add up over its blocks; the first block overwrites. */
  private accumulate(k0: Expr, index: Expr, sum: Expr, lanes: Lanes): void {
    if (this.depth <= this.tile.blockDepth) return this.code.store(2, index, sum)
    const first = ir.compare("eq", k0, int(0))
    this.code.if(
      first,
      () => this.code.store(2, index, sum),
      () => this.code.store(2, index, ir.add(this.code.load(2, index, lanes), sum)),
    )
  }

  private storeTile(
    base: Expr,
    row: Expr,
    column: Expr,
    k0: Expr,
    sums: readonly (readonly Variable[])[],
  ): void {
    const corner = this.code.bind(ir.add(ir.add(base, ir.mul(row, int(this.columns))), column))
    sums.forEach((vectors, r) => {
      vectors.forEach((variable, v) => {
        const index = ir.add(corner, int(r * this.columns + v * this.lanes))
        this.accumulate(k0, this.code.bind(index), ir.use(variable), this.lanes)
      })
    })
  }

  private storeEdge(
    base: Expr,
    row: Expr,
    column: Expr,
    k0: Expr,
    sums: readonly (readonly Variable[])[],
  ): void {
    const width = this.tile.vectors * this.lanes
    sums.forEach((vectors, r) => {
      vectors.forEach((variable, v) => {
        this.code.store(this.spill, int(r * width + v * this.lanes), ir.use(variable))
      })
    })
    const height = this.code.bind(ir.binary("min", int(this.tile.rows), ir.sub(int(this.rows), row)))
    const breadth = this.code.bind(ir.binary("min", int(width), ir.sub(int(this.columns), column)))
    this.code.for(int(0), height, 1, (r) => {
      const start = this.code.bind(ir.add(ir.add(base, ir.mul(ir.add(row, r), int(this.columns))), column))
      this.code.for(int(0), breadth, 1, (c) => {
        const sum = this.code.bind(this.code.load(this.spill, ir.add(ir.mul(r, int(width)), c)))
        this.accumulate(k0, this.code.bind(ir.add(start, c)), sum, 1)
      })
    })
  }
}

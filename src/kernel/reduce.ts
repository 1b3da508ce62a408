import type { KernelBuilder, Scope, Value } from "./builder.ts"
import * as ir from "./expr.ts"
import { Index } from "./index-algebra.ts"
import type { ArithmeticOp, Lanes, Scalar, Variable } from "./ir.ts"

/** How elements are put together: the operation and its neutral element. */
export interface Reducer {
  readonly op: ArithmeticOp
  readonly identity: number
}

/**
 * Elements that are added one after another before the partial result joins the total. Blocking keeps the rounding
 * error of a float sum near that of pairwise summation: its growth is with the block and with the number of blocks,
 * not with their product.
 */
const BLOCK = 256

/** Elements of a reduction to one number from which on its blocks are worth sharing out among threads. */
const SHARED_ELEMENTS = 2 ** 16

/**
 * Loops of at most so many turns, alone and with those inside of them, are written out where the order of the elements
 * leaves no trace in the result. A written-out sum would make other loop shapes the cheapest ones, by what else is in
 * the kernel, and so round differently from plan to plan.
 */
const ORDERLESS: ReadonlySet<ArithmeticOp> = new Set(["min", "max", "and", "or"])
const UNROLLED_TURNS = 4
const UNROLLED_BODIES = 16

interface Level {
  readonly extent: number
  readonly lanes: Lanes
}

/**
 * Reduces `body` over `extents` and gives the result in `scope`. The innermost loop is a vector loop when `lanes` > 1;
 * the lanes are joined at the end in a fixed order, so that the same reduction always has the same bits.
 */
export function reduce(
  b: KernelBuilder,
  scope: Scope,
  extents: readonly number[],
  type: Scalar,
  reducer: Reducer,
  lanes: Lanes,
  body: (index: Index[], scope: Scope) => Value,
): Value {
  const inner = extents.at(-1) ?? 1
  const usable = lanes > 1 && inner >= lanes ? lanes : 1
  const levels = extents.map((extent, i): Level => ({ extent, lanes: i === extents.length - 1 ? usable : 1 }))
  if (levels.length === 0) levels.push({ extent: 1, lanes: 1 })
  const reduction = new Reduction(b, type, reducer, body)
  return reduction.run(scope, levels)
}

function isShort(levels: readonly Level[]): boolean {
  const bodies = levels.reduce((n, { extent }) => n * extent, 1)
  return (
    bodies <= UNROLLED_BODIES && levels.every(({ extent, lanes }) => lanes === 1 && extent <= UNROLLED_TURNS)
  )
}

class Reduction {
  private readonly b: KernelBuilder
  private readonly type: Scalar
  private readonly reducer: Reducer
  private readonly body: (index: Index[], scope: Scope) => Value

  constructor(
    b: KernelBuilder,
    type: Scalar,
    reducer: Reducer,
    body: (index: Index[], scope: Scope) => Value,
  ) {
    this.b = b
    this.type = type
    this.reducer = reducer
    this.body = body
  }

  run(scope: Scope, levels: readonly Level[]): Value {
    return this.level(scope, levels, [])
  }

  /** The reduction over the levels from here on, as a value in `scope`. */
  private level(scope: Scope, levels: readonly Level[], index: Index[]): Value {
    const [level, ...deeper] = levels
    if (level === undefined) return this.body(index, scope)
    if (ORDERLESS.has(this.reducer.op) && isShort(levels))
      return this.unrolled(scope, level.extent, deeper, index)
    const whole = level.lanes > 1 ? level.extent - (level.extent % level.lanes) : level.extent
    const step = level.lanes * BLOCK
    const blocks = deeper.length === 0 && whole >= 2 * step ? Math.floor(whole / step) : 0
    const parts: Value[] = []
    if (blocks > 0) {
      const apart = scope === this.b.root && blocks * step >= SHARED_ELEMENTS
      parts.push(
        apart ? this.blocksApart(scope, level, blocks, index) : this.blocked(scope, level, blocks, index),
      )
    }
    const start = blocks * step
    if (this.b.anySize && level.lanes > 1) {
      const [vectors, rest] = [
        { from: start, to: whole },
        { from: whole, to: level.extent },
      ]
      parts.push(this.part(scope, level.extent, vectors, level.lanes, deeper, index))
      parts.push(this.part(scope, level.extent, rest, 1, deeper, index))
      return parts.reduce((total, part) => this.b.binary(this.reducer.op, total, part))
    }
    if (whole > start) parts.push(this.loop(scope, whole - start, start, level.lanes, deeper, index))
    if (level.extent > whole) parts.push(this.loop(scope, level.extent - whole, whole, 1, deeper, index))
    if (parts.length === 0) return this.b.constant(this.type, this.reducer.identity)
    return parts.reduce((total, part) => this.b.binary(this.reducer.op, total, part))
  }

  private unrolled(scope: Scope, extent: number, deeper: readonly Level[], index: Index[]): Value {
    let total = this.b.constant(this.type, this.reducer.identity)
    for (let i = 0; i < extent; i++) {
      const element = this.level(scope, deeper, [...index, Index.constant(i)])
      total = this.b.binary(this.reducer.op, total, element)
    }
    return total
  }

  private blocked(scope: Scope, level: Level, blocks: number, index: Index[]): Value {
    const step = level.lanes * BLOCK
    return this.accumulate(scope, this.b.open(scope, blocks), (outer) => {
      const base = this.b.index(outer).mul(step)
      return this.over(outer, this.b.open(outer, step, level.lanes), (inner) =>
        this.body([...index, base.add(this.b.index(inner))], inner),
      )
    })
  }

  /** The same sums in the same order, in two passes: those of the blocks do not depend on each other. */
  private blocksApart(scope: Scope, level: Level, blocks: number, index: Index[]): Value {
    const { b } = this
    const step = level.lanes * BLOCK
    const sums = b.buffer(this.type, blocks, "scratch")
    const loop = b.open(scope, blocks, 1, 0, true)
    const base = b.index(loop).mul(step)
    const sum = this.over(loop, b.open(loop, step, level.lanes), (inner) =>
      this.body([...index, base.add(b.index(inner))], inner),
    )
    b.store(sums, b.index(loop), sum, loop)
    b.close(loop)
    return this.accumulate(scope, b.open(scope, blocks), (outer) => b.loadIn(sums, b.index(outer), outer))
  }

  private loop(
    scope: Scope,
    extent: number,
    start: number,
    lanes: Lanes,
    deeper: readonly Level[],
    index: Index[],
  ): Value {
    const inner = this.b.open(scope, extent, lanes, start)
    return this.over(scope, inner, (s) => this.level(s, deeper, [...index, this.b.index(s)]))
  }

  /** A part of a level, possibly an empty one. */
  private part(
    scope: Scope,
    extent: number,
    part: { readonly from: number; readonly to: number },
    lanes: Lanes,
    deeper: readonly Level[],
    index: Index[],
  ): Value {
    const inner = this.b.openPart(scope, part, { start: 0, extent }, lanes)
    return this.over(scope, inner, (s) => this.level(s, deeper, [...index, this.b.index(s)]))
  }

  private over(scope: Scope, loop: Scope, element: (scope: Scope) => Value): Value {
    return loop.lanes > 1 ? this.accumulateLanes(scope, loop, element) : this.accumulate(scope, loop, element)
  }

  /** One accumulator as wide as the elements are (they are vectors when a vector loop stands further out). */
  private accumulate(scope: Scope, loop: Scope, element: (scope: Scope) => Value): Value {
    const value = element(loop)
    const outer = this.b.vectorScope(loop)
    const lanes = outer === null ? value.expr.lanes : outer.lanes
    const total = this.b.variable(this.type, lanes)
    this.close(scope, loop, total, value)
    return { expr: ir.use(total), scope }
  }

  private accumulateLanes(scope: Scope, loop: Scope, element: (scope: Scope) => Value): Value {
    const value = element(loop)
    const total = this.b.variable(this.type, loop.lanes)
    this.close(scope, loop, total, value)
    const at = (lane: number): Value => ({ expr: ir.extract(ir.use(total), lane), scope })
    let parts = Array.from({ length: loop.lanes }, (_, lane) => this.b.bind(at(lane).expr, scope))
    while (parts.length > 1) {
      const half = parts.length / 2
      parts = parts.slice(0, half).map((part, i) => this.b.binary(this.reducer.op, part, parts[i + half]!))
    }
    return parts[0]!
  }

  private close(scope: Scope, loop: Scope, total: Variable, value: Value): void {
    const identity = ir.constant(this.type, this.reducer.identity, total.lanes)
    scope.stmts.push({ kind: "let", variable: total, value: identity })
    const joined = ir.binary(this.reducer.op, ir.use(total), ir.splat(value.expr, total.lanes))
    loop.stmts.push({ kind: "assign", variable: total, value: joined })
    this.b.close(loop)
  }
}

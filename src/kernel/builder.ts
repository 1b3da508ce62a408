import * as ir from "./expr.ts"
import type { Atom, IndexSymbol } from "./index-algebra.ts"
import { divisionUnit, Index } from "./index-algebra.ts"
import type {
  Access,
  ArithmeticOp,
  BufferParam,
  CompareOp,
  Expr,
  Kernel,
  Lanes,
  Scalar,
  Stmt,
  UnaryOp,
  Variable,
} from "./ir.ts"

/** A place in the loop nest. Values are bound in the outermost scope whose variables they depend on. */
export interface Scope {
  readonly parent: Scope | null
  readonly depth: number
  readonly stmts: Stmt[]
  /** The loop variable, as a symbol of the index algebra, and the elements that one turn handles. */
  readonly symbol: IndexSymbol | null
  readonly variable: Variable | null
  readonly lanes: Lanes
  /** Where the loop begins and ends. */
  readonly bounds?: { readonly from: number; readonly to: number }
  /** Whether the turns depend on none of the others. */
  readonly parallel?: boolean
}

/** A computed value: an expression without work left in it (a variable or a constant), and where it is known. */
export interface Value {
  readonly expr: Expr
  readonly scope: Scope
}

/**
 * Writes kernels. Loops are opened and closed; each computed value is bound once, in the outermost scope that it can
 * live in, so that loop-invariant work leaves the loop by construction. A loop with lanes > 1 is a vector loop:
 * values that depend on its variable are vectors.
 */
export class KernelBuilder {
  readonly root: Scope = { parent: null, depth: 0, stmts: [], symbol: null, variable: null, lanes: 1 }
  /** Loops over what is left of vectors are written even where nothing is left: see Capabilities.runtimeSizes. */
  readonly anySize: boolean
  private readonly buffers: BufferParam[] = []
  private readonly scopeOfSymbol = new Map<IndexSymbol, Scope>()
  private readonly opaque = new Map<IndexSymbol, Value>()
  private variableCount = 0
  /** Symbols are numbered within a kernel, since the order of an address's terms goes by their names. */
  private symbolCount = 0
  /** Divisions and remainders that were emitted for addresses: what loop shapes are judged by. */
  addressDivisions = 0
  /** The units at which those take a loop variable apart: where a loop for each part would do without them. */
  readonly divisionUnits = new Map<IndexSymbol, Set<number>>()
  /** Loads that a vector loop had to put together lane by lane. */
  gatheredLoads = 0

  constructor(anySize = false) {
    this.anySize = anySize
  }

  buffer(type: Scalar, length: number, access: Access): number {
    this.buffers.push({ type, length, access })
    return this.buffers.length - 1
  }

  finish(name: string): Kernel {
    return { name, buffers: this.buffers, body: this.root.stmts }
  }

  variable(type: Scalar, lanes: Lanes = 1): Variable {
    return { id: this.variableCount++, type, lanes }
  }

  // Loops ------------------------------------------------------------------------------------------------------------

  /** Opens a loop over start … start + extent - 1 in steps of `lanes`; its statements are added by `close`. */
  open(parent: Scope, extent: number, lanes: Lanes = 1, start = 0, parallel = false): Scope {
    return this.openPart(parent, { from: start, to: start + extent }, { start, extent }, lanes, parallel)
  }

  /**
   * Opens a loop over a part of a range, possibly an empty one. Addresses are simplified by what holds in all of the
   * range, so that what is written does not depend on where the part begins and ends.
   */
  openPart(
    parent: Scope,
    part: { readonly from: number; readonly to: number },
    { start, extent }: { readonly start: number; readonly extent: number },
    lanes: Lanes = 1,
    parallel = false,
  ): Scope {
    const symbol: IndexSymbol = { id: this.symbolCount++, min: start, max: start + extent - 1 }
    const scope: Scope = {
      parent,
      depth: parent.depth + 1,
      stmts: [],
      symbol,
      variable: this.variable("i32"),
      lanes,
      parallel,
      bounds: part,
    }
    this.scopeOfSymbol.set(symbol, scope)
    return scope
  }

  /** Puts the finished loop behind what its parent holds so far; `repeated` lanes of it were computed before. */
  close(scope: Scope, repeated = 0): void {
    const { from, to } = scope.bounds!
    scope.parent!.stmts.push({
      kind: "for",
      variable: scope.variable!,
      from: ir.constant("i32", from),
      to: ir.constant("i32", to),
      step: scope.lanes,
      body: scope.stmts,
      ...(scope.parallel ? { parallel: { scratch: [] } } : {}),
      ...(repeated > 0 ? { repeated } : {}),
    })
  }

  index(scope: Scope): Index {
    return Index.symbol(scope.symbol!)
  }

  /** The innermost vector loop around a scope. */
  vectorScope(scope: Scope): Scope | null {
    for (let s: Scope | null = scope; s !== null; s = s.parent) if (s.lanes > 1) return s
    return null
  }

  // Values -----------------------------------------------------------------------------------------------------------

  constant(type: Scalar, value: number): Value {
    return { expr: ir.constant(type, value), scope: this.root }
  }

  /** Binds an expression to a variable in a scope. */
  bind(expr: Expr, scope: Scope): Value {
    if (expr.kind === "constant" || expr.kind === "variable") return { expr, scope }
    const variable = this.variable(expr.type, expr.lanes)
    scope.stmts.push({ kind: "let", variable, value: expr })
    return { expr: ir.use(variable), scope }
  }

  private static deepest(values: readonly Value[]): Scope {
    let scope = values[0]!.scope
    for (const value of values) if (value.scope.depth > scope.depth) scope = value.scope
    return scope
  }

  private apply(values: readonly Value[], make: (exprs: Expr[]) => Expr): Value {
    const lanes = Math.max(...values.map((value) => value.expr.lanes)) as Lanes
    return this.bind(make(values.map((value) => ir.splat(value.expr, lanes))), KernelBuilder.deepest(values))
  }

  unary(op: UnaryOp, a: Value): Value {
    return this.apply([a], ([x]) => ir.unary(op, x!))
  }

  binary(op: ArithmeticOp, a: Value, b: Value): Value {
    return this.apply([a, b], ([x, y]) => ir.binary(op, x!, y!))
  }

  compare(op: CompareOp, a: Value, b: Value): Value {
    return this.apply([a, b], ([x, y]) => ir.compare(op, x!, y!))
  }

  select(condition: Value, a: Value, b: Value): Value {
    return this.apply([condition, a, b], ([c, x, y]) => ir.select(c!, x!, y!))
  }

  multiplyAdd(a: Value, b: Value, c: Value): Value {
    return this.apply([a, b, c], ([x, y, z]) => ir.multiplyAdd(x!, y!, z!))
  }

  convert(type: Scalar, a: Value): Value {
    return this.apply([a], ([x]) => ir.convert(type, x!))
  }

  // Addresses --------------------------------------------------------------------------------------------------------

  /** A value read from memory as an index: opaque to the algebra, but known to lie in min … max. */
  symbolOf(value: Value, min: number, max: number): Index {
    const symbol: IndexSymbol = { id: this.symbolCount++, min, max }
    this.opaque.set(symbol, value)
    return Index.symbol(symbol)
  }

  private symbolScope(symbol: IndexSymbol): Scope {
    return this.scopeOfSymbol.get(symbol) ?? this.opaque.get(symbol)!.scope
  }

  /** The outermost scope in which an index is known. */
  scopeOf(index: Index): Scope {
    let deepest = this.root
    for (const { atom } of index.terms) {
      const scope = atom.kind === "symbol" ? this.symbolScope(atom.symbol) : this.scopeOf(atom.of)
      if (scope.depth > deepest.depth) deepest = scope
    }
    return deepest
  }

  scopeOfAll(index: readonly Index[]): Scope {
    let deepest = this.root
    for (const i of index) {
      const scope = this.scopeOf(i)
      if (scope.depth > deepest.depth) deepest = scope
    }
    return deepest
  }

  /** The scalar expression of an index; in a vector loop, that of the first lane. */
  address(index: Index, lane = 0): Expr {
    let sum: Expr | undefined
    for (const { coefficient, atom } of index.terms) {
      const value = this.atom(atom, lane)
      const term = coefficient === 1 ? value : ir.mul(value, ir.constant("i32", coefficient))
      sum = sum === undefined ? term : ir.add(sum, term)
    }
    const constant = ir.constant("i32", index.constant)
    return sum === undefined ? constant : ir.add(sum, constant)
  }

  private atom(atom: Atom, lane: number): Expr {
    if (atom.kind === "symbol") {
      const scope = this.scopeOfSymbol.get(atom.symbol)
      if (scope === undefined) {
        const { expr } = this.opaque.get(atom.symbol)!
        return expr.lanes === 1 ? expr : ir.extract(expr, lane)
      }
      const base = ir.use(scope.variable!)
      return scope.lanes === 1 ? base : ir.add(base, ir.constant("i32", lane))
    }
    this.addressDivisions++
    this.noteDivision(atom)
    // A dividend that may be negative is lifted by a multiple of the divisor, since the IR's division truncates.
    const lift = atom.of.min < 0 ? Math.ceil(-atom.of.min / atom.by) : 0
    const of = this.address(atom.of.add(lift * atom.by), lane)
    const by = ir.constant("i32", atom.by)
    if (atom.kind === "mod") return ir.binary("rem", of, by)
    return ir.sub(ir.binary("div", of, by), ir.constant("i32", lift))
  }

  private noteDivision(atom: Atom): void {
    const part = divisionUnit(atom)
    if (part === null) return
    const units = this.divisionUnits.get(part.symbol)
    if (units === undefined) this.divisionUnits.set(part.symbol, new Set([part.unit]))
    else units.add(part.unit)
  }

  /** An index as an i32 value: a vector where it varies along a vector loop. */
  indexValue(index: Index): Value {
    const scope = this.scopeOf(index)
    const lanes = this.lanesOf(index, scope)
    if (lanes === 1) return this.bind(this.address(index), scope)
    const values = Array.from({ length: lanes }, (_, lane) => this.address(index, lane))
    return this.bind(ir.assemble(values), scope)
  }

  private lanesOf(index: Index, scope: Scope): Lanes {
    const vector = this.vectorScope(scope)
    return vector !== null && this.varies(index, vector) ? vector.lanes : 1
  }

  private varies(index: Index, vector: Scope): boolean {
    return index.terms.some(({ atom }) => {
      if (atom.kind !== "symbol") return this.varies(atom.of, vector)
      return atom.symbol === vector.symbol || (this.opaque.get(atom.symbol)?.expr.lanes ?? 1) > 1
    })
  }

  load(buffer: number, index: Index): Value {
    const scope = this.scopeOf(index)
    const { type } = this.buffers[buffer]!
    const lanes = this.lanesOf(index, scope)
    if (lanes === 1) return this.bind(ir.load(buffer, type, this.address(index)), scope)
    const vector = this.vectorScope(scope)!
    if (index.coefficientOf(vector.symbol!) === 1 && !this.variesOpaquely(index)) {
      return this.bind(ir.load(buffer, type, this.address(index), lanes), scope)
    }
    this.gatheredLoads++
    const values = Array.from({ length: lanes }, (_, lane) =>
      ir.load(buffer, type, this.address(index, lane)),
    )
    return this.bind(ir.assemble(values), scope)
  }

  private variesOpaquely(index: Index): boolean {
    return index.terms.some(({ atom }) =>
      atom.kind === "symbol"
        ? (this.opaque.get(atom.symbol)?.expr.lanes ?? 1) > 1
        : this.variesOpaquely(atom.of),
    )
  }

  /** Whether neighbouring turns of a loop meet neighbouring elements. */
  follows(index: Index, loop: Scope): boolean {
    const known = index.terms.every(({ atom }) => {
      const value = atom.kind === "symbol" ? this.opaque.get(atom.symbol) : undefined
      return value === undefined || value.scope.depth < loop.depth
    })
    return known && index.coefficientOf(loop.symbol!) === 1
  }

  /** What a buffer holds at this point of `scope`, for kernels that read back what they wrote. */
  loadIn(buffer: number, index: Index, scope: Scope): Value {
    const { type } = this.buffers[buffer]!
    const lanes = this.vectorScope(scope)?.lanes ?? 1
    return this.bind(ir.load(buffer, type, this.address(index), lanes), scope)
  }

  /** Stores a value at an index, inside `scope`. */
  store(buffer: number, index: Index, value: Value, scope: Scope): void {
    const vector = this.vectorScope(scope)
    if (vector === null) {
      scope.stmts.push({ kind: "store", buffer, index: this.address(index), value: value.expr })
      return
    }
    const wide = ir.splat(value.expr, vector.lanes)
    if (index.coefficientOf(vector.symbol!) === 1 && !this.variesOpaquely(index)) {
      scope.stmts.push({ kind: "store", buffer, index: this.address(index), value: wide })
      return
    }
    this.gatheredLoads++
    for (let lane = 0; lane < vector.lanes; lane++) {
      scope.stmts.push({
        kind: "store",
        buffer,
        index: this.address(index, lane),
        value: ir.extract(wide, lane),
      })
    }
  }
}

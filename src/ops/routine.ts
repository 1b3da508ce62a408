import { numel } from "../base/index.ts"
import type { Attrs, Aval, Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import type { Code, Expr, Variable } from "../kernel/index.ts"
import * as ir from "../kernel/index.ts"
import { withBatch } from "./broadcast.ts"
import type { Primitive, RoutineFrame } from "./record.ts"

/** Writing of algorithms on matrices in the kernel IR, and the form that their records share. */

/** A whole number in a kernel, or one that is known when the kernel is written. */
export type Whole = Expr | number
const whole = (value: Whole): Expr => (typeof value === "number" ? ir.int(value) : value)
export const plus = (a: Whole, b: Whole): Expr => ir.add(whole(a), whole(b))
export const minus = (a: Whole, b: Whole): Expr => ir.sub(whole(a), whole(b))
export const times = (a: Whole, b: Whole): Expr => ir.mul(whole(a), whole(b))

/**
 * Real numbers are computed in double precision whatever the tensors hold: on a scalar unit it costs the same, and a
 * decomposition in single precision would lose digits on the way.
 */
export const WORK = "f64"
export const real = (value: number): Expr => ir.constant(WORK, value)
/** A whole number as a real one, and the other way round. */
export const realOf = (value: Expr): Expr => ir.convert(WORK, value)
export const wholeOf = (value: Expr): Expr => ir.convert("i32", value)
export const add = ir.add
export const sub = ir.sub
export const mul = ir.mul
export const div = (a: Expr, b: Expr): Expr => ir.binary("div", a, b)
export const neg = (a: Expr): Expr => ir.unary("neg", a)
export const abs = (a: Expr): Expr => ir.unary("abs", a)
export const sqrt = (a: Expr): Expr => ir.unary("sqrt", a)
export const less = (a: Expr, b: Expr): Expr => ir.compare("lt", a, b)
export const greater = (a: Expr, b: Expr): Expr => ir.compare("gt", a, b)
export const equal = (a: Expr, b: Expr): Expr => ir.compare("eq", a, b)
export const different = (a: Expr, b: Expr): Expr => ir.compare("ne", a, b)
export const both = (a: Expr, b: Expr): Expr => ir.binary("and", a, b)
export const either = (a: Expr, b: Expr): Expr => ir.binary("or", a, b)
export const choose = ir.select
export const use = ir.use

/** for (i = from; i < to; i++) */
export function loop(code: Code, from: Whole, to: Whole, body: (i: Expr) => void): void {
  code.for(whole(from), whole(to), 1, body)
}

/** for (i = from - 1; i >= to; i--) */
export function loopDown(code: Code, from: Whole, to: Whole, body: (i: Expr) => void): void {
  const top = code.bind(minus(from, 1))
  code.for(ir.int(0), minus(from, to), 1, (i) => body(code.bind(ir.sub(top, i))))
}

/** Σ over i of term(i), added up in one variable. */
export function total(code: Code, from: Whole, to: Whole, term: (i: Expr) => Expr, start = real(0)): Expr {
  const sum = code.variable(start)
  loop(code, from, to, (i) => code.assign(sum, add(use(sum), term(i))))
  return use(sum)
}

/** Adds to a variable. */
export function increase(code: Code, variable: Variable, by: Expr): void {
  code.assign(variable, add(use(variable), by))
}

/** Real numbers in a buffer from `offset` on; element (i, j) stands at i·rowStride + j·columnStride. */
export class Matrix {
  private readonly code: Code
  private readonly buffer: number
  private readonly offset: Whole
  private readonly rowStride: number
  private readonly columnStride: number

  constructor(code: Code, buffer: number, offset: Whole, rowStride: number, columnStride = 1) {
    this.code = code
    this.buffer = buffer
    this.offset = offset
    this.rowStride = rowStride
    this.columnStride = columnStride
  }

  /** Working memory for a matrix. */
  static scratch(code: Code, rows: number, columns: number): Matrix {
    return new Matrix(code, code.scratch(WORK, Math.max(rows * columns, 1)), 0, columns)
  }

  get transposed(): Matrix {
    return new Matrix(this.code, this.buffer, this.offset, this.columnStride, this.rowStride)
  }

  /** One row or column, as a matrix of one column; its address is computed once. */
  row(i: Whole): Matrix {
    const offset = this.code.bind(plus(this.offset, times(i, this.rowStride)))
    return new Matrix(this.code, this.buffer, offset, this.columnStride)
  }

  column(j: Whole): Matrix {
    return this.transposed.row(j)
  }

  private address(i: Whole, j: Whole): Expr {
    return plus(plus(this.offset, times(i, this.rowStride)), times(j, this.columnStride))
  }

  /** The element as it is now. */
  get(i: Whole, j: Whole = 0): Expr {
    return this.code.bind(ir.convert(WORK, this.code.load(this.buffer, this.address(i, j))))
  }

  set(i: Whole, j: Whole, value: Expr): void {
    this.code.store(this.buffer, this.address(i, j), ir.convert(this.code.typeOf(this.buffer), value))
  }

  add(i: Whole, j: Whole, value: Expr): void {
    this.set(i, j, add(this.get(i, j), value))
  }

  swap(i: Whole, j: Whole, k: Whole, l: Whole): void {
    const kept = this.get(i, j)
    this.set(i, j, this.get(k, l))
    this.set(k, l, kept)
  }
}

/** Calls `write` for each element of a matrix of this size. */
export function eachElement(
  code: Code,
  rows: Whole,
  columns: Whole,
  write: (i: Expr, j: Expr) => void,
): void {
  loop(code, 0, rows, (i) => loop(code, 0, columns, (j) => write(i, j)))
}

interface MatrixRoutine<A extends Attrs> extends Omit<Primitive<A>, "vmap" | "lower"> {
  /** Dimensions of each argument and of the result that one matrix has; those before them are the batch. */
  readonly ranks: { readonly inputs: readonly number[]; readonly output: number }
  /** Writes the work for one matrix; offsets say where it lies in each buffer. */
  emit(frame: RoutineFrame<A>, offsets: readonly Expr[], resultOffset: Expr): void
}

/** An algorithm on the last dimensions of its arguments, repeated over the leading ones, which all arguments share. */
export function matrixRoutine<A extends Attrs>(spec: MatrixRoutine<A>): Primitive<A> {
  const { ranks, emit, ...rest } = spec
  const record: Primitive<A> = {
    ...rest,
    vmap: (inputs, batched, size, attrs) =>
      makeNode(
        record,
        inputs.map((input, i) => withBatch(input, batched[i]!, size)),
        attrs,
      ),
    lower: {
      kind: "routine",
      emit: (frame) => {
        const own = (type: Aval, rank: number): number => numel(type.shape.slice(type.shape.length - rank))
        const count = numel(frame.output.shape.slice(0, frame.output.shape.length - ranks.output))
        loop(frame.code, 0, count, (batch) => {
          const offsets = frame.inputs.map((type, i) =>
            frame.code.bind(times(batch, own(type, ranks.inputs[i]!))),
          )
          emit(frame, offsets, frame.code.bind(times(batch, own(frame.output, ranks.output))))
        })
      },
    },
  }
  return record
}

/** Sizes of the last two dimensions. */
export function matrixSize(x: Node | Aval): [rows: number, columns: number] {
  const [rows, columns] = x.shape.slice(-2)
  return [rows!, columns!]
}

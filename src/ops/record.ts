import type { Shape } from "../base/index.ts"
import type { Attrs, Aval, Node, Op } from "../graph/index.ts"
import type { ArithmeticOp, Code, Index, KernelBuilder, Reducer, Scalar, Value } from "../kernel/index.ts"

/** What a lowering rule sees: the builder, its place, and its arguments at any index. */
export interface Pull<A extends Attrs> {
  readonly b: KernelBuilder
  readonly attrs: A
  readonly inputs: readonly Aval[]
  readonly output: Aval
  /** The value of an argument at an index; computing it is fused into this kernel when the planner decided so. */
  input(i: number, index: readonly Index[]): Value
}

/** Each element of the result from the arguments' elements, at indices that the rule chooses. */
export interface Pointwise<A extends Attrs> {
  readonly kind: "pointwise"
  /** Work for one element in units of an addition: what decides between computing again and keeping. */
  readonly cost: number
  /** Whether every argument is read at the result's own index. */
  readonly elementwise: boolean
  value(pull: Pull<A>, index: readonly Index[]): Value
}

/** The argument seen through another index: nothing is computed. */
export interface View<A extends Attrs> {
  readonly kind: "view"
  /** Whether the result always gets a place in memory. Default: false. */
  readonly stored?: boolean
  index(index: readonly Index[], attrs: A, input: Shape): Index[]
}

/** A fold of elements over further index variables. */
export interface Reduction<A extends Attrs> {
  readonly kind: "reduction"
  reducer(attrs: A, type: Scalar): Reducer
  extents(inputs: readonly Aval[], attrs: A): number[]
  /** Where a reduction of one argument reads it; lets the planner see through. */
  readonly read?: (index: readonly Index[], reduced: readonly Index[], attrs: A) => Index[]
  value(pull: Pull<A>, index: readonly Index[], reduced: readonly Index[]): Value
}

/** How the dimensions of a contraction's two arguments correspond. */
export interface ContractionDims {
  readonly lhsBatch: readonly number[]
  readonly rhsBatch: readonly number[]
  readonly lhsContract: readonly number[]
  readonly rhsContract: readonly number[]
}

/** A sum of products over shared dimensions: a reduction that devices may tile. */
export interface Contraction<A extends Attrs> extends Omit<Reduction<A>, "kind"> {
  readonly kind: "contraction"
  dims(attrs: A): ContractionDims
}

/** One argument of a push: its elements go to `target` in the result. */
export interface PushPart<A extends Attrs> {
  readonly input: number
  target(index: readonly Index[], pull: Pull<A>): Index[]
}

/** The result is filled, then each element of the arguments is put where it belongs, or joined to what is there. */
export interface Push<A extends Attrs> {
  readonly kind: "push"
  readonly accumulate: boolean
  /** How an element joins what stands there already when it accumulates; absent: it is added. */
  combine?(attrs: A): ArithmeticOp
  /** What stands where nothing is put; null when the parts cover the result. */
  fill(attrs: A): number | null
  parts(inputs: readonly Aval[], attrs: A): readonly PushPart<A>[]
  /** Dimensions of the argument from the outermost loop to the innermost one; the order decides what is contiguous. */
  order(attrs: A, rank: number): number[]
}

/** What a routine sees: where to write its statements, and its buffers; every argument lies contiguous in memory. */
export interface RoutineFrame<A extends Attrs> {
  readonly code: Code
  readonly attrs: A
  readonly inputs: readonly Aval[]
  readonly output: Aval
  /** Buffer numbers of the arguments and of the result. */
  readonly arguments: readonly number[]
  readonly result: number
}

/** An algorithm that is not a loop over independent elements (a sort, a decomposition), written in the kernel IR. */
export interface Routine<A extends Attrs> {
  readonly kind: "routine"
  emit(frame: RoutineFrame<A>): void
}

/** Where a value comes from that the graph does not compute. */
export interface Given {
  readonly kind: "given"
}

export type Lowering<A extends Attrs> =
  | Pointwise<A>
  | View<A>
  | Reduction<A>
  | Contraction<A>
  | Push<A>
  | Routine<A>
  | Given

/**
 * A primitive is one record: all that any part of nabla ever asks about it. The type demands every rule, so that a
 * primitive without a derivative does not compile. Rules build nodes from public node functions, so that derivatives
 * can be differentiated again.
 */
export interface Primitive<A extends Attrs = Attrs> extends Op<A> {
  /** Derivative of the result along the tangents of the inputs (null: zero). Called when at least one is not null. */
  jvp(tangents: readonly (Node | null)[], node: Node, attrs: A): Node | null
  /** Cotangents of the inputs (null: zero) from that of the result; only those that `needed` marks are used. */
  vjp(cotangent: Node, node: Node, attrs: A, needed: readonly boolean[]): readonly (Node | null)[]
  /** The operation on a batch: marked inputs carry a leading batch dimension, and so does the result. */
  vmap(inputs: readonly Node[], batched: readonly boolean[], size: number, attrs: A): Node
  /** Neighbouring elements of the result from `start` on by themselves, where that is less work than all of it. */
  part?(node: Node, attrs: A, start: readonly number[], size: Shape): Node | null
  /** The sum of several results of the operation, where there is a shorter way than adding them. */
  sum?(nodes: readonly Node[]): Node | null
  readonly lower: Lowering<A>
}

/** The attributes of an operation that has none. */
export type NoAttrs = Record<string, never>
export const noAttrs: NoAttrs = {}

/** A record with its attribute type forgotten, as shared passes see it. */
/* @__NO_SIDE_EFFECTS__ */
export function erase<A extends Attrs>(record: Primitive<A>): Primitive {
  return record as unknown as Primitive
}

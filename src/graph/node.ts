import type { Shape } from "../base/index.ts"
import type { Aval } from "./aval.ts"
import type { StoredValue } from "./stored.ts"

/** Attributes of an operation: plain data, frozen by convention. */
export type Attrs = object

/** What the graph must know of an operation; the full record, with derivatives and lowering, is in `ops`. */
export interface Op<A extends Attrs = Attrs> {
  readonly name: string
  /** Text that distinguishes attributes: nodes with equal keys and inputs are one node. */
  key(attrs: A): string
  /** Set where no derivative passes: a detached value is not tracked. */
  readonly detaches?: boolean
  /** Shape and type of the result; throws a coded error for arguments that do not fit. */
  shape(inputs: readonly Aval[], attrs: A): Aval
}

/** Why a node must remember its inputs once it is computed; a larger value includes the smaller ones. */
export const Tracking = {
  /** Nobody asks for derivatives of it. */
  none: 0,
  /** It depends on something that is differentiated. */
  derivative: 1,
  /** It depends on a placeholder of a transform. */
  placeholder: 2,
} as const
export type Tracking = (typeof Tracking)[keyof typeof Tracking]

/** What the user called when a node was made: a module or a function, inside others. One object for each call. */
export interface Origin {
  readonly kind: "module" | "function"
  readonly name: string
  readonly parent: Origin | null
}

let currentOrigin: Origin | null = null

/** Runs `f`; nodes that it makes say that they come from this call. */
export function withOrigin<T>(kind: Origin["kind"], name: string, f: () => T): T {
  const parent = openOrigin(kind, name)
  try {
    return f()
  } finally {
    closeOrigin(parent)
  }
}

/** From here on nodes say that they come from this call; returns what to close it with. */
export function openOrigin(kind: Origin["kind"], name: string): Origin | null {
  const parent = currentOrigin
  currentOrigin = { kind, name, parent }
  return parent
}

/** Whether a function call is open: the outermost one is what the user called. */
export function insideFunction(): boolean {
  return currentOrigin !== null && currentOrigin.kind === "function"
}

export function closeOrigin(parent: Origin | null): void {
  currentOrigin = parent
}

let nodeCount = 0

/** The number that the next node gets: nodes made from here on have it or a larger one. */
export function nextNodeId(): number {
  return nodeCount
}

/**
 * An expression that may be computed later. Nodes are immutable but for their value, and interned while they are
 * pending: the same expression is the same node.
 */
export class Node {
  readonly id: number = nodeCount++
  readonly op: Op
  readonly attrs: Attrs
  readonly aval: Aval
  /** Number of the combination of operation, attributes and argument types: the node without its place in the graph. */
  readonly signature: number
  readonly tracking: Tracking
  /** Length of the longest chain of uncomputed nodes that ends here. */
  readonly depth: number
  /** Where it came from, for people: graphs and errors. */
  readonly origin: Origin | null = currentOrigin
  inputs: readonly Node[]
  value: StoredValue | null = null
  /** The handle whose gradient backward() finds here, for a leaf. */
  leaf: object | null = null
  /** The last walk that came here; see topologicalOrder. */
  walk = 0
  /** How many computations it was part of without being kept. */
  computations = 0
  /** Whether another node was made from it: what nobody uses is what somebody may still want to read. */
  used = false

  constructor(
    op: Op,
    inputs: readonly Node[],
    attrs: Attrs,
    type: Aval,
    signature: number,
    tracking: Tracking,
  ) {
    this.op = op
    this.inputs = inputs
    this.attrs = attrs
    this.aval = type
    this.signature = signature
    this.tracking = tracking
    let depth = 0
    for (const input of inputs) {
      input.used = true
      if (input.value === null && input.depth > depth) depth = input.depth
    }
    this.depth = depth + 1
  }

  /** Whether it has no value yet. */
  get pending(): boolean {
    return this.value === null
  }

  get tracked(): boolean {
    return this.tracking !== Tracking.none
  }

  get shape(): Shape {
    return this.aval.shape
  }

  /** Takes a computed value; an untracked node then forgets how it came about, so that history does not pile up. */
  settle(value: StoredValue): void {
    this.value = value
    // A tracked alias of what is not tracked is where differentiation ends: it needs no history either.
    if (!this.tracked || !this.inputs.some((input) => input.tracked)) this.inputs = []
  }
}

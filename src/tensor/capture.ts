import type { DType, Shape, TypedArray } from "../base/index.ts"
import { hostArray, NablaError, numel } from "../base/index.ts"
import { discard, forbidRealizing, fromHost, realize } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { clearPending, nextNodeId } from "../graph/index.ts"
import type { Tensor } from "./tensor.ts"
import { leavingNothingUnread, watchUses, wrap } from "./tensor.ts"

/** A tensor that a captured function changes, and how its former value is treated. */
export interface CapturedUpdate {
  readonly target: Tensor
  /** What the target stood for before. */
  readonly initial: Node
  readonly kind: "parameter" | "state"
}

/**
 * What a function did while it was captured: the tensors that it used, those that it changed, and what has to happen
 * on the host before each replay.
 */
export class Capture {
  /** Tensors that were used, by the node that stood for their value. */
  readonly handles = new Map<Node, Tensor>()
  readonly updates = new Map<Tensor, CapturedUpdate>()
  /** Host work, in the order in which the function did it. */
  readonly hostWork: (() => void)[] = []
  /** Numbers that the host makes anew for each run. */
  readonly hostInputs = new Set<Node>()
  private readonly given: ReadonlySet<Node>
  private readonly firstNode = nextNodeId()

  constructor(given: ReadonlySet<Node>) {
    this.given = given
  }

  /** Whether a node was made by the captured function. */
  made(node: Node): boolean {
    return node.id >= this.firstNode
  }

  /** A value from outside is an input of the program; it is computed first if it has not been yet. */
  use(t: Tensor, node: Node): void {
    if (this.given.has(node) || this.made(node) || this.handles.has(node)) return
    if (node.value === null) allowed(() => realize([node], { keepTracked: true }))
    this.handles.set(node, t)
  }

  update(target: Tensor, value: Node, kind: CapturedUpdate["kind"]): void {
    if (!this.updates.has(target)) this.updates.set(target, { target, kind, initial: target.expressionNow })
    target.replace(value)
  }

  /**
   * Runs `f` with everything that it does written down here; nothing is computed meanwhile. Afterwards all tensors
   * have the values that they had, also when `f` fails; gradients that `f` left are gone.
   */
  record<T>(f: () => T): { result: T; updates: (CapturedUpdate & { readonly final: Node })[] } {
    try {
      const result = capturing(this, f)
      const updates = [...this.updates.values()].map((update) => ({ ...update, final: update.target.node }))
      return { result, updates }
    } finally {
      this.undo()
    }
  }

  private undo(): void {
    for (const { target, initial } of this.updates.values()) target.replace(initial)
    for (const tensor of this.handles.values())
      if (tensor.grad !== null && this.made(tensor.grad.node)) tensor.grad = null
  }
}

let current: Capture | null = null

export function currentCapture(): Capture | null {
  return current
}

function notNow(): NablaError {
  return new NablaError("NABLA_CAPTURE", {
    message: "a value was asked for inside a function that is being captured; a replay would not ask again",
    where: "compile",
  })
}

/** Runs something that must compute values in the middle of a capture. */
function allowed(f: () => void): void {
  forbidRealizing(null)
  watchUses(null)
  try {
    f()
  } finally {
    begin()
  }
}

function begin(): void {
  forbidRealizing(notNow)
  watchUses((t) => current!.use(t, t.expressionNow))
}

function capturing<T>(capture: Capture, f: () => T): T {
  current = capture
  // An expression that is pending from before must not stand in for one of the captured function.
  clearPending()
  begin()
  try {
    // What is left over afterwards stands for no value.
    return leavingNothingUnread(f)
  } finally {
    current = null
    forbidRealizing(null)
    watchUses(null)
  }
}

/**
 * Host work that belongs to a step, such as counting it: done now, or before each run of the program when the step is
 * being captured. A capture itself does nothing, so that one that fails leaves no trace.
 */
export function hostWork(work: () => void): void {
  if (current === null) work()
  else current.hostWork.push(work)
}

/** A node for numbers that the host makes for each step anew; see hostWork for when. */
export function hostInput(shape: Shape, dtype: DType, make: () => TypedArray): Node {
  if (current === null) return fromHost(make(), shape, dtype)
  const node = fromHost(hostArray(dtype, numel(shape)), shape, dtype)
  current.hostInputs.add(node)
  current.hostWork.push(() => {
    const value = node.value!
    discard(value)
    value.host = make()
  })
  return node
}

/** Whether a function is being captured. */
export function isCapturing(): boolean {
  return current !== null
}

/** A number that the host makes for each step anew, as a 0-d tensor; see hostInput. */
export function hostNumber(make: () => number, dtype: DType): Tensor {
  const one = (): TypedArray => {
    const data = hostArray(dtype, 1)
    data[0] = make()
    return data
  }
  return wrap(hostInput([], dtype, one))
}

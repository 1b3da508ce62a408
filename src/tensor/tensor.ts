import type { DType, Shape, TypedArray } from "../base/index.ts"
import { formatShape, isFloating, NablaError } from "../base/index.ts"
import { fromHost, read, readSync, realize } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { aliasNode, sourceNode, Tracking } from "../graph/index.ts"
import { detach } from "../ops/index.ts"

/** Chains of pending operations longer than this are computed at once, so that no graph grows without bound. */
const DEPTH_LIMIT = 2000

/** Handles made since the last optimizer step: among them are the values that somebody may still want to read. */
let recent: Tensor[] = []
const RECENT_LIMIT = 10_000
/** Elements of such handles after which those that were read meanwhile are let go: until then they keep their values. */
const RECENT_ELEMENTS = 2 ** 22
let recentElements = 0

let gradientsOn = true

/** Told of every tensor whose expression is asked for, while a program is captured. */
let watcher: ((t: Tensor) => void) | null = null

/** Has `watch` told of every tensor that is used, until it is called with null. */
export function watchUses(watch: ((t: Tensor) => void) | null): void {
  watcher = watch
}

/**
 * An n-dimensional array of one type, possibly not computed yet. Operations return at once; values are computed when
 * somebody looks (`item`, `data`), or when an optimizer steps. There is nothing to free.
 */
export class Tensor {
  private expression: Node
  /** d(what backward() was called on)/d(this), for tensors with requiresGrad; gradients add up until zeroGrad. */
  grad: Tensor | null = null
  /** Called by backward with the gradient of this leaf, before it is added to `grad`. */
  gradientHooks: readonly ((gradient: Tensor) => Tensor | undefined)[] | null = null

  constructor(node: Node) {
    this.expression = node
    // What a captured function makes stands for values of any call: there is nothing to read or to compute.
    if (node.value !== null || watcher !== null) return
    recentElements += node.aval.size
    if (recent.length >= RECENT_LIMIT || recentElements >= RECENT_ELEMENTS) {
      recent = recent.filter(isUnread)
      recentElements = 0
    }
    recent.push(this)
    if (node.depth > DEPTH_LIMIT && node.tracking !== Tracking.placeholder)
      realize([node], { keepTracked: true })
  }

  /** The expression that this handle stands for at present; in-place operations replace it. */
  get node(): Node {
    if (watcher !== null) watcher(this)
    return this.expression
  }

  /** The same, unseen by whoever watches uses. */
  get expressionNow(): Node {
    return this.expression
  }

  get shape(): Shape {
    return this.expression.shape
  }

  get dtype(): DType {
    return this.expression.aval.dtype
  }

  get ndim(): number {
    return this.shape.length
  }

  numel(): number {
    return this.expression.aval.size
  }

  size(dim: number): number {
    return this.shape[dim < 0 ? dim + this.ndim : dim]!
  }

  /** Whether backward() leaves a gradient here. */
  get requiresGrad(): boolean {
    return this.expression.leaf === this
  }

  set requiresGrad(on: boolean) {
    if (on === this.requiresGrad) return
    if (on && !isFloating(this.dtype)) {
      throw new NablaError("NABLA_NOT_DIFFERENTIABLE", {
        message: "only floating point tensors have gradients",
        where: "requiresGrad",
        expected: "float32 or float64",
        got: this.dtype,
      })
    }
    const { node } = this
    const { shape, aval } = node
    // To whoever watches uses, the value is not that of the moment but of the tensor.
    const value = watcher === null ? node.value : null
    if (!on) this.expression = value === null ? detach(node) : sourceNode(shape, aval.dtype, value)
    else {
      this.expression = value === null ? aliasNode(node) : sourceNode(shape, aval.dtype, value, true)
      this.expression.leaf = this
    }
  }

  /** Sets requiresGrad and returns the tensor, for chains. */
  requiresGrad_(on = true): this {
    this.requiresGrad = on
    return this
  }

  /** Whether the tensor was not computed from others that require gradients. */
  get isLeaf(): boolean {
    return this.requiresGrad || !this.expression.tracked
  }

  /** Points the handle at another expression of the same shape and type: what in-place operations do. */
  replace(node: Node): void {
    const leaf = this.requiresGrad
    this.expression = node
    if (!leaf) return
    if (node.tracked) node.leaf = this
    // Derivatives do not pass through such a node: the leaf gets one of its own.
    else this.requiresGrad = true
  }

  /** The only element, as a number (a bool as 0 or 1). */
  async item(): Promise<number> {
    checkSingle(this)
    return (await read(this.expression))[0]!
  }

  /** `item()` without waiting, on devices that can (wasm, reference). */
  itemSync(): number {
    checkSingle(this)
    return readSync(this.expression)[0]!
  }

  /** The elements in row-major order, as a copy. */
  async data(): Promise<TypedArray> {
    return (await read(this.expression)).slice()
  }

  /** `data()` without waiting, on devices that can (wasm, reference). */
  dataSync(): TypedArray {
    return readSync(this.expression).slice()
  }

  /** Computes the tensor now, if it is not computed yet. */
  realize(): this {
    realize([this.expression], { keepTracked: true })
    return this
  }
}

function checkSingle(t: Tensor): void {
  if (t.numel() === 1) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "item() reads a tensor of one element",
    where: "item",
    expected: "1 element",
    got: `${t.numel()} elements of shape ${formatShape(t.shape)}`,
    hint: "use data() to read all elements, or reduce the tensor first",
  })
}

/** Something that an operation takes as a tensor: a plain number becomes one of no dimensions. */
export type TensorLike = Tensor | number | boolean

/** The node of an argument; inside noGrad it is cut off from whatever it was computed from. */
export function nodeOf(t: Tensor): Node {
  return gradientsOn || !t.node.tracked ? t.node : detach(t.node)
}

/** A handle for a node. */
export function wrap(node: Node): Tensor {
  return new Tensor(node)
}

/** A tensor over a host array, which is taken over. */
export function wrapHost(data: TypedArray, shape: Shape, dtype: DType): Tensor {
  return new Tensor(fromHost(data, shape, dtype))
}

/** Runs a function without recording derivatives. */
export function noGrad<T>(f: () => T): T {
  return withGradients(false, f)
}

/** Runs a function with derivatives recorded, inside noGrad too. */
export function enableGrad<T>(f: () => T): T {
  return withGradients(true, f)
}

function withGradients<T>(on: boolean, f: () => T): T {
  const before = gradientsOn
  gradientsOn = on
  try {
    return f()
  } finally {
    gradientsOn = before
  }
}

export function isGradEnabled(): boolean {
  return gradientsOn
}

/** The tensor that a node is the leaf of, if it is one. */
export function leafOf(node: Node): Tensor | undefined {
  return (node.leaf as Tensor | null) ?? undefined
}

function isUnread(t: Tensor): boolean {
  const { node } = t
  return node.value === null && !node.used && node.tracking !== Tracking.placeholder
}

/** Results that nothing was computed from yet, made since the last call: somebody may still read them. */
export function takeUnread(): Node[] {
  const unread = recent.filter(isUnread).map((t) => t.node)
  recent = []
  return unread
}

/** Runs a function whose results nobody reads unless it hands them out. */
export function leavingNothingUnread<T>(f: () => T): T {
  const before = recent
  recent = []
  try {
    return f()
  } finally {
    recent = before
  }
}

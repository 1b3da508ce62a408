import type { DType, Shape } from "../base/index.ts"
import { isFloating } from "../base/index.ts"
import type { Aval } from "./aval.ts"
import { aval } from "./aval.ts"
import type { Attrs, Op } from "./node.ts"
import { Node, Tracking } from "./node.ts"
import type { StoredValue } from "./stored.ts"

interface Signature {
  readonly id: number
  readonly type: Aval
}

/** Bounds on the tables; both are caches, so that emptying them costs time and never a wrong result. */
const SIGNATURE_LIMIT = 50_000
const PENDING_LIMIT = 20_000

const signatures = new Map<string, Signature>()
let signatureCount = 0
const pending = new Map<string, Node>()

function signatureOf(op: Op, inputs: readonly Node[], attrs: Attrs): Signature {
  let key = `${op.name}(${op.key(attrs)}`
  for (const input of inputs) key += `;${input.aval.id}`
  const known = signatures.get(key)
  if (known !== undefined) return known
  const type = op.shape(
    inputs.map((input) => input.aval),
    attrs,
  )
  if (signatures.size >= SIGNATURE_LIMIT) signatures.clear()
  const made = { id: signatureCount++, type }
  signatures.set(key, made)
  return made
}

/** The node of an operation on nodes: an existing one when the same expression is pending. */
export function makeNode<A extends Attrs>(op: Op<A>, inputs: readonly Node[], attrs: A): Node {
  const { id, type } = signatureOf(op as Op, inputs, attrs)
  let key = String(id)
  for (const input of inputs) key += `,${input.id}`
  const known = pending.get(key)
  if (known !== undefined) return known
  const node = new Node(op as Op, inputs, attrs, type, id, trackingOf(op as Op, inputs, type))
  if (pending.size >= PENDING_LIMIT) pending.clear()
  pending.set(key, node)
  return node
}

function trackingOf(op: Op, inputs: readonly Node[], type: Aval): Tracking {
  let tracking: Tracking = Tracking.none
  for (const input of inputs) if (input.tracking > tracking) tracking = input.tracking
  const cut = tracking === Tracking.derivative && (op.detaches === true || !isFloating(type.dtype))
  return cut ? Tracking.none : tracking
}

/** Forgets pending expressions, so that the table keeps nothing alive that has been computed. */
export function clearPending(): void {
  pending.clear()
}

const noAttrs: Attrs = {}

/** A value that was not computed by the graph: data, a parameter, a number that changes from step to step. */
export const sourceOp: Op = {
  name: "source",
  key: () => "",
  shape: () => {
    throw new Error("a source has its shape from its value")
  },
}

const sourceSignatures = new Map<number, number>()

export function sourceNode(shape: Shape, dtype: DType, value: StoredValue, tracked = false): Node {
  const type = aval(shape, dtype)
  let signature = sourceSignatures.get(type.id)
  if (signature === undefined) {
    signature = signatureCount++
    sourceSignatures.set(type.id, signature)
  }
  const node = new Node(sourceOp, [], noAttrs, type, signature, tracked ? Tracking.derivative : Tracking.none)
  node.value = value
  return node
}

/**
 * A node of its own that stands for another one: transforms differentiate with respect to it, so that a tensor that a
 * function both takes and closes over counts once. Never interned.
 */
export const aliasOp: Op = { name: "alias", key: () => "", shape: ([type]) => type! }

/** A node without a value: what a vectorised function sees in place of one example. */
export const placeholderOp: Op = { name: "placeholder", key: () => "", shape: ([type]) => type! }

let aliasSignature = -1

export function aliasNode(of: Node): Node {
  aliasSignature = aliasSignature < 0 ? signatureCount++ : aliasSignature
  return new Node(
    aliasOp,
    [of],
    noAttrs,
    of.aval,
    aliasSignature,
    Math.max(of.tracking, Tracking.derivative) as Tracking,
  )
}

export function placeholderNode(shape: Shape, dtype: DType): Node {
  return new Node(placeholderOp, [], noAttrs, aval(shape, dtype), signatureCount++, Tracking.placeholder)
}

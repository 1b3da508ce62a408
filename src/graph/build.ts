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

let signatures = new Map<Op, Map<string, Signature>>()
let signaturesKept = 0
let signatureCount = 0
/** Pending nodes by a hash of signature and inputs; those that share one are in a list. */
let pending = new Map<number, Node | readonly Node[]>()
let pendingCount = 0

function signatureOf(op: Op, inputs: readonly Node[], attrs: Attrs): Signature {
  let table = signatures.get(op)
  if (table === undefined) signatures.set(op, (table = new Map()))
  let key = op.key(attrs)
  for (let i = 0; i < inputs.length; i++) key += `;${inputs[i]!.aval.id}`
  const known = table.get(key)
  if (known !== undefined) return known
  const type = op.shape(
    inputs.map((input) => input.aval),
    attrs,
  )
  const made = { id: signatureCount++, type }
  table.set(key, made)
  if (++signaturesKept > SIGNATURE_LIMIT) {
    signatures = new Map()
    signaturesKept = 0
  }
  return made
}

/** The node of an operation on nodes: an existing one when the same expression is pending. */
export function makeNode<A extends Attrs>(op: Op<A>, inputs: readonly Node[], attrs: A): Node {
  const { id, type } = signatureOf(op as Op, inputs, attrs)
  const hash = hashOf(id, inputs)
  const known = pending.get(hash)
  const found = known instanceof Node ? known : known?.find((node) => isExpression(node, id, inputs))
  if (found !== undefined && isExpression(found, id, inputs)) return found
  const node = new Node(op as Op, inputs, attrs, type, id, trackingOf(op as Op, inputs, type))
  if (pendingCount >= PENDING_LIMIT) clearPending()
  pending.set(hash, known === undefined ? node : [known, node].flat())
  pendingCount++
  return node
}

function hashOf(signature: number, inputs: readonly Node[]): number {
  let hash = signature
  for (let i = 0; i < inputs.length; i++) {
    hash = Math.imul(hash ^ inputs[i]!.id, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  // 30 bits: the engine then needs no heap object for the number.
  return hash >> 2
}

/** Whether a node is the expression of this signature on these inputs. */
function isExpression(node: Node, signature: number, inputs: readonly Node[]): boolean {
  if (node.signature !== signature || node.inputs.length !== inputs.length) return false
  for (let i = 0; i < inputs.length; i++) if (node.inputs[i] !== inputs[i]) return false
  return true
}

function trackingOf(op: Op, inputs: readonly Node[], type: Aval): Tracking {
  let tracking: Tracking = Tracking.none
  for (const input of inputs) if (input.tracking > tracking) tracking = input.tracking
  const cut = tracking === Tracking.derivative && (op.detaches === true || !isFloating(type.dtype))
  return cut ? Tracking.none : tracking
}

/** Forgets pending expressions, so that the table keeps nothing alive that has been computed. */
export function clearPending(): void {
  // Not clear(): V8 links a cleared table to its successor, so that one of them in old space keeps all later ones alive.
  pending = new Map()
  pendingCount = 0
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

import { NablaError } from "../base/index.ts"
import { discard, realize, retire } from "../engine/index.ts"
import type { StoredValue } from "../graph/index.ts"
import { sourceNode, Tracking } from "../graph/index.ts"
import { detach } from "../ops/index.ts"
import { gradientsToKeep } from "./backward.ts"
import { currentCapture } from "./capture.ts"
import type { Tensor } from "./tensor.ts"
import { wrap } from "./tensor.ts"
import { realizeWithUnread } from "./unread.ts"

export interface Update {
  readonly target: Tensor
  readonly value: Tensor
}

/**
 * Told of the new values of parameters before they take the place of the former ones; gives tensors of its own new
 * values (of their shape and type) in the same computation.
 */
export type UpdateWatcher = (parameters: readonly Update[]) => readonly Update[]

const watchers = new Set<UpdateWatcher>()

/** Has `watch` told of every update of parameters, those inside a captured function too, until it is taken off. */
export function watchUpdates(watch: UpdateWatcher): { remove(): void } {
  watchers.add(watch)
  return { remove: () => void watchers.delete(watch) }
}

/** The updates of parameters, and those that watchers add. */
function withWatched(parameters: readonly Update[]): readonly Update[] {
  if (watchers.size === 0) return parameters
  return [...parameters, ...[...watchers].flatMap((watch) => watch(parameters))]
}

/**
 * Gives tensors new values, all computed in one plan: an optimizer's step. `state` is memory of the optimizer that
 * nobody else sees; its former values are freed at once. Former values of `parameters` stay readable until the next
 * update, since results computed from them may not have been read yet; results that nothing was computed from are
 * computed along with the update, so that they keep their values for good.
 */
export function update(ofParameters: readonly Update[], state: readonly Update[] = []): void {
  const parameters = withWatched(ofParameters)
  const capture = currentCapture()
  if (capture !== null) {
    for (const { target, value } of parameters) capture.update(target, value.node, "parameter")
    for (const { target, value } of state) capture.update(target, value.node, "state")
    return
  }
  const all = [...parameters, ...state]
  realizeWithUnread([...all.map(({ value }) => value.node), ...gradientsToKeep()])
  settleTargets(parameters.map(stored), state.map(stored), "an optimizer step has replaced it")
}

/** New values that may be pending on one tensor before they are computed: each holds on to what it is made from. */
const PENDING_LIMIT = 32
const pendingUpdates = new WeakMap<Tensor, number>()

/**
 * Gives tensors that the forward pass itself changes (running statistics) new values of the same shape and type. They
 * are computed along with the next update or when somebody looks, so that a forward pass is not cut in two; no
 * derivative passes through them.
 *
 * @throws NABLA_PLACEHOLDER_VALUE inside vmap, where each example would give another value
 */
export function updateLater(updates: readonly Update[]): void {
  const capture = currentCapture()
  for (const { target, value } of updates) {
    if (value.node.tracking === Tracking.placeholder) throw perExample()
    const node = detach(value.node)
    if (capture !== null) capture.update(target, node, "parameter")
    else later(target, wrap(node))
  }
}

function later(target: Tensor, value: Tensor): void {
  const waiting = target.node.value === null ? (pendingUpdates.get(target) ?? 0) + 1 : 0
  if (waiting >= PENDING_LIMIT) realize([value.node])
  pendingUpdates.set(target, waiting)
  const { requiresGrad } = target
  target.requiresGrad = false
  target.replace(value.node)
  target.requiresGrad = requiresGrad
}

function perExample(): NablaError {
  return new NablaError("NABLA_PLACEHOLDER_VALUE", {
    message: "inside vmap the state of a module would change for each example differently",
    where: "updateLater",
    hint: "put the module into evaluation mode, or do without running statistics (trackRunningStats: false)",
  })
}

/** A target and the value that it is given. */
export interface Settlement {
  readonly target: Tensor
  readonly value: StoredValue
}

function stored({ target, value }: Update): Settlement {
  return { target, value: value.node.value! }
}

/** Gives targets their values: what parameters had stays readable for a while, what state had is freed. */
export function settleTargets(
  parameters: readonly Settlement[],
  state: readonly Settlement[],
  reason: string,
): void {
  retire(parameters.flatMap(settle), reason)
  for (const former of state.flatMap(settle)) discard(former)
}

/** Points a target at a value; returns the former one when nobody else can have it. */
function settle({ target, value }: Settlement): StoredValue[] {
  const former = target.node.value
  target.replace(sourceNode(target.shape, target.dtype, value, target.requiresGrad))
  value.owners++
  return former !== null && former !== value && former.owners === 1 ? [former] : []
}

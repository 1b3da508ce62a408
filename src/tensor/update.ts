import { discard, realize, retire } from "../engine/index.ts"
import type { StoredValue } from "../graph/index.ts"
import { sourceNode } from "../graph/index.ts"
import { gradientsToKeep } from "./backward.ts"
import { currentCapture } from "./capture.ts"
import type { Tensor } from "./tensor.ts"
import { takeUnread } from "./tensor.ts"

export interface Update {
  readonly target: Tensor
  readonly value: Tensor
}

/**
 * Gives tensors new values, all computed in one plan: an optimizer's step. `state` is memory of the optimizer that
 * nobody else sees; its former values are freed at once. Former values of `parameters` stay readable until the next
 * update, since results computed from them may not have been read yet; results that nothing was computed from are
 * computed along with the update, so that they keep their values for good.
 */
export function update(parameters: readonly Update[], state: readonly Update[] = []): void {
  const capture = currentCapture()
  if (capture !== null) {
    for (const { target, value } of parameters) capture.update(target, value.node, "parameter")
    for (const { target, value } of state) capture.update(target, value.node, "state")
    return
  }
  const all = [...parameters, ...state]
  realize([...all.map(({ value }) => value.node), ...gradientsToKeep(), ...takeUnread()])
  settleTargets(parameters.map(stored), state.map(stored), "an optimizer step has replaced it")
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

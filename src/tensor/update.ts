import { discard, realize, retire } from "../engine/index.ts"
import type { StoredValue } from "../graph/index.ts"
import { sourceNode } from "../graph/index.ts"
import { gradientsToKeep } from "./backward.ts"
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
  const all = [...parameters, ...state]
  realize([...all.map(({ value }) => value.node), ...gradientsToKeep(), ...takeUnread()])
  retire(parameters.flatMap(replaceValue), "an optimizer step has replaced it")
  for (const former of state.flatMap(replaceValue)) discard(former)
}

/** Points a target at its new value; returns the former one when nobody else can have it. */
function replaceValue({ target, value }: Update): StoredValue[] {
  const former = target.node.value
  const stored = value.node.value!
  target.replace(sourceNode(target.shape, target.dtype, stored, target.requiresGrad))
  stored.owners++
  return former !== null && former !== stored && former.owners === 1 ? [former] : []
}

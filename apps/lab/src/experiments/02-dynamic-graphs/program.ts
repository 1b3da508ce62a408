import type { Tensor } from "nabla"
import { MOST_TURNS } from "./controls.ts"
import type { Setting } from "./theory.ts"

/** What a condition came to: by looking at the value, or as it was written down before. */
export type Decide = (condition: () => boolean) => boolean

/** An ordinary program: JavaScript's own if and while, over values that are looked at on the way. */
export function program(x: Tensor, { program, threshold, limit }: Setting, decide: Decide): Tensor {
  if (program === "branch") return decide(() => x.itemSync() > threshold) ? x.mul(x).mul(x) : x.sin()
  let y = x
  for (let turn = 0; decide(() => turn < MOST_TURNS && Math.abs(y.itemSync()) < limit); turn++) y = y.mul(2)
  return decide(() => y.itemSync() > 0) ? y.mul(y) : y.mul(y).mul(y)
}

export const looking: Decide = (condition) => condition()

/** Writes down what conditions come to. */
export function writing(decisions: boolean[]): Decide {
  return (condition) => {
    const decision = condition()
    decisions.push(decision)
    return decision
  }
}

/** Never looks: does what was done before. */
export function replaying(decisions: readonly boolean[]): Decide {
  let next = 0
  return () => decisions[next++]!
}

import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import type { Kernel } from "../kernel/index.ts"
import { planGraph } from "../plan/index.ts"
import { backend } from "./backends.ts"

/** A kernel of a plan and the nodes that it reads and stores. */
export interface PlannedKernel {
  readonly kernel: Kernel
  readonly reads: readonly Node[]
  readonly stores: readonly Node[]
}

/**
 * The kernels that would compute nodes from their sources on the present device, in order. Values that exist already
 * are not used, so that the plan is the same before and after the computation.
 */
export function explain(targets: readonly Node[]): PlannedKernel[] {
  const order = topologicalOrder(targets, () => true)
  const given = new Set(order.filter((node) => node.inputs.length === 0 && node.value !== null))
  const wanted = new Set(targets.filter((node) => !given.has(node)))
  // Every stored node keeps a place of its own, so that each buffer can be told by its node.
  const { device } = backend()
  const task = { order, given, targets: wanted }
  const plan = planGraph(task, () => true, { device: device.capabilities })
  return plan.calls.map(({ kernel: number, slots }) => {
    const kernel = plan.kernels[number]!
    const nodesOf = (access: "read" | "write"): Node[] =>
      slots.flatMap((slot, i) =>
        slot.kind !== "temporary" && kernel.buffers[i]!.access === access ? [order[slot.node]!] : [],
      )
    return { kernel, reads: nodesOf("read"), stores: nodesOf("write") }
  })
}

import type { Allocation, BufferRef, Call, Program } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { clearPending, placeholderOp, StoredValue, topologicalOrder } from "../graph/index.ts"
import type { Plan, Slot } from "../plan/index.ts"
import { planGraph } from "../plan/index.ts"
import { backend, defaultDevice } from "./backends.ts"
import { place, residentBuffer, settleRun } from "./residency.ts"

interface Executable {
  readonly plan: Plan
  readonly program: Program
}

/** Plans by the form of their graph; the least recently used goes first when there are too many. */
const PLAN_LIMIT = 512
const executables = new Map<string, Executable>()

let checkKernels = false

/** Checks the IR of every kernel before it is compiled. */
export function setKernelChecks(on: boolean): void {
  checkKernels = on
}

export interface RealizeOptions {
  /** Keep what a derivative may need as well, since the graph is likely to grow further. */
  readonly keepTracked?: boolean
}

/** Computes nodes that have no value yet, all in one plan. */
export function realize(nodes: readonly Node[], { keepTracked = false }: RealizeOptions = {}): void {
  const targets = new Set(nodes.filter((node) => node.value === null))
  if (targets.size === 0) return
  const order = topologicalOrder([...targets], (node) => node.value === null)
  const key = structureKey(order, targets, keepTracked)
  const executable = executables.get(key) ?? prepare(key, order, targets, keepTracked)
  touch(key, executable)
  execute(executable, order)
  clearPending()
}

function touch(key: string, executable: Executable): void {
  executables.delete(key)
  executables.set(key, executable)
  if (executables.size > PLAN_LIMIT) executables.delete(executables.keys().next().value!)
}

/** Text that two graphs share exactly when one plan serves both. */
function structureKey(order: readonly Node[], targets: ReadonlySet<Node>, keepTracked: boolean): string {
  const position = new Map<Node, number>()
  let key: string = defaultDevice()
  for (const node of order) {
    position.set(node, position.size)
    if (node.value !== null) {
      key += `;=${node.aval.id}`
      continue
    }
    if (node.op === placeholderOp) throw placeholderError(node)
    key += `;${node.signature}`
    if (targets.has(node)) key += "!"
    else if (keepTracked && node.tracked) key += "?"
    for (const input of node.inputs) key += `,${position.get(input)}`
  }
  return key
}

function placeholderError(node: Node): NablaError {
  return new NablaError("NABLA_PLACEHOLDER_VALUE", {
    message: "the value of a tensor inside vmap was asked for, but it stands for every example of the batch",
    where: `placeholder of shape [${node.shape.join(", ")}]`,
  })
}

function prepare(
  key: string,
  order: readonly Node[],
  targets: ReadonlySet<Node>,
  keepTracked: boolean,
): Executable {
  const { device, compile } = backend()
  const given = new Set(order.filter((node) => node.value !== null))
  const plan = planGraph({ order, given, targets }, (node) => keepTracked && node.tracked, {
    device: device.capabilities,
    check: checkKernels,
  })
  const executable = { plan, program: compile(plan.kernels) }
  executables.set(key, executable)
  return executable
}

function execute({ plan, program }: Executable, order: readonly Node[]): void {
  const { device } = backend()
  const buffers = new Map<number, BufferRef>()
  const given = plan.given.map((at) => order[at]!.value!)
  for (const [i, at] of plan.given.entries()) buffers.set(at, residentBuffer(given[i]!, device))
  const results = plan.results.map((at) => {
    const { dtype, size } = order[at]!.aval
    const value = new StoredValue(dtype, size, null)
    buffers.set(at, place(value, device))
    return value
  })
  const temporaries = plan.temporaryBytes > 0 ? device.allocate(plan.temporaryBytes) : null
  try {
    device.run(program, calls(plan, buffers, temporaries))
  } finally {
    if (temporaries !== null) device.free(temporaries)
  }
  for (const [i, at] of plan.results.entries()) order[at]!.settle(results[i]!)
  settleRun(given, results)
}

function calls(plan: Plan, buffers: ReadonlyMap<number, BufferRef>, temporaries: Allocation | null): Call[] {
  const locate = (slot: Slot): BufferRef =>
    slot.kind === "temporary"
      ? { allocation: temporaries!, byteOffset: slot.offset }
      : buffers.get(slot.node)!
  return plan.calls.map(({ kernel, slots }) => ({ kernel, buffers: slots.map(locate) }))
}

/** Number of plans in the cache, for tests and reports. */
export function planCount(): number {
  return executables.size
}

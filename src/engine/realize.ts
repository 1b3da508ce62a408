import type { Allocation, BufferRef, Call, Program as DeviceProgram } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Aval, Node } from "../graph/index.ts"
import { clearPending, placeholderOp, StoredValue, topologicalOrder } from "../graph/index.ts"
import type { Plan, Slot } from "../plan/index.ts"
import { planGraph, repeatedWork } from "../plan/index.ts"
import { backend, defaultDevice } from "./backends.ts"
import { place, residentBuffer, settleRun } from "./residency.ts"
import { runCalls, tracePreparation } from "./trace.ts"

interface Executable {
  readonly plan: Plan
  readonly program: DeviceProgram
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
  const targets = new Set(nodes.filter((node) => node.pending))
  if (targets.size === 0) return
  if (forbidden !== null) throw forbidden()
  const order = topologicalOrder([...targets], (node) => node.pending)
  for (const node of repeatedWork(order)) targets.add(node)
  const { executable } = executableFor(order, targets, keepTracked)
  const { plan } = executable
  const given = plan.given.map((at) => order[at]!.value!)
  const results = execute(
    executable,
    given,
    plan.results.map((at) => order[at]!.aval),
  )
  for (const [i, at] of plan.results.entries()) order[at]!.settle(results[i]!)
  clearPending()
}

let forbidden: (() => Error) | null = null

/** While a program is captured nothing may be computed: `reason` makes the error for whoever asks. */
export function forbidRealizing(reason: (() => Error) | null): void {
  forbidden = reason
}

/** A computation prepared once, to be run on other values of the same form. */
export interface Program {
  /** The nodes whose values are given, in the order in which run takes them. */
  readonly given: readonly Node[]
  /** Computes the targets, in their order. */
  run(values: readonly StoredValue[]): StoredValue[]
  readonly temporaryBytes: number
  readonly kernelCount: number
  /** Equal for programs of the same form. */
  readonly form: string
}

/** Prepares the computation of nodes that have no value yet. */
export function prepareProgram(targets: readonly Node[]): Program {
  const order = topologicalOrder(targets, (node) => node.pending)
  const { executable, key } = executableFor(order, new Set(targets), false)
  const { plan } = executable
  const types = plan.results.map((at) => order[at]!.aval)
  const place = new Map(plan.results.map((at, i) => [order[at]!, i]))
  const places = targets.map((target) => place.get(target)!)
  return {
    given: plan.given.map((at) => order[at]!),
    run: (values) => {
      const results = execute(executable, values, types)
      return places.map((at) => results[at]!)
    },
    temporaryBytes: plan.temporaryBytes,
    kernelCount: plan.calls.length,
    form: key,
  }
}

function executableFor(
  order: readonly Node[],
  targets: ReadonlySet<Node>,
  keepTracked: boolean,
): { executable: Executable; key: string } {
  const key = structureKey(order, targets, keepTracked)
  const executable =
    executables.get(key) ??
    tracePreparation(
      () => prepare(key, order, targets, keepTracked),
      ({ plan }) => plan.kernels.length,
    )
  touch(key, executable)
  return { executable, key }
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
    if (!node.pending) {
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
  const given = new Set(order.filter((node) => !node.pending))
  const plan = planGraph({ order, given, targets }, (node) => keepTracked && node.tracked, {
    device: device.capabilities,
    check: checkKernels,
  })
  const executable = { plan, program: compile(plan.kernels) }
  executables.set(key, executable)
  return executable
}

function execute(
  { plan, program }: Executable,
  given: readonly StoredValue[],
  types: readonly Aval[],
): StoredValue[] {
  const { device } = backend()
  const buffers = new Map<number, BufferRef>()
  for (const [i, at] of plan.given.entries()) buffers.set(at, residentBuffer(given[i]!, device))
  const results = plan.results.map((at, i) => {
    const { dtype, size } = types[i]!
    const value = new StoredValue(dtype, size, null)
    buffers.set(at, place(value, device))
    return value
  })
  const temporaries = plan.temporaryBytes > 0 ? device.allocate(plan.temporaryBytes) : null
  try {
    runCalls(device, program, plan.kernels, calls(plan, buffers, temporaries))
  } finally {
    if (temporaries !== null) device.free(temporaries)
  }
  settleRun(given, results)
  return results
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

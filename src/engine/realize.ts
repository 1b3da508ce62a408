import type { Allocation, BufferRef, Call, Capabilities, Program as DeviceProgram } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Aval, Node } from "../graph/index.ts"
import { clearPending, placeholderOp, StoredValue, topologicalOrder } from "../graph/index.ts"
import { checkKernel } from "../kernel/index.ts"
import type { Plan, Slot } from "../plan/index.ts"
import { planGraph, repeatedWork } from "../plan/index.ts"
import { backend, defaultDevice } from "./backends.ts"
import type { Runner } from "./moving.ts"
import { Move } from "./moving.ts"
import { place, residentBuffer, settleRun } from "./residency.ts"
import { runCalls, tracePreparation } from "./trace.ts"

/** A plan with its program. Both change when it moves; what it takes and gives does not. */
interface Executable {
  plan: Plan
  program: DeviceProgram
  runner: Runner
  /** As long as it may still move to a faster device. */
  move: Move | null
}

/** What a plan is made of. */
interface Computation {
  readonly order: readonly Node[]
  readonly targets: ReadonlySet<Node>
  readonly keepTracked: boolean
}

/** Plans by the form of their graph; the least recently used goes first when there are too many. */
const PLAN_LIMIT = 512
const executables = new Map<string, Executable>()

let check: typeof checkKernel | undefined

/** Checks the IR of every kernel before it is compiled. */
export function setKernelChecks(on: boolean): void {
  check = on ? checkKernel : undefined
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
  const computation = { order, targets, keepTracked }
  const { executable } = executableFor(computation)
  const { plan } = executable
  advance(executable, computation)
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
  /** Bytes of the block that holds what is computed on the way, and the least that any block would need. */
  readonly temporaryBytes: number
  readonly liveBytes: number
  readonly kernelCount: number
  /** Equal for programs of the same form. */
  readonly form: string
}

/** Prepares the computation of nodes that have no value yet. */
export function prepareProgram(targets: readonly Node[]): Program {
  const order = topologicalOrder(targets, (node) => node.pending)
  const computation: Computation = { order, targets: new Set(targets), keepTracked: false }
  const { executable, key } = executableFor(computation)
  const { plan } = executable
  const types = plan.results.map((at) => order[at]!.aval)
  const place = new Map(plan.results.map((at, i) => [order[at]!, i]))
  const places = targets.map((target) => place.get(target)!)
  let source: Computation | null = computation
  return {
    given: plan.given.map((at) => order[at]!),
    run: (values) => {
      if (source !== null) source = advance(executable, source)
      const results = execute(executable, values, types)
      return places.map((at) => results[at]!)
    },
    get temporaryBytes() {
      return executable.plan.temporaryBytes
    },
    get liveBytes() {
      return executable.plan.liveBytes
    },
    get kernelCount() {
      return executable.plan.calls.length
    },
    form: key,
  }
}

function executableFor(computation: Computation): { executable: Executable; key: string } {
  const key = structureKey(computation)
  const executable =
    executables.get(key) ??
    tracePreparation(
      () => prepare(key, computation),
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
function structureKey({ order, targets, keepTracked }: Computation): string {
  const position = new Map<Node, number>()
  let key = `${defaultDevice()} ${backend().device.capabilities.threads ?? 1}`
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

function prepare(key: string, computation: Computation): Executable {
  const { device, compile, successor } = backend()
  const plan = planFor(computation, device.capabilities)
  const move = successor === undefined ? null : new Move(successor)
  const executable: Executable = { plan, program: compile(plan.kernels), runner: device, move }
  executables.set(key, executable)
  return executable
}

function planFor({ order, targets, keepTracked }: Computation, device: Capabilities): Plan {
  const given = new Set(order.filter((node) => !node.pending))
  return planGraph({ order, given, targets }, (node) => keepTracked && node.tracked, {
    device,
    ...(check === undefined ? {} : { check }),
  })
}

/**
 * Moves a program to the successor of its device if it is there by now. Gives the computation back as long as it may
 * still be needed for that.
 */
function advance(executable: Executable, computation: Computation): Computation | null {
  const { move, plan } = executable
  if (move === null) return null
  const replan = (device: Capabilities): Plan =>
    tracePreparation(
      () => planFor(computation, device),
      ({ kernels }) => kernels.length,
    )
  const next = move.next(plan, replan)
  if (next !== null) Object.assign(executable, next, { runner: move.successor })
  if (next === null && !move.over) return computation
  executable.move = null
  return null
}

function execute(
  { plan, program, runner, move }: Executable,
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
  const start = move === null ? 0 : performance.now()
  try {
    runCalls(runner, program, plan.kernels, calls(plan, buffers, temporaries))
  } finally {
    if (temporaries !== null) device.free(temporaries)
  }
  move?.ran(performance.now() - start)
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

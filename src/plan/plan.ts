import type { Capabilities } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import type { BufferParam, Kernel } from "../kernel/index.ts"
import { scalarBytes, worksInPlace } from "../kernel/index.ts"
import type { Task } from "./fuse.ts"
import { partition } from "./fuse.ts"
import { kernelOf } from "./kernel-cache.ts"
import type { LoweredKernel } from "./lowering.ts"
import type { Lifetime } from "./memory.ts"
import { largestLiveSet, placeTemporaries } from "./memory.ts"

/** Where a kernel's buffer lies: with a node (by its position in the order), or in the block of temporaries. */
export type Slot =
  | { readonly kind: "given"; readonly node: number }
  | { readonly kind: "result"; readonly node: number }
  | { readonly kind: "temporary"; readonly offset: number }

export interface PlannedCall {
  readonly kernel: number
  readonly slots: readonly Slot[]
}

/** What to run for a graph. It names nodes by position only, so that it serves every graph of the same form. */
export interface Plan {
  readonly kernels: readonly Kernel[]
  readonly calls: readonly PlannedCall[]
  /** Positions of the nodes that are read as they are, and of those that are computed into memory of their own. */
  readonly given: readonly number[]
  readonly results: readonly number[]
  readonly temporaryBytes: number
  /** Bytes of the temporaries that are alive together, where they are most: what no layout could do without. */
  readonly liveBytes: number
}

export interface PlanOptions {
  readonly device: Capabilities
  /** Checks the IR of every kernel, in tests and debug mode: `checkKernel`, given so that others do without its code. */
  readonly check?: (kernel: Kernel, pass: string) => void
}

/**
 * Plans a computation. Of the nodes that nobody asked for but that get a place in memory, those for which `keep` holds
 * get one of their own, so that a later computation need not repeat them.
 */
export function planGraph(task: Task, keep: (node: Node) => boolean, options: PlanOptions): Plan {
  const parts = partition(task, options.device)
  const lowered = parts.roots.map((root) => kernelOf(root, parts, options.device))
  for (const kernel of new Set(lowered.map(({ kernel }) => kernel))) options.check?.(kernel, "plan")
  return new Assembly(task, keep, lowered, options.device.worksInPlace ?? false).plan()
}

class Assembly {
  private readonly position = new Map<Node, number>()
  private readonly task: Task
  private readonly keep: (node: Node) => boolean
  private readonly lowered: readonly LoweredKernel[]
  private readonly given = new Set<number>()
  private readonly results = new Set<number>()
  /** One entry for each temporary: those of nodes are shared by the kernels that touch them. */
  private readonly lifetimes: { bytes: number; first: number; last: number }[] = []
  private readonly temporaryOf = new Map<Node, number>()
  private readonly inPlace: boolean
  /** Places that went from an input to an output, and at which kernel. */
  private readonly taken = new Map<number, number>()
  /** The last kernel that touches each node. */
  private readonly lastUse = new Map<Node, number>()

  constructor(
    task: Task,
    keep: (node: Node) => boolean,
    lowered: readonly LoweredKernel[],
    inPlace: boolean,
  ) {
    for (const node of task.order) this.position.set(node, this.position.size)
    this.task = task
    this.keep = keep
    this.lowered = lowered
    this.inPlace = inPlace
    for (const [at, { operands }] of lowered.entries())
      for (const node of operands) if (node !== null) this.lastUse.set(node, at)
  }

  plan(): Plan {
    const drafts = this.lowered.map(({ kernel, operands }, at) =>
      operands.map((node, i) => this.slot(node, kernel.buffers[i]!, at)),
    )
    const { offsets, bytes } = placeTemporaries(this.lifetimes satisfies Lifetime[])
    const { kernels, numbers } = distinct(this.lowered.map(({ kernel }) => kernel))
    const calls = drafts.map(
      (slots, i): PlannedCall => ({
        kernel: numbers[i]!,
        slots: slots.map((slot) =>
          slot.kind === "temporary" ? { ...slot, offset: offsets[slot.offset]! } : slot,
        ),
      }),
    )
    return {
      kernels,
      calls,
      given: [...this.given],
      results: [...this.results],
      temporaryBytes: bytes,
      liveBytes: largestLiveSet(this.lifetimes),
    }
  }

  /** The slot of a kernel's buffer; a temporary is known by its number until all are placed. */
  private slot(node: Node | null, buffer: BufferParam, at: number): Slot {
    const bytes = Math.max(buffer.length, 1) * scalarBytes(buffer.type)
    if (node === null) return this.temporary(this.lifetimes.push({ bytes, first: at, last: at }) - 1)
    const position = this.position.get(node)!
    if (this.task.given.has(node)) {
      this.given.add(position)
      return { kind: "given", node: position }
    }
    if (this.task.targets.has(node) || this.keep(node)) {
      this.results.add(position)
      return { kind: "result", node: position }
    }
    let number = this.temporaryOf.get(node)
    if (number === undefined) {
      number = this.dyingPartner(node, at) ?? this.lifetimes.push({ bytes, first: at, last: at }) - 1
      this.temporaryOf.set(node, number)
    }
    this.lifetimes[number]!.last = at
    return this.temporary(number)
  }

  /** The place of an input that ends with this kernel and that the new value can take over, if there is one. */
  private dyingPartner(node: Node, at: number): number | undefined {
    if (!this.inPlace) return undefined
    const { kernel, operands } = this.lowered[at]!
    const output = operands.indexOf(node)
    for (const [input, other] of operands.entries()) {
      if (other === null || this.lastUse.get(other) !== at) continue
      const number = this.temporaryOf.get(other)
      if (number === undefined || this.taken.get(number) === at) continue
      if (!worksInPlace(kernel, input, output)) continue
      this.taken.set(number, at)
      return number
    }
    return undefined
  }

  private temporary(number: number): Slot {
    return { kind: "temporary", offset: number }
  }
}

/** Each kernel once, and the number of the one that serves each call. */
function distinct(all: readonly Kernel[]): { kernels: Kernel[]; numbers: number[] } {
  const alike = new Map<string, { kernel: Kernel; text: string | null }[]>()
  const numberOf = new Map<Kernel, number>()
  const kernels: Kernel[] = []
  for (const kernel of new Set(all)) {
    // Whole texts are compared only among kernels that look the same from outside.
    const outside = JSON.stringify([kernel.name, kernel.buffers, kernel.body.length])
    const candidates = alike.get(outside) ?? []
    alike.set(outside, candidates)
    const text = candidates.length === 0 ? null : textOf(kernel)
    const same = candidates.find((other) => (other.text ??= textOf(other.kernel)) === text)
    if (same !== undefined) numberOf.set(kernel, numberOf.get(same.kernel)!)
    else {
      candidates.push({ kernel, text })
      numberOf.set(kernel, kernels.push(kernel) - 1)
    }
  }
  return { kernels, numbers: all.map((kernel) => numberOf.get(kernel)!) }
}

const textOf = (kernel: Kernel): string => JSON.stringify(kernel.body, exactNumbers)

/** JSON has neither infinities nor NaN nor -0, and two kernels may differ in nothing else. */
function exactNumbers(_: string, value: unknown): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return Object.is(value, -0) ? "-0" : String(value)
}

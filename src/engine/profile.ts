import type { Kernel, KernelWork } from "../kernel/index.ts"
import { kernelWork } from "../kernel/index.ts"
import type { KernelRun, Trace } from "./trace.ts"

/** All launches of one kernel. Rates are by the work that the kernel's loops show (see docs/profiling.md). */
export interface KernelProfile {
  readonly name: string
  /** Elements of the kernel's results: what tells kernels of one name apart. */
  readonly elements: number
  readonly count: number
  readonly ms: number
  /** Part of the time of all kernels, 0 … 1. */
  readonly share: number
  /** Of one launch: arithmetic operations on floats, and bytes when each element moves once. */
  readonly flops: number
  readonly bytes: number
  readonly gflops: number
  readonly gbps: number
}

/** What a device reaches at best, measured. */
export interface Ceilings {
  /** 10⁹ operations a second on floats, of a matrix product that fits the caches. */
  readonly gflops: number
  /** 10⁹ bytes a second, read and written, of arrays that do not fit the caches. */
  readonly gbps: number
}

/** How near a kernel comes to what the device can do: to the nearer one of its ceilings, 0 … 1. */
export function shareOfCeiling({ gflops, gbps }: KernelProfile, ceilings: Ceilings): number {
  return Math.max(gflops / ceilings.gflops, gbps / ceilings.gbps)
}

/** An event of Chrome's trace format; times are in microseconds. */
export interface TraceEvent {
  readonly name: string
  readonly cat: string
  readonly ph: "X"
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly args: Readonly<Record<string, number | string>>
}

/** What `chrome://tracing` and ui.perfetto.dev open. */
export interface ChromeTrace {
  readonly displayTimeUnit: "ms"
  readonly traceEvents: readonly TraceEvent[]
}

const work = new WeakMap<Kernel, KernelWork>()

function workOf(kernel: Kernel): KernelWork {
  let known = work.get(kernel)
  if (known === undefined) {
    known = kernelWork(kernel)
    work.set(kernel, known)
  }
  return known
}

function elementsOf({ buffers }: Kernel): number {
  return buffers.reduce((n, { access, length }) => (access === "write" ? n + length : n), 0)
}

/** Kernels of several plans are one when name and buffers are the same. */
function identity({ name, buffers }: Kernel): string {
  return `${name}|${buffers.map(({ type, length, access }) => `${access[0]}${type}${length}`).join("|")}`
}

/** Sums of a trace by kernel, the longest first. */
export function profileKernels(runs: readonly KernelRun[]): KernelProfile[] {
  const groups = new Map<string, KernelRun[]>()
  for (const run of runs) {
    const key = identity(run.kernel)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [run])
    else group.push(run)
  }
  const total = runs.reduce((ms, { duration }) => ms + duration, 0)
  const rows = [...groups.values()].map((group): KernelProfile => {
    const { kernel } = group[0]!
    const count = group.length
    const ms = group.reduce((sum, { duration }) => sum + duration, 0)
    const { flops, bytes } = workOf(kernel)
    const rate = (amount: number): number => (ms > 0 ? (amount * count) / ms / 1e6 : 0)
    return {
      name: kernel.name,
      elements: elementsOf(kernel),
      count,
      ms,
      share: total > 0 ? ms / total : 0,
      flops,
      bytes,
      gflops: rate(flops),
      gbps: rate(bytes),
    }
  })
  return rows.sort((a, b) => b.ms - a.ms)
}

/** A trace as events on two tracks: kernels, and the planning and compiling before them. */
export function chromeTrace({ runs, preparations }: Trace, start: number): ChromeTrace {
  const event = (
    name: string,
    cat: string,
    tid: number,
    span: { readonly start: number; readonly duration: number },
    args: TraceEvent["args"],
  ): TraceEvent => ({
    name,
    cat,
    ph: "X",
    ts: (span.start - start) * 1000,
    dur: span.duration * 1000,
    pid: 1,
    tid,
    args,
  })
  const traceEvents = [
    ...preparations.map((span) => event("plan and compile", "plan", 2, span, { kernels: span.kernels })),
    ...runs.map((run) =>
      event(run.kernel.name, "kernel", 1, run, { ...workOf(run.kernel), elements: elementsOf(run.kernel) }),
    ),
  ]
  return { displayTimeUnit: "ms", traceEvents: traceEvents.sort((a, b) => a.ts - b.ts) }
}

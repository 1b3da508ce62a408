import type { Ceilings, ChromeTrace, KernelProfile, Trace } from "../engine/index.ts"
import { chromeTrace, profileKernels, shareOfCeiling, startTrace, stopTrace } from "../engine/index.ts"
import { realize } from "./realize.ts"
import { flattenTree } from "./tree.ts"

/** Where the time of a function went. */
export class Profile<T> {
  /** What the function returned. */
  readonly result: T
  /** Time of the function and of what it returned, all in all. */
  readonly ms: number
  /** Time in kernels, and in planning and compiling; the rest is JavaScript. */
  readonly kernelMs: number
  readonly planMs: number
  /** One row for each kernel, those that took longest first. */
  readonly kernels: readonly KernelProfile[]
  /** For `chrome://tracing` and ui.perfetto.dev, once it is written to a file with JSON.stringify. */
  readonly trace: ChromeTrace

  constructor(result: T, start: number, end: number, trace: Trace) {
    const sum = (spans: readonly { readonly duration: number }[]): number =>
      spans.reduce((total, { duration }) => total + duration, 0)
    this.result = result
    this.ms = end - start
    this.kernelMs = sum(trace.runs)
    this.planMs = sum(trace.preparations)
    this.kernels = profileKernels(trace.runs)
    this.trace = chromeTrace(trace, start)
  }

  /**
   * The kernels as a table.
   *
   * @param rows how many of them, the first ones. Default: all
   * @param ceilings what the device reaches (see deviceCeilings): a column then says how near each kernel comes
   */
  table(rows = Infinity, ceilings?: Ceilings): string {
    const head = ["kernel", "elements", "count", "ms", "share", "GFLOP/s", "GB/s"]
    if (ceilings !== undefined) head.push("of ceiling")
    const shown = this.kernels
      .slice(0, rows)
      .map((kernel) => [
        kernel.name,
        String(kernel.elements),
        String(kernel.count),
        kernel.ms.toFixed(3),
        `${(100 * kernel.share).toFixed(1)} %`,
        kernel.gflops.toFixed(1),
        kernel.gbps.toFixed(1),
        ...(ceilings === undefined ? [] : [`${(100 * shareOfCeiling(kernel, ceilings)).toFixed(0)} %`]),
      ])
    const left = this.kernels.length - shown.length
    const lines = aligned([head, ...shown])
    if (left > 0) lines.push(`and ${left} more`)
    const other = this.ms - this.kernelMs - this.planMs
    const parts = `kernels ${this.kernelMs.toFixed(2)}, planning ${this.planMs.toFixed(2)}, other ${other.toFixed(2)}`
    return [...lines, `${this.ms.toFixed(2)} ms: ${parts}`].join("\n")
  }

  toString(): string {
    return this.table()
  }
}

const NAME_WIDTH = 48

/** Columns: names to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map(([name, ...numbers]) => [shortened(name!), ...numbers])
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
  )
}

const shortened = (name: string): string =>
  name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 1)}…` : name

/**
 * Runs a function and says where its time went: for each kernel how often it ran, how long, and how much it computed
 * and moved in a second. Tensors in what the function returns are computed as part of it. Kernels run one at a time
 * meanwhile, with the same results. The first run of anything includes planning and compiling: profile the second.
 *
 * @example
 * step()
 * console.log(profile(step).table(10))
 */
export function profile<T>(f: () => Promise<T>): Promise<Profile<T>>
export function profile<T>(f: () => T): Profile<T>
export function profile<T>(f: () => T | Promise<T>): Profile<T> | Promise<Profile<T>> {
  const trace = startTrace()
  const start = performance.now()
  const finish = (result: T): Profile<T> => {
    realize(flattenTree(result).leaves)
    return new Profile(result, start, performance.now(), trace)
  }
  let waiting = false
  try {
    const result = f()
    if (!(result instanceof Promise)) return finish(result)
    waiting = true
    return result.then(finish).finally(() => stopTrace(trace))
  } finally {
    if (!waiting) stopTrace(trace)
  }
}

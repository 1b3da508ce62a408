import type { Call, Program } from "../base/index.ts"
import type { Kernel } from "../kernel/index.ts"
import type { Runner } from "./moving.ts"

/** One launch of a kernel. Times are in milliseconds, on the clock of `performance.now()`. */
export interface KernelRun {
  readonly kernel: Kernel
  readonly start: number
  readonly duration: number
}

/** Time in which a plan was made and its kernels compiled. */
export interface Preparation {
  readonly start: number
  readonly duration: number
  readonly kernels: number
}

/** What ran while a trace was on. */
export interface Trace {
  readonly runs: KernelRun[]
  readonly preparations: Preparation[]
}

/** The traces that are on: several when profiles are nested. */
const active = new Set<Trace>()

export function startTrace(): Trace {
  const trace: Trace = { runs: [], preparations: [] }
  active.add(trace)
  return trace
}

export function stopTrace(trace: Trace): void {
  active.delete(trace)
}

/**
 * Runs a program: at one go, or call by call with a clock while a trace is on. Calls are in order either way, so that
 * the results are the same.
 */
export function runCalls(
  runner: Runner,
  program: Program,
  kernels: readonly Kernel[],
  calls: readonly Call[],
): void {
  if (active.size === 0) return runner.run(program, calls)
  for (const call of calls) {
    const start = performance.now()
    runner.run(program, [call])
    const run = { kernel: kernels[call.kernel]!, start, duration: performance.now() - start }
    for (const trace of active) trace.runs.push(run)
  }
}

/** Notes how long it takes to plan and compile. */
export function tracePreparation<T>(prepare: () => T, kernels: (made: T) => number): T {
  if (active.size === 0) return prepare()
  const start = performance.now()
  const made = prepare()
  const preparation = { start, duration: performance.now() - start, kernels: kernels(made) }
  for (const trace of active) trace.preparations.push(preparation)
  return made
}

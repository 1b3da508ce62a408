import { writeFileSync } from "node:fs"
import { NablaError, version } from "../../base/index.ts"
import type { DeviceName } from "../../tensor/index.ts"
import { deviceInfo, profile, setDefaultDevice, setThreads } from "../../tensor/index.ts"
import { limitsFromEnvironment, measure } from "./measure.ts"
import { makeWorkload } from "./spec.ts"
import { makeSteps } from "./steps.ts"

export interface BenchSettings {
  readonly device: DeviceName
  readonly threads?: number
  /** Seconds of timed steps. */
  readonly seconds?: number
  /** A loop that nothing captures. */
  readonly plain?: boolean
}

/** What one workload came to: a line of JSON. */
export interface BenchResult {
  readonly system: string
  readonly workload: string
  /** Median time of a step; null when it could not be run. */
  readonly ms_per_step: number | null
  readonly loss: number | null
  /** The device, versions, or what went wrong. */
  readonly note: string
  readonly threads?: number
  /** 10⁹ operations a second on floats, of all kernels of a step. */
  readonly gflops?: number | null
  readonly steps?: number
}

function choose({ device, threads }: BenchSettings): void {
  if (threads !== undefined) setThreads(threads)
  setDefaultDevice(device)
}

/** Times a workload in this process. */
export function bench(name: string, settings: BenchSettings): BenchResult {
  const { device, threads } = settings
  const system = `nabla-${device}${threads === undefined ? "" : `-${threads}t`}`
  try {
    return { system, workload: name, ...timed(name, settings) }
  } catch (error) {
    const missing = error instanceof NablaError && error.code === "NABLA_DEVICE_UNAVAILABLE"
    const text = error instanceof Error ? error.message : String(error)
    const note = missing ? `unsupported: ${device}` : `error: ${text.split("\n")[0]!.slice(0, 300)}`
    return { system, workload: name, ms_per_step: null, loss: null, note }
  }
}

/** Whether it went wrong: a device that this machine does not have is no fault. */
export const failed = ({ note }: BenchResult): boolean => note.startsWith("error:")

function timed(name: string, settings: BenchSettings): Omit<BenchResult, "system" | "workload"> {
  choose(settings)
  const workload = makeWorkload(name)
  const { step, note, extra } = makeSteps(workload, settings.plain ?? false)
  const result = measure(step, workload.checkSteps, limitsFromEnvironment(settings.seconds))
  const rate = (amount: number): number => Number((amount / result.ms_per_step / 1e6).toPrecision(4))
  const { description } = deviceInfo()
  const used = Number(/(\d+) threads/.exec(description)?.[1] ?? 1)
  const notes = [note, description, `nabla ${version}`, `node ${process.versions.node}`]
  if (settings.threads !== undefined && settings.threads !== used)
    notes.push(`--threads ${settings.threads} has no effect on this device`)
  return {
    ...result,
    threads: used,
    gflops: rate(workload.flops ?? operations(step)),
    ...(workload.idealBytes === undefined ? {} : { gbps: rate(workload.idealBytes) }),
    ...extra?.(),
    note: notes.join(", "),
  }
}

/** Operations of a step, by the loops of its kernels. */
function operations(step: (i: number) => number): number {
  const { kernels } = profile(() => step(PROFILED))
  return kernels.reduce((sum, { flops, count }) => sum + flops * count, 0)
}

const PROFILED_STEPS = 10
/** A step's number that is past the check phase. */
const PROFILED = 1000
const WARM_UP = 1500

/** Where the time of some steps goes: a table, and the events in a file. */
export function profiled(name: string, settings: BenchSettings, trace?: string): string {
  choose(settings)
  const { step } = makeSteps(makeWorkload(name), settings.plain ?? false)
  const warm = performance.now() + WARM_UP
  let i = 0
  do step(i++)
  while (i < PROFILED_STEPS || performance.now() < warm)
  const found = profile(() => {
    for (let n = 0; n < PROFILED_STEPS; n++) step(i++)
  })
  if (trace !== undefined) writeFileSync(trace, JSON.stringify(found.trace))
  return `${found.table(30)}\n${(found.ms / PROFILED_STEPS).toFixed(3)} ms a step`
}

/**
 * Times one workload and prints a line of JSON:
 * npm run bench -- WORKLOAD [--device wasm|reference|native] [--threads N] [--plain] [--profile] [--trace FILE]
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type DeviceName, deviceInfo, NablaError, profile, setDefaultDevice, version } from "nabla"
import { limitsFromEnvironment, measure } from "./measure.ts"
import { makeWorkload, workloads } from "./spec.ts"
import { makeSteps } from "./steps.ts"

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "wasm" },
    threads: { type: "string" },
    plain: { type: "boolean", default: false },
    profile: { type: "boolean", default: false },
    trace: { type: "string" },
  },
})

const [workloadName] = positionals
if (workloadName === undefined || !(workloadName in workloads)) {
  console.error(
    `usage: npm run bench -- WORKLOAD [--device NAME] [--threads N] [--plain] [--profile] [--trace FILE]`,
  )
  console.error(`workloads: ${Object.keys(workloads).join(", ")}`)
  process.exit(2)
}

// Devices that compute on several threads read this when they are made.
if (options.threads !== undefined) process.env.NABLA_THREADS = options.threads

const label = {
  system: `nabla-${options.device}${options.threads === undefined ? "" : `-${options.threads}t`}`,
  workload: workloadName,
}

function timed(): Record<string, unknown> {
  setDefaultDevice(options.device as DeviceName)
  const workload = makeWorkload(workloadName)
  const { step, note, extra } = makeSteps(workload, options.plain)
  const result = measure(step, workload.checkSteps, limitsFromEnvironment())
  const rate = (amount: number): number => Number((amount / result.ms_per_step / 1e6).toPrecision(4))
  const { description } = deviceInfo()
  const threads = Number(/(\d+) threads/.exec(description)?.[1] ?? 1)
  const notes = [note, description, `nabla ${version}`, `node ${process.versions.node}`]
  if (options.threads !== undefined && Number(options.threads) !== threads) {
    notes.push(`--threads ${options.threads} has no effect on this device`)
  }
  return {
    ...result,
    threads,
    gflops: workload.flops === undefined ? null : rate(workload.flops),
    ...(workload.idealBytes === undefined ? {} : { gbps: rate(workload.idealBytes) }),
    ...extra?.(),
    note: notes.join(", "),
  }
}

/** Where the time of some steps goes: the table on the screen, the events in a file. */
function profiled(): void {
  setDefaultDevice(options.device as DeviceName)
  const { step } = makeSteps(makeWorkload(workloadName), options.plain)
  const warm = performance.now() + 1500
  let i = 0
  do step(i++)
  while (i < PROFILED_STEPS || performance.now() < warm)
  const found = profile(() => {
    for (let n = 0; n < PROFILED_STEPS; n++) step(i++)
  })
  console.log(found.table(30))
  console.log(`${(found.ms / PROFILED_STEPS).toFixed(3)} ms a step`)
  if (options.trace !== undefined) writeFileSync(options.trace, JSON.stringify(found.trace))
}

const PROFILED_STEPS = 10

try {
  if (options.profile || options.trace !== undefined) profiled()
  else console.log(JSON.stringify({ ...label, ...timed() }))
} catch (error) {
  const missing = error instanceof NablaError && error.code === "NABLA_DEVICE_UNAVAILABLE"
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const note = missing ? `unsupported: ${options.device}` : `error: ${text.split("\n")[0].slice(0, 300)}`
  console.log(JSON.stringify({ ...label, ms_per_step: null, loss: null, note }))
  if (!missing) console.error(text)
  process.exitCode = missing ? 0 : 1
}

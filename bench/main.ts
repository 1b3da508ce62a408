/**
 * Times one workload and prints a line of JSON:
 * npm run bench -- WORKLOAD [--device wasm|reference|native] [--threads N] [--plain] [--profile] [--trace FILE]
 */
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type DeviceName, deviceInfo, NablaError, setDefaultDevice, version } from "nabla"
import { limitsFromEnvironment, measure } from "./measure.ts"
import { makeWorkload, workloads } from "./spec.ts"
import { makeSteps } from "./steps.ts"

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "wasm" },
    threads: { type: "string", default: "1" },
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

const threads = Number(options.threads)
const label = {
  system: `nabla-${options.device}${threads > 1 ? `-${threads}t` : ""}`,
  workload: workloadName,
}

function timed(): Record<string, unknown> {
  setDefaultDevice(options.device as DeviceName)
  const workload = makeWorkload(workloadName)
  const { step, note, extra } = makeSteps(workload, options.plain)
  const result = measure(step, workload.checkSteps, limitsFromEnvironment())
  const rate = (amount: number): number => Number((amount / result.ms_per_step / 1e6).toPrecision(4))
  const notes = [note, deviceInfo().description, `nabla ${version}`, `node ${process.versions.node}`]
  if (threads > 1) notes.push("--threads has no effect: this version computes on one thread")
  return {
    ...result,
    threads: 1,
    gflops: workload.flops === undefined ? null : rate(workload.flops),
    ...(workload.idealBytes === undefined ? {} : { gbps: rate(workload.idealBytes) }),
    ...extra?.(),
    note: notes.join(", "),
  }
}

try {
  console.log(JSON.stringify({ ...label, ...timed() }))
} catch (error) {
  const missing = error instanceof NablaError && error.code === "NABLA_DEVICE_UNAVAILABLE"
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const note = missing ? `unsupported: ${options.device}` : `error: ${text.split("\n")[0].slice(0, 300)}`
  console.log(JSON.stringify({ ...label, ms_per_step: null, loss: null, note }))
  if (!missing) console.error(text)
  process.exitCode = missing ? 0 : 1
}

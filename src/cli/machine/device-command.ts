import Table from "cli-table3"
import type { Command } from "commander"
import colours from "picocolors"
import { NablaError } from "../../base/index.ts"
import type { Ceilings, DeviceName } from "../../tensor/index.ts"
import {
  defaultDevice,
  deviceCeilings,
  deviceInfo,
  deviceNames,
  setDefaultDevice,
} from "../../tensor/index.ts"

/** A device as this machine has it. */
interface DeviceReport {
  readonly name: DeviceName
  /** What it is made of, or why it is not there. */
  readonly description: string
  readonly available: boolean
  /** What makes it slower than it could be, each with what to do about it. */
  readonly limits: readonly string[]
  /** Absent for the reference device, whose speed is of no interest, for `auto`, which is two of the others, and with --quick. */
  readonly ceilings?: Ceilings
}

const examples = `
GFLOP/s is the rate of a float32 matrix product of 768 × 768, GB/s that of reading and writing an array of 32 MB.

Examples:
  $ nabla device                   all devices of this machine, measured
  $ nabla device --quick           without measuring
  $ NABLA_THREADS=1 nabla device   on one thread`

/** `nabla device`: what this machine offers, how fast it is, and what limits it. */
export function addDeviceCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("device")
    .summary("show the devices of this machine and their ceilings")
    .description("Shows the devices that this machine offers, what each reaches at best, and what limits it.")
    .option("--quick", "do not measure")
    .option("--json", "print one line of JSON")
    .addHelpText("after", examples)
    .action(({ quick = false, json = false }: { quick?: boolean; json?: boolean }) => {
      const before = defaultDevice()
      const reports = withObstacle(deviceNames.map((name) => reportOf(name, quick)))
      setDefaultDevice(before)
      process.stdout.write(`${json ? JSON.stringify(reports) : text(reports)}\n`)
      done(0)
    })
}

const unmeasured: readonly DeviceName[] = ["auto", "reference"]

function reportOf(name: DeviceName, quick: boolean): DeviceReport {
  try {
    setDefaultDevice(name)
    const { description, limits } = deviceInfo()
    const measured = quick || unmeasured.includes(name) ? {} : { ceilings: deviceCeilings() }
    return { name, description, limits, available: true, ...measured }
  } catch (error) {
    if (!(error instanceof NablaError)) throw error
    const { message, got, hint } = error.detail
    const reason = [message, got, hint].filter((part) => part !== undefined).join("; ")
    return { name, description: reason, limits: [], available: false }
  }
}

/** `auto` looks for a compiler only when a training is worth it, but what it would find is known here. */
function withObstacle(reports: readonly DeviceReport[]): DeviceReport[] {
  const native = reports.find(({ name }) => name === "native")
  if (native === undefined || native.available) return [...reports]
  return reports.map((report) =>
    report.name === "auto"
      ? { ...report, limits: [`no compiled code: ${native.description}`, ...report.limits] }
      : report,
  )
}

function text(reports: readonly DeviceReport[]): string {
  const table = new Table({
    head: ["device", "GFLOP/s", "GB/s", "what it is, and what limits it"],
    colAligns: ["left", "right", "right", "left"],
    colWidths: [null, null, null, 72],
    wordWrap: true,
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
  for (const { name, description, limits, available, ceilings } of reports) {
    const rates = [ceilings?.gflops, ceilings?.gbps].map((rate) => rate?.toFixed(1) ?? "–")
    const what = available ? description : `not available: ${description}`
    table.push([name, ...rates, [what, ...limits.map((limit) => `– ${limit}`)].join("\n")])
  }
  return table.toString()
}

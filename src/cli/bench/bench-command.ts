import type { Command } from "commander"
import type { DeviceName } from "../../tensor/index.ts"
import { deviceNames } from "../../tensor/index.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { Interruption } from "../terminal/interruption.ts"
import { choice, invalidOption, notEmpty, number } from "../terminal/option-values.ts"
import type { CompareOptions, Comparison } from "./compare.ts"
import { checkRevisions, compareWorkload, withRevisions } from "./compare.ts"
import { benchElsewhere, thisProgram } from "./processes.ts"
import type { BenchResult, BenchSettings } from "./run.ts"
import { bench, failed, profiled } from "./run.ts"
import { workloads } from "./spec.ts"
import { comparisonTable, resultTable } from "./tables.ts"

interface BenchOptions {
  readonly device: readonly DeviceName[]
  readonly threads?: number
  readonly seconds?: number
  readonly plain?: boolean
  readonly profile?: boolean
  readonly trace?: string
  readonly json?: boolean
  readonly compare?: readonly string[]
  readonly rounds: number
}

const names = Object.keys(workloads)

const help = `
Workloads: ${names.join(", ")}.
Weights and data come from one generator: with equal mathematics the losses are equal, here and in other libraries.
Times are medians. Of several workloads each runs in a process of its own.

--compare takes two commits of the checkout that you are in ("." is the files as they are), puts them into temporary
folders and runs their script "bench" in turns. The ratio is that of the times, the noise half of the range of the
rounds' ratios.

Examples:
  $ nabla bench                                  every workload on WebAssembly
  $ nabla bench --device wasm,native             on two devices
  $ nabla bench mlp --device native --threads 2  one of them
  $ nabla bench lstm --profile                   the kernels of ten steps
  $ nabla bench cnn --trace cnn.json             the same as events for chrome://tracing
  $ nabla bench mlp cnn --compare HEAD~1 HEAD    is the last commit faster?
  $ nabla bench mlp --compare HEAD . --rounds 5  are the changes that are not committed?`

/** `nabla bench`: times trainings and products, and compares commits. */
export function addBenchCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("bench")
    .summary("time small trainings and products, or compare two commits")
    .description("Times small trainings and products on the devices of this machine.")
    .argument("[workloads...]", "which of them (default: all)")
    .option("--device <names>", `${deviceNames.join(" | ")}, several with commas`, devices, ["wasm"])
    .option("--threads <n>", "threads (default: by machine)", number("--threads", { whole: true, min: 1 }))
    .option(
      "--seconds <x>",
      "time for timed steps (default: 3)",
      number("--seconds", { min: 0, above: true }),
    )
    .option("--plain", "a loop that nothing captures")
    .option("--profile", "show where the time of ten steps goes")
    .option("--trace <file>", "the same, and its events in a file", notEmpty("--trace"))
    .option("--compare <commits...>", "two commits of the checkout that you are in")
    .option("--rounds <n>", "how often each commit runs", number("--rounds", { whole: true, min: 1 }), 3)
    .option("--json", "print lines of JSON")
    .addHelpText("after", help)
    .action(async (chosen: string[], options: BenchOptions) => {
      for (const name of chosen) choice("workload", names)(name)
      done(await run(chosen, options))
    })
}

function devices(text: string): DeviceName[] {
  return text.split(",").map((name) => choice("--device", deviceNames)(name))
}

const settingsOf = ({ threads, seconds, plain }: BenchOptions): Omit<BenchSettings, "device"> => ({
  ...(threads === undefined ? {} : { threads }),
  ...(seconds === undefined ? {} : { seconds }),
  ...(plain === undefined ? {} : { plain }),
})

async function run(chosen: readonly string[], options: BenchOptions): Promise<number> {
  const { device, profile, trace, compare } = options
  const settings = settingsOf(options)
  if (profile === true || trace !== undefined) {
    if (chosen.length !== 1) throw invalidOption("--profile", "one workload", chosen.join(" "))
    print(profiled(chosen[0]!, { ...settings, device: device[0]! }, trace))
    return exitCodes.ok
  }
  const all = chosen.length === 0 ? names : chosen
  if (compare !== undefined) return compareAll(all, options)
  const runs = all.flatMap((name) => device.map((one) => ({ name, settings: { ...settings, device: one } })))
  const results: BenchResult[] = []
  for (const { name, settings } of runs) {
    const alone = runs.length === 1
    const result = alone ? bench(name, settings) : await benchElsewhere(thisProgram, name, settings)
    results.push(result)
    if (options.json === true) print(JSON.stringify(result))
  }
  if (options.json !== true) print(`${resultTable(results)}\n${results.at(-1)!.note}`)
  return results.some(failed) ? exitCodes.failure : exitCodes.ok
}

async function compareAll(all: readonly string[], options: BenchOptions): Promise<number> {
  const revisions = checkRevisions(options.compare!)
  const interruption = new Interruption()
  const common = { ...settingsOf(options), rounds: options.rounds, signal: interruption.signal }
  try {
    return await withRevisions(revisions, async ([a, b]) => {
      const rows: Comparison[] = []
      for (const name of all) {
        const settings: CompareOptions = { ...common, device: options.device[0]! }
        const row = await compareWorkload(name, [a!, b!], settings)
        rows.push(row)
        if (options.json === true) print(JSON.stringify({ ...row, revisions: [a!.label, b!.label] }))
      }
      if (options.json !== true) print(comparisonTable(rows, [a!, b!]))
      return rows.some(({ ratio }) => ratio === null) ? exitCodes.failure : exitCodes.ok
    })
  } catch (error) {
    if (interruption.exitCode !== null) return interruption.exitCode
    throw error
  } finally {
    interruption.dispose()
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

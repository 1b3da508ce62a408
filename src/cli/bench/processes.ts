import { execFile } from "node:child_process"
import type { BenchResult, BenchSettings } from "./run.ts"

export interface Launch {
  readonly command: string
  readonly before: readonly string[]
  readonly folder: string
}

/** This very command, once more. */
export const thisProgram: Launch = {
  command: process.execPath,
  before: [...process.execArgv, process.argv[1]!, "bench"],
  folder: process.cwd(),
}

/** The script `bench` of a checkout, which is how every commit is asked. */
export const scriptOf = (folder: string): Launch => ({
  command: "npm",
  before: ["run", "--silent", "bench", "--"],
  folder,
})

/** Times a workload in a process of its own, so that none pays for those before it. */
export function benchElsewhere(
  { command, before, folder }: Launch,
  name: string,
  { device, threads, seconds, plain }: BenchSettings,
  signal?: AbortSignal,
): Promise<BenchResult> {
  const options = ["--device", device, ...(threads === undefined ? [] : ["--threads", String(threads)])]
  if (plain) options.push("--plain")
  if (command === process.execPath) options.push("--json")
  const env = { ...process.env, ...(seconds === undefined ? {} : { BENCH_SECONDS: String(seconds) }) }
  return new Promise((resolve) => {
    execFile(command, [...before, name, ...options], { cwd: folder, env, signal }, (error, out, err) => {
      const line = out.split("\n").find((text) => text.startsWith("{"))
      if (line !== undefined) return resolve(JSON.parse(line) as BenchResult)
      const complaint = (
        err
          .trim()
          .split("\n")
          .find((text) => /error/i.test(text)) ?? String(error)
      ).slice(0, 300)
      resolve({ system: device, workload: name, ms_per_step: null, loss: null, note: `error: ${complaint}` })
    })
  })
}

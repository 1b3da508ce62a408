import colours from "picocolors"
import type { LrRangeResult } from "../../train/index.ts"
import { lrRangeTest } from "../../train/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { Interruption } from "../terminal/interruption.ts"
import { prepare } from "../train/train.ts"
import type { TrainOptions } from "../train/train-settings.ts"
import { rangeSvg } from "./range-svg.ts"

export interface FindLrOptions extends TrainOptions {
  readonly from: number
  readonly to: number
  readonly steps: number
  readonly svg?: string
}

const [WIDTH, HEIGHT] = [64, 14]

/** Does what `nabla find-lr` was asked to do, and gives the exit code. */
export async function findLr(options: FindLrOptions): Promise<number> {
  const interruption = new Interruption()
  try {
    const { job, optimizer } = await prepare(options)
    const { from, to, steps } = options
    const result = await lrRangeTest(job.model, job.train, {
      optimizer,
      ...(job.loss && { loss: job.loss }),
      from,
      to,
      steps,
      signal: interruption.signal,
    })
    process.stdout.write(report(result))
    if (options.svg !== undefined) {
      writeFileWhole(options.svg, rangeSvg(result))
      process.stdout.write(`drawn in ${options.svg}\n`)
    }
    return exitCodes.ok
  } finally {
    interruption.dispose()
  }
}

function report(result: LrRangeResult): string {
  const { suggestion, reason, ended, losses } = result
  const head = `${losses.length} steps, then ${ended}`
  const found =
    suggestion === null ? colours.yellow("no rate found") : `--lr ${colours.bold(String(round(suggestion)))}`
  return `${chart(result)}\n${head}\n${found}: ${reason}\n`
}

/** The smoothed loss over the rate, in characters; │ marks the suggestion. */
function chart({ rates, smoothed, suggestion }: LrRangeResult): string {
  if (smoothed.length < 2) return ""
  const low = Math.min(...smoothed)
  // What diverges at the end must not flatten the rest.
  const high = Math.min(Math.max(...smoothed), smoothed[0]! + (smoothed[0]! - low) * 0.5 + 1e-12)
  const rows = Array.from({ length: HEIGHT }, () => new Array<string>(WIDTH).fill(" "))
  const columnOf = (i: number): number => Math.round((i / (smoothed.length - 1)) * (WIDTH - 1))
  if (suggestion !== null)
    for (const row of rows) row[columnOf(rates.indexOf(suggestion))] = colours.cyan("│")
  smoothed.forEach((loss, i) => {
    const share = Math.min(1, (loss - low) / (high - low || 1))
    rows[Math.round((1 - share) * (HEIGHT - 1))]![columnOf(i)] = "•"
  })
  const label = (row: number): string => (row === 0 ? short(high) : row === HEIGHT - 1 ? short(low) : "")
  const lines = rows.map((row, i) => `${label(i).padStart(8)} ┤${row.join("")}`)
  const ends = `${short(rates[0]!)}${"learning rate".padStart(WIDTH / 2 + 4)}`
  return [
    ...lines,
    `${" ".repeat(9)}└${"─".repeat(WIDTH)}`,
    `${" ".repeat(10)}${ends.padEnd(WIDTH - 6)}${short(rates.at(-1)!)}`,
    "",
  ].join("\n")
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/** Two digits are as much as the test can tell. */
function round(value: number): number {
  return Number(value.toPrecision(2))
}

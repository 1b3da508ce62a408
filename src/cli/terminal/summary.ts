import Table from "cli-table3"
import colours from "picocolors"
import type { FitResult, Values } from "../../train/index.ts"
import { count, duration, score } from "./format.ts"

/** The last numbers as a table, and what they took. */
export function summary(result: FitResult): string {
  const last = result.epochs.at(-1)
  const waiting = `${(100 * result.dataWaitShare).toFixed(1)} % of it waiting for data`
  const took = `${count(result.steps)} steps in ${duration(result.seconds)}, ${count(result.samplesPerSecond)} samples/s, ${waiting}`
  if (last === undefined) return took
  const names = Object.keys(last.train)
  const table = new Table({
    head: ["", ...names],
    colAligns: ["left", ...names.map(() => "right" as const)],
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
  const row = (name: string, values: Values): string[] => [
    name,
    ...names.map((key) => score(key, values[key]!)),
  ]
  table.push(row("training, last epoch", last.train))
  if (last.test !== undefined) table.push(row("held out", last.test))
  return `${table.toString()}\n${took}`
}

import Table from "cli-table3"
import colours from "picocolors"
import type { FitResult, Values } from "../train/index.ts"
import { count, duration, loss, percent } from "./format.ts"

export interface SummaryParts {
  readonly result: FitResult
  readonly trainSamples: number
  readonly testSamples: number
}

/** The last numbers as a table, and what they took. */
export function summary({ result, trainSamples, testSamples }: SummaryParts): string {
  const last = result.epochs.at(-1)
  const took = `${count(result.steps)} steps in ${duration(result.seconds)}, ${count(result.samplesPerSecond)} samples/s`
  if (last === undefined) return took
  const table = new Table({
    head: ["", "samples", "loss", "accuracy"],
    colAligns: ["left", "right", "right", "right"],
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
  table.push(row("training, last epoch", trainSamples, last.train))
  if (last.test !== undefined) table.push(row("held out", testSamples, last.test))
  return `${table.toString()}\n${took}`
}

function row(name: string, samples: number, values: Values): string[] {
  const accuracy = values.accuracy === undefined ? "–" : percent(values.accuracy)
  return [name, count(samples), loss(values.loss!), accuracy]
}

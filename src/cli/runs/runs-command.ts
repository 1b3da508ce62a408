import { existsSync } from "node:fs"
import { join } from "node:path"
import Table from "cli-table3"
import type { Command } from "commander"
import colours from "picocolors"
import type { Run } from "../../train/node.ts"
import { listRuns, loadRun } from "../../train/node.ts"
import { count, loss, score } from "../terminal/format.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { notEmpty } from "../terminal/option-values.ts"
import type { Condition } from "./overview.ts"
import { condition, differences, lastValues, lineOf, meets } from "./overview.ts"

interface RunsOptions {
  readonly out: string
  readonly where?: readonly Condition[]
  readonly json?: boolean
}

const examples = `
Without names all runs are listed; two or more are compared: the settings in which they differ, and their last numbers.
A run that is listed as killed can go on: nabla train --resume RUN.

Examples:
  $ nabla runs
  $ nabla runs --where recipe=cnn --where optimizer=sgd
  $ nabla runs first second                            settings and numbers side by side
  $ nabla runs --json                                  a line of JSON for each`

/** `nabla runs`: lists runs, or compares some. */
export function addRunsCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("runs")
    .summary("list runs, or compare some")
    .description("Lists the runs of a folder with their status and best numbers, or compares some of them.")
    .argument("[runs...]", "names or folders of runs")
    .option("--out <dir>", "folder that holds the folders of runs", notEmpty("--out"), "runs")
    .option("--where <key=value>", "only runs with this in their config; may be given again", condition)
    .option("--json", "print a line of JSON for each run, or one for a comparison")
    .addHelpText("after", examples)
    .action((names: readonly string[], options: RunsOptions) => {
      const all =
        names.length === 0 ? listRuns(options.out) : names.map((name) => loadRun(pathOf(name, options.out)))
      const runs = all.filter((run) => meets(run, options.where ?? []))
      if (names.length < 2) list(runs, options)
      else compare(runs, options)
      done(0)
    })
}

/** A run is named by its path, or by its name among the others. */
function pathOf(name: string, out: string): string {
  return !existsSync(name) && existsSync(join(out, name)) ? join(out, name) : name
}

function list(runs: readonly Run[], { out, json }: RunsOptions): void {
  if (json) {
    for (const run of runs) jsonLine({ ...lineOf(run), path: run.path })
    return
  }
  if (runs.length === 0) {
    process.stdout.write(`no runs in ${out}\n`)
    return
  }
  const table = tableWith(["run", "recipe", "data", "status", "steps", "best loss", "accuracy", "begun"], 4)
  for (const run of runs) {
    const { name, recipe, data, status, steps, loss: least, accuracy, started } = lineOf(run)
    const numbers = [count(steps), least === null ? "–" : loss(least)]
    const share = accuracy === null ? "–" : score("accuracy", accuracy)
    table.push([name, recipe ?? "–", data ?? "–", status, ...numbers, share, day(started)])
  }
  process.stdout.write(`${table.toString()}\n`)
}

function compare(runs: readonly Run[], { json }: RunsOptions): void {
  const [settings, numbers] = [differences(runs), lastValues(runs)]
  if (json) return jsonLine({ runs: runs.map(lineOf), settings, numbers })
  const table = tableWith(["", ...runs.map(({ name }) => name)], 1)
  table.push(["status", ...runs.map(({ status }) => status)])
  for (const { key, values } of settings) table.push([key, ...values.map((value) => cut(value ?? "–"))])
  for (const { metric, values } of numbers)
    table.push([metric, ...values.map((value) => (value === null ? "–" : score(metric, value)))])
  process.stdout.write(`${table.toString()}\n`)
}

/** @param left how many columns are texts; the others are numbers, at the right */
function tableWith(head: string[], left: number): InstanceType<typeof Table> {
  return new Table({
    head,
    colAligns: head.map((_, i) => (i < left ? "left" : "right")),
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
}

const cut = (value: string): string => (value.length > 40 ? `${value.slice(0, 39)}…` : value)

/** 2026-01-31 14:25, in the time of the place. */
function day(started: string | null): string {
  if (started === null) return "–"
  const date = new Date(started)
  const two = (value: number): string => String(value).padStart(2, "0")
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

import Table from "cli-table3"
import colours from "picocolors"
import type { Point, Surface } from "../../surfaces/index.ts"
import { trace } from "../../surfaces/index.ts"
import { setDefaultDevice } from "../../tensor/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import type { Specification } from "../terminal/specification.ts"
import { findOptimizer, makeOptimizer } from "../train/optimizers.ts"
import { drawing, markers } from "./race-drawing.ts"
import type { Runner } from "./race-runner.ts"
import { raceSvg } from "./race-svg.ts"

export interface RaceOptions {
  readonly surface: Surface
  readonly optimizers: readonly Specification[]
  readonly steps: number
  readonly start?: Point
  readonly seed: number
  readonly svg?: string
}

/** Lets optimizers run on a surface, and shows how they went. */
export async function race(options: RaceOptions): Promise<void> {
  const { surface, optimizers, steps, start, seed, svg } = options
  setDefaultDevice("wasm")
  for (const specification of optimizers) findOptimizer("--optimizers", specification)
  const runners: Runner[] = []
  for (const specification of optimizers) {
    const make = (params: Parameters<Parameters<typeof trace>[1]>[0]) =>
      makeOptimizer("--optimizers", specification, params, {
        ...usualRate(specification),
        ...specification.options,
      })
    const path = await trace(surface, make, { steps, seed, ...(start === undefined ? {} : { start }) })
    runners.push({ label: specification.text, path })
  }
  const width = Math.min(process.stdout.columns || 80, 100)
  process.stdout.write(`${colours.bold(surface.name)}  f = ${surface.formula}\n\n`)
  process.stdout.write(`${drawing(surface, runners, width)}\n${results(runners)}\n`)
  if (svg === undefined) return
  writeFileWhole(svg, raceSvg(surface, runners))
  process.stdout.write(`drawn in ${svg}\n`)
}

/** Rates that suit surfaces of the size of these; the optimizers' own defaults are for networks. */
function usualRate({ name }: Specification): { lr?: number } {
  return name.toLowerCase().startsWith("ada") ? { lr: 0.1 } : {}
}

function results(runners: readonly Runner[]): string {
  const table = new Table({
    head: ["", "optimizer", "f at the end", "lowest f", "steps", "at the end"],
    style: { head: [], border: [] },
  })
  runners.forEach(({ label, path }, i) => {
    const lowest = Math.min(...path.values.filter((value) => Number.isFinite(value)))
    const finite = path.values.at(-1)!
    table.push([markers[i]!, label, short(finite), short(lowest), path.steps, path.behaviour])
  })
  const rules = [...new Map(runners.map(({ path }) => [path.behaviour, path.rule]))]
  const explained = rules.map(([name, rule]) => `${colours.bold(name)}: ${rule}`)
  return `${table.toString()}\n${explained.join("\n")}\n`
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value)
}

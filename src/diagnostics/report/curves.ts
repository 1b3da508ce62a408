import type { HistoryRecord } from "../doctor/history.ts"
import type { Curve, Line } from "./report.ts"
import { thinned } from "./thin.ts"

/** Points of a line that are kept. */
const POINTS = 600

/** Numbers of a record that say when it was, not how it went. */
const places = new Set(["step", "epoch", "samples", "seconds", "samplesPerSecond", "dataWaitShare", "kind"])

/**
 * Loss, metrics and rate over the steps, from records of steps (`{ step, loss, lr }`), of epochs (`{ step, train, test }`)
 * and of evaluations (`{ step, test }`), such as the lines of a run's metrics.jsonl.
 */
export function curvesOf(records: readonly HistoryRecord[]): Curve[] {
  const curves = new Map<string, Map<string, [number, number][]>>()
  const add = (name: string, line: string, x: number, y: unknown): void => {
    if (typeof y !== "number") return
    const lines = curves.get(name) ?? new Map<string, [number, number][]>()
    curves.set(name, lines)
    const points = lines.get(line) ?? []
    lines.set(line, points)
    points.push([x, y])
  }
  let stepsOnly = true
  records.forEach((record, i) => {
    const x = record.step ?? record.epoch ?? i + 1
    const { train, test } = record
    if (isValues(test)) for (const [name, value] of Object.entries(test)) add(name, "held-out", x, value)
    if (isValues(train)) {
      for (const [name, value] of Object.entries(train)) add(name, "training, by epoch", x, value)
      stepsOnly = false
    }
    if (isValues(train) || isValues(test)) return
    for (const [name, value] of Object.entries(record))
      if (!places.has(name)) add(name, name === "lr" ? "rate" : "training", x, value)
  })
  return [...curves].map(([name, lines]) => ({
    name: name === "lr" ? "learning rate" : name,
    lines: linesOf(lines, stepsOnly),
  }))
}

/** The means of epochs are left out where there is a line of steps. */
function linesOf(lines: ReadonlyMap<string, readonly [number, number][]>, stepsOnly: boolean): Line[] {
  const shown = [...lines].filter(
    ([name]) => stepsOnly || name !== "training, by epoch" || !lines.has("training"),
  )
  return shown.map(([name, points]) => ({ name, points: thinned(points, POINTS) }))
}

function isValues(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === "object" && part !== null
}

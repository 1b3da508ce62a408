import type { Series } from "../charts/series.ts"

type Point = readonly [step: number, value: number]

/** What every record has besides its metrics. */
const common = new Set(["kind", "step", "epoch", "samples", "seconds", "samplesPerSecond", "dataWaitShare"])

/** Points that a curve is drawn with at most; more are means over neighbours. */
const DRAWN = 600

/** The numbers of a run by metric, gathered line by line from its metrics.jsonl. */
export class RunRecords {
  /** At each step. */
  readonly steps = new Map<string, Point[]>()
  /** On held-out data. */
  readonly heldOut = new Map<string, Point[]>()
  lastStep = 0
  epochs = 0

  /** Lines that are no record are left out; how many there were is counted. */
  add(lines: readonly string[]): number {
    let strange = 0
    for (const line of lines) {
      if (line.trim() === "") continue
      try {
        this.take(JSON.parse(line) as Record<string, unknown>)
      } catch {
        strange++
      }
    }
    return strange
  }

  clear(): void {
    this.steps.clear()
    this.heldOut.clear()
    this.lastStep = 0
    this.epochs = 0
  }

  /** Names of all metrics, the loss first and the rate last. */
  metrics(): string[] {
    const rank = (name: string): number => (name === "loss" ? 0 : name === "lr" ? 2 : 1)
    const names = [...new Set([...this.steps.keys(), ...this.heldOut.keys()])]
    return names.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
  }

  /** The last value of a metric, on held-out data where there are any. */
  last(metric: string): number | undefined {
    return (this.heldOut.get(metric) ?? this.steps.get(metric))?.at(-1)?.[1]
  }

  private take(record: Record<string, unknown>): void {
    const { kind, step } = record
    if (typeof step !== "number" || !["step", "epoch", "evaluation"].includes(String(kind)))
      throw new Error("no record")
    this.lastStep = Math.max(this.lastStep, step)
    if (kind === "step") return addAll(this.steps, step, record)
    if (kind === "epoch") this.epochs = Math.max(this.epochs, Number(record.epoch))
    // Where steps were not written, the means of the epoch stand for them.
    if (kind === "epoch" && this.steps.size === 0)
      addAll(this.steps, step, record.train as Record<string, unknown>)
    if (record.test !== undefined) addAll(this.heldOut, step, record.test as Record<string, unknown>)
  }
}

function addAll(curves: Map<string, Point[]>, step: number, values: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(values)) {
    if (common.has(name)) continue
    // JSON has no infinity: such numbers are written as text, or null.
    const number = typeof value === "number" ? value : Number.NaN
    const curve = curves.get(name)
    if (curve === undefined) curves.set(name, [[step, number]])
    else curve.push([step, number])
  }
}

/** The curves of a metric, for each run its own colour: steps as a line, held-out data dashed. */
export function seriesOf(
  runs: readonly { readonly name: string; readonly records: RunRecords }[],
  metric: string,
): Series[] {
  return runs.flatMap(({ name, records }, colour): Series[] => {
    const [steps, held] = [records.steps.get(metric), records.heldOut.get(metric)]
    const label = (part: string): string => (runs.length === 1 ? part : `${name}, ${part}`)
    return [
      ...(steps === undefined ? [] : [{ name: label("training"), points: thinned(steps), colour }]),
      ...(held === undefined
        ? []
        : [
            {
              name: label("held out"),
              points: thinned(held),
              colour: runs.length === 1 ? 1 : colour,
              dashed: true,
            },
          ]),
    ]
  })
}

/** As many points as can be seen: beyond that, means over as many neighbours as it takes. */
export function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / DRAWN)
  if (size <= 1) return points
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i): Point => {
    const part = points.slice(i * size, (i + 1) * size)
    return [part.at(-1)![0], part.reduce((sum, [, value]) => sum + value, 0) / part.length]
  })
}

import Table from "cli-table3"
import colours from "picocolors"
import type { Comparison, Revision } from "./compare.ts"
import type { BenchResult } from "./run.ts"

const style = (): object => ({ compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] })

const digits = (value: number | null | undefined, count = 4): string =>
  value === null || value === undefined ? "–" : String(Number(value.toPrecision(count)))

export function resultTable(results: readonly BenchResult[]): string {
  const table = new Table({
    head: ["workload", "device", "threads", "ms/step", "GFLOP/s", "loss"],
    colAligns: ["left", "left", "right", "right", "right", "right"],
    style: style(),
  })
  for (const { workload, system, threads, ms_per_step: ms, gflops, loss, note } of results) {
    const device = system.replace(/^nabla-|-\d+t$/g, "")
    if (ms === null) table.push([workload, device, { colSpan: 4, content: note, hAlign: "left" }])
    else table.push([workload, device, String(threads), digits(ms), digits(gflops), digits(loss, 6)])
  }
  return table.toString()
}

export function comparisonTable(rows: readonly Comparison[], [a, b]: readonly [Revision, Revision]): string {
  const table = new Table({
    head: ["workload", `${a.label}, ms`, `${b.label}, ms`, "ratio", "noise", ""],
    colAligns: ["left", "right", "right", "right", "right", "left"],
    style: style(),
  })
  for (const row of rows) {
    const noise = row.noise === null ? "–" : `± ${(100 * row.noise).toFixed(1)} %`
    const text = [verdict(row), row.note].filter((part) => part !== "").join("; ")
    table.push([row.workload, digits(row.a), digits(row.b), row.ratio?.toFixed(3) ?? "–", noise, text])
  }
  return table.toString()
}

/** Only what is more than the rounds differ among themselves. */
function verdict({ ratio, noise }: Comparison): string {
  if (ratio === null || noise === null || Math.abs(ratio - 1) <= noise) return ""
  return ratio < 1 ? `${(1 / ratio).toFixed(2)} × as fast` : `${ratio.toFixed(2)} × as long`
}

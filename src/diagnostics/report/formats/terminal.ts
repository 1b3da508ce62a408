import type { Finding } from "../../doctor/index.ts"
import { figures, percent } from "../figures/figure.ts"
import type { Curve, LayerHistory, Report } from "../report.ts"
import { sparkline } from "../sparkline.ts"
import { measured, severities, statusWords, verdict } from "./words.ts"

const WIDTH = 78

/** The report in a terminal: what was found, then curves and layers as tables with sparklines. */
export function terminalOf(report: Report): string {
  const { title, status, facts, failure, curves, layers, diagnosis } = report
  const blocks = [
    `${title}: ${statusWords[status]}\n${wrapped(facts.map(({ name, value }) => `${name} ${value}`).join(", "), "")}`,
    failure === null
      ? ""
      : wrapped(
          [failure.message, failure.where, failure.got, failure.hint].filter((it) => it).join(". "),
          "",
        ),
    curves.length === 0 ? "" : columns(["", "", "first", "last"], curves.flatMap(curveRows)),
    layers === null ? "" : layerTable(layers),
    diagnosis === null
      ? ""
      : [verdict(diagnosis.findings, diagnosis.passed), ...diagnosis.findings.map(findingText)].join("\n"),
  ]
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`
}

function curveRows({ name, lines }: Curve): string[][] {
  return lines.map(({ name: line, points }) => {
    const values = points.map(([, y]) => y)
    return [
      name === "learning rate" ? name : `${name}, ${line}`,
      sparkline(values, 24),
      figures(values[0]!),
      figures(values.at(-1)!),
    ]
  })
}

function layerTable({ layers, steps }: LayerHistory): string {
  const rows = layers.map(({ path, type, rms, gradient, saturated }) => [
    `${path} ${type}`.trim(),
    sparkline(rms),
    figures(rms.at(-1)!),
    sparkline(gradient),
    figures(gradient.at(-1) ?? null),
    saturated === undefined ? "" : percent(saturated.at(-1)!),
  ])
  const head = ["layer", "output rms", "", "gradient rms", "", "saturated"]
  return `${columns(head, rows)}\n(${steps.length} looks, steps ${steps[0]} to ${steps.at(-1)})`
}

function findingText({ title, severity, layers, evidence, remedies }: Finding): string {
  const where =
    layers.length === 0 ? "" : ` (${layers.slice(0, 3).join(", ")}${layers.length > 3 ? " …" : ""})`
  return [
    `\n${severities[severity]}: ${title}${where}`,
    ...evidence.map(({ what, measured: value, threshold }) =>
      wrapped(`${what}: ${measured(value)} (${threshold})`, "  "),
    ),
    ...remedies.flatMap(({ text, code }) => [wrapped(`→ ${text}`, "  "), ...(code ? [indented(code)] : [])]),
  ].join("\n")
}

const indented = (code: string): string => code.replaceAll(/^/gm, "      ")

/** Columns as wide as their widest cell. */
function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = head.some((name) => name !== "") ? [head, ...rows] : rows
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

function wrapped(text: string, indent: string): string {
  const lines: string[] = [""]
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)!
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
  }
  return lines.map((line) => indent + line).join("\n")
}

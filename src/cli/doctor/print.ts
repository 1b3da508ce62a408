import Table from "cli-table3"
import colours from "picocolors"
import type { Diagnosis, Evidence, Finding, Severity } from "../../diagnostics/index.ts"

const colourOf: Record<Severity, (text: string) => string> = {
  error: colours.red,
  warning: colours.yellow,
  hint: colours.cyan,
}

const WIDTH = 60

/** A diagnosis as tables: what was found, each with its remedy, and what is fine. */
export function printed(title: string, { findings, passed, skipped }: Diagnosis, all: boolean): string {
  const blocks = [
    colours.bold(title),
    findings.length === 0 ? colours.green("Nothing wrong was found.") : foundTable(findings),
    ...findings.map(explained),
    passed.length === 0 ? "" : fineTable(passed),
    skipped.length === 0
      ? ""
      : all
        ? `Not checked:\n${skipped.map(({ title: name, reason }) => `  ${name}: ${reason}`).join("\n")}`
        : colours.dim(`${skipped.length} checks do not apply, or lack what they need; --all names them.`),
  ]
  return blocks.filter((block) => block !== "").join("\n\n")
}

function foundTable(findings: readonly Finding[]): string {
  const table = tableOf(["", "finding", "measured", "should be"])
  findings.forEach(({ title, severity, layers, evidence: [first] }, i) => {
    const where =
      layers.length === 0 ? "" : `\n${layers.slice(0, 3).join(", ")}${layers.length > 3 ? " …" : ""}`
    table.push([
      `${i + 1}`,
      `${colourOf[severity](severity)} ${wrapped(title, 40)}${where}`,
      first === undefined ? "" : figure(first),
      first === undefined ? "" : wrapped(first.threshold, 30),
    ])
  })
  return table.toString()
}

function explained({ name, title, severity, explanation, evidence, remedies, references }: Finding): string {
  return [
    `${colourOf[severity](colours.bold(title))} ${colours.dim(name)}`,
    wrapped(explanation, 90),
    ...evidence.map(
      (one) => `  ${wrapped(`${one.what}: ${figure(one)}; ${one.threshold}, since ${one.why}`, 86, "    ")}`,
    ),
    ...remedies.flatMap(({ text, code }) => [
      `  → ${wrapped(text, 84, "    ")}`,
      ...(code === undefined ? [] : [colours.green(code.replaceAll(/^/gm, "      "))]),
    ]),
    ...references.map((one) => colours.dim(`  ${one.title}${one.url === undefined ? "" : `, ${one.url}`}`)),
  ].join("\n")
}

function fineTable(passed: Diagnosis["passed"]): string {
  const table = tableOf(["checked, fine", "measured", "should be"])
  for (const { title, evidence } of passed) {
    const [first] = evidence
    table.push([
      `no: ${wrapped(title, 46)}`,
      first === undefined ? "" : figure(first),
      first === undefined ? "" : wrapped(first.threshold, 40),
    ])
  }
  return table.toString()
}

function tableOf(head: readonly string[]): InstanceType<typeof Table> {
  return new Table({
    head: [...head],
    style: { compact: true, head: colours.isColorSupported ? ["bold"] : [], border: [] },
  })
}

function figure({ measured }: Evidence): string {
  return typeof measured === "number" ? String(Number(measured.toPrecision(3))) : wrapped(measured, 40)
}

function wrapped(text: string, width: number = WIDTH, indent = ""): string {
  const lines = [""]
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
  }
  return lines.join(`\n${indent}`)
}

import type { Evidence, Finding, Passed, Skipped } from "../../doctor/index.ts"
import { escaped } from "../../pictures/draw.ts"
import { figuresOf } from "../figures/all.ts"
import type { Figure, FigureTable, Section } from "../figures/figure.ts"
import { figures } from "../figures/figure.ts"
import type { Failure, Report } from "../report.ts"
import { style } from "./style.ts"
import { measured, sections, severities, statusWords, verdict } from "./words.ts"

/** One file with everything in it: no script, nothing from the network. */
export async function htmlOf(report: Report): Promise<string> {
  const pictures = await figuresOf(report)
  const { title, created, status, facts, failure, diagnosis } = report
  const when = new Date(created).toISOString().slice(0, 16).replace("T", " ")
  const parts = [
    `<header><h1>${escaped(title)}</h1>`,
    `<p class="lead">${escaped(statusWords[status])} · <time datetime="${created}">${when} UTC</time></p>`,
    `<dl class="facts">${facts.map(({ name, value }) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join("")}</dl></header>`,
    "<main>",
    failure === null ? "" : failureCard(failure),
    diagnosis === null ? "" : findingsSection(diagnosis.findings, diagnosis.passed),
    ...(Object.keys(sections) as Section[]).map((section) =>
      pictureSection(
        section,
        pictures.filter((it) => it.section === section),
      ),
    ),
    diagnosis === null ? "" : passedSection(diagnosis.passed, diagnosis.skipped),
    "</main>",
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="nabla">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
${parts.filter((part) => part !== "").join("\n")}
</body>
</html>
`
}

function failureCard({ message, where, got, hint }: Failure): string {
  const lines = [got, hint].filter((line) => line !== undefined)
  return `<section aria-labelledby="failure"><h2 id="failure">Why it ended</h2><div class="card error"><h3>${escaped(message)}</h3>${
    where === undefined ? "" : `<p class="where">${escaped(where)}</p>`
  }${lines.map((line) => `<p>${escaped(line)}</p>`).join("")}</div></section>`
}

function findingsSection(findings: readonly Finding[], passed: readonly Passed[]): string {
  const body =
    findings.length === 0
      ? `<div class="card fine"><h3>${escaped(verdict(findings, passed))}</h3></div>`
      : `<p>${escaped(verdict(findings, passed))}</p><div class="cards">${findings.map(findingCard).join("\n")}</div>`
  return `<section aria-labelledby="findings"><h2 id="findings">Findings</h2>${body}</section>`
}

function findingCard({
  title,
  severity,
  layers,
  explanation,
  evidence,
  remedies,
  references,
}: Finding): string {
  const parts = [
    `<h3><span class="badge">${severities[severity]}</span>${escaped(title)}</h3>`,
    layers.length === 0 ? "" : `<p class="where">in ${layers.map(escaped).join(", ")}</p>`,
    `<p>${escaped(explanation)}</p>`,
    evidence.length === 0 ? "" : evidenceTable(evidence),
    ...remedies.map(
      ({ text, code }) => `<p>${escaped(text)}</p>${code ? `<pre><code>${escaped(code)}</code></pre>` : ""}`,
    ),
    references.length === 0
      ? ""
      : `<p class="where">${references.map(({ title: name, url }) => linked(name, url)).join("; ")}</p>`,
  ]
  return `<article class="card ${severity}">${parts.join("")}</article>`
}

function linked(name: string, url: string | undefined): string {
  return url === undefined ? escaped(name) : `<a href="${escaped(url)}">${escaped(name)}</a>`
}

function evidenceTable(evidence: readonly Evidence[]): string {
  const head = ["What", "Measured", "Threshold", "Why that"]
  const rows = evidence.map(({ what, measured: value, threshold, why }) => [
    what,
    measured(value),
    threshold,
    why,
  ])
  return stacked(head, rows)
}

/** A table whose rows become blocks on a phone. */
function stacked(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string, i: number): string =>
    i === 0
      ? `<th scope="row">${escaped(text)}</th>`
      : `<td data-name="${escaped(head[i]!)}">${escaped(text)}</td>`
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("")
  return `<table class="stack"><thead><tr>${head.map((name) => `<th scope="col">${escaped(name)}</th>`).join("")}</tr></thead><tbody>${body}</tbody></table>`
}

function pictureSection(section: Section, pictures: readonly Figure[]): string {
  if (pictures.length === 0) return ""
  const name = sections[section]
  return `<section aria-labelledby="${section}"><h2 id="${section}">${name}</h2><div class="pictures">${pictures.map(pictureBox).join("\n")}</div></section>`
}

function pictureBox({ title, says, svg, key, table }: Figure): string {
  // The picture's text stands below it; a reader of the screen hears it once, as the picture's name.
  const named = svg.replace("<svg ", `<svg role="img" aria-label="${escaped(`${title}. ${says}`)}" `)
  const lines = key
    .map(([name, colour]) => `<li><i style="background:${colour}"></i>${escaped(name)}</li>`)
    .join("")
  return `<figure><h3>${escaped(title)}</h3>${lines === "" ? "" : `<ul class="key">${lines}</ul>`}${named}<figcaption>${escaped(says)}</figcaption><details><summary>${escaped(title)} as a table</summary>${numbers(table)}</details></figure>`
}

function numbers({ head, rows }: FigureTable): string {
  const isNumber = (i: number): boolean => rows.some((row) => typeof row[i] === "number")
  const heads = head.map(
    (name, i) => `<th scope="col"${isNumber(i) ? ' class="n"' : ""}>${escaped(name)}</th>`,
  )
  const cell = (value: string | number | null, i: number): string => {
    const text = escaped(typeof value === "string" ? value : figures(value))
    if (i === 0) return `<th scope="row"${isNumber(i) ? ' class="n"' : ""}>${text}</th>`
    return `<td${isNumber(i) ? ' class="n"' : ""}>${text}</td>`
  }
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("")
  return `<div class="scroll" tabindex="0" role="region" aria-label="table"><table><thead><tr>${heads.join("")}</tr></thead><tbody>${body}</tbody></table></div>`
}

function passedSection(passed: readonly Passed[], skipped: readonly Skipped[]): string {
  const rows = passed.map(({ title, evidence }) => [
    title,
    evidence.map(({ what, measured: value }) => `${what}: ${measured(value)}`).join("; "),
    evidence.map(({ threshold }) => threshold).join("; "),
  ])
  const table = rows.length === 0 ? "" : stacked(["Not found", "Measured", "Threshold"], rows)
  const rest =
    skipped.length === 0
      ? ""
      : `<details><summary>${skipped.length} not checked, and why</summary>${stacked(
          ["Not checked", "Why"],
          skipped.map(({ title, reason }) => [title, reason]),
        )}</details>`
  return `<section aria-labelledby="fine"><h2 id="fine">Checked, fine</h2>${table}${rest}</section>`
}

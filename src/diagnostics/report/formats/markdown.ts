import type { Finding } from "../../doctor/index.ts"
import { figuresOf } from "../figures/all.ts"
import type { Figure, FigureTable, Section } from "../figures/figure.ts"
import { figures } from "../figures/figure.ts"
import type { Report } from "../report.ts"
import { sparkline } from "../sparkline.ts"
import { measured, sections, severities, statusWords, verdict } from "./words.ts"

/** The report as text for a repository or an issue: pictures become sparklines and tables. */
export async function markdownOf(report: Report): Promise<string> {
  const { title, created, status, facts, failure, diagnosis } = report
  const pictures = await figuresOf(report)
  const blocks = [
    `# ${plain(title)}`,
    `${statusWords[status]} · ${created.slice(0, 16).replace("T", " ")} UTC`,
    table({ head: ["", ""], rows: facts.map(({ name, value }) => [name, value]) }),
    ...(failure === null
      ? []
      : [
          "## Why it ended",
          [failure.message, failure.where, failure.got, failure.hint].filter((it) => it).join("\n\n"),
        ]),
    ...(diagnosis === null
      ? []
      : [
          "## Findings",
          verdict(diagnosis.findings, diagnosis.passed),
          ...diagnosis.findings.map(findingText),
        ]),
    ...(Object.keys(sections) as Section[]).flatMap((section) => sectionText(section, pictures)),
    ...(diagnosis === null
      ? []
      : [
          "## Checked, fine",
          table({
            head: ["not found", "measured", "threshold"],
            rows: diagnosis.passed.map(({ title: name, evidence }) => [
              name,
              evidence.map(({ what, measured: value }) => `${what}: ${measured(value)}`).join("; "),
              evidence.map(({ threshold }) => threshold).join("; "),
            ]),
          }),
          ...diagnosis.skipped.map(
            ({ title: name, reason }) => `- not checked: ${plain(name)} (${plain(reason)})`,
          ),
        ]),
  ]
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`
}

function findingText({
  title,
  severity,
  layers,
  explanation,
  evidence,
  remedies,
  references,
}: Finding): string {
  const parts = [
    `### ${severities[severity]}: ${plain(title)}`,
    ...(layers.length === 0 ? [] : [`in ${layers.map((path) => `\`${path}\``).join(", ")}`]),
    plain(explanation),
    table({
      head: ["what", "measured", "threshold", "why that"],
      rows: evidence.map(({ what, measured: value, threshold, why }) => [
        what,
        measured(value),
        threshold,
        why,
      ]),
    }),
    ...remedies.map(({ text, code }) => (code ? `${plain(text)}\n\n\`\`\`ts\n${code}\n\`\`\`` : plain(text))),
    ...references.map(({ title: name, url }) => (url ? `[${plain(name)}](${url})` : plain(name))),
  ]
  return parts.filter((part) => part !== "").join("\n\n")
}

function sectionText(section: Section, pictures: readonly Figure[]): string[] {
  const own = pictures.filter((it) => it.section === section)
  if (own.length === 0) return []
  return [
    `## ${sections[section]}`,
    ...own.flatMap((it) => [`### ${it.title}`, plain(it.says), ...lines(it), table(it.table)]),
  ]
}

/** The columns of a table over time as sparklines. */
function lines({ table: { head, rows } }: Figure): string[] {
  if (head[0] !== "step" || rows.length < 4) return []
  return head.slice(1).map((name, i) => {
    const column = rows.map((row) => row[i + 1]).filter((value) => typeof value === "number")
    return `\`${sparkline(column, 24)}\` ${name}`
  })
}

function table({ head, rows }: FigureTable): string {
  if (rows.length === 0) return ""
  const row = (cells: readonly (string | number | null)[]): string =>
    `| ${cells.map((cell) => plain(typeof cell === "string" ? cell : figures(cell))).join(" | ")} |`
  return [
    row(head),
    `|${head.map((_, i) => (rows.some((it) => typeof it[i] === "number") ? " ---: " : " --- ")).join("|")}|`,
    ...rows.map(row),
  ].join("\n")
}

/** Text that Markdown leaves as it is. */
function plain(text: string): string {
  return text.replaceAll(/[|<>*_`]/g, (mark) => `\\${mark}`).replaceAll("\n", " ")
}

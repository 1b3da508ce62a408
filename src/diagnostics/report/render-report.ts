import { NablaError } from "../../base/index.ts"
import { htmlOf } from "./formats/html.ts"
import { markdownOf } from "./formats/markdown.ts"
import { terminalOf } from "./formats/terminal.ts"
import type { Report } from "./report.ts"

export type ReportFormat = "html" | "markdown" | "json" | "terminal"

const formats: Readonly<Record<ReportFormat, (report: Report) => string | Promise<string>>> = {
  html: htmlOf,
  markdown: markdownOf,
  json: (report) => `${JSON.stringify(report, null, 1)}\n`,
  terminal: terminalOf,
}

/**
 * A report as text: "html" is one page with all pictures in it, for a screen of any size and for paper; "markdown" has
 * tables for pictures; "json" is the data, with null for numbers that are not finite; "terminal" has sparklines.
 *
 * @throws NABLA_INVALID_ARGUMENT for another format
 *
 * @example writeFileSync("report.html", await renderReport(await reportOf(model, { data: loader }), "html"))
 */
export async function renderReport(report: Report, format: ReportFormat = "html"): Promise<string> {
  if (Object.hasOwn(formats, format)) return formats[format](report)
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such format of a report",
    where: "renderReport",
    expected: Object.keys(formats).join(", "),
    got: String(format),
  })
}

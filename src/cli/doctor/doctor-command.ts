import { extname } from "node:path"
import type { Command } from "commander"
import type { ReportFormat } from "../../diagnostics/index.ts"
import { diagnose, renderReport, reportOf } from "../../diagnostics/index.ts"
import { type DeviceName, deviceNames } from "../../tensor/index.ts"
import { writeFileWhole } from "../../train/node.ts"
import { exitCodes } from "../terminal/exit-codes.ts"
import { jsonLine } from "../terminal/json-lines.ts"
import { choice, invalidOption } from "../terminal/option-values.ts"
import { printed } from "./print.ts"
import type { Subject } from "./script.ts"
import { subjectOf } from "./subject.ts"

const help = `
TARGET is one of:
  a script      a module that exports model and data, and optimizer, loss, test, history, schedule, step … where known
  a config      nabla.config.ts, .js, .json or .yaml: what nabla train would train
  a run         the folder of a run: its weights, optimizer and history
Without one it is the nabla.config.* that lies here.

Examples:
  $ nabla doctor training.ts
  $ nabla doctor runs/mlp-spiral-20260131-142500 --out report.html

Exit codes:
  0 nothing of severity error found, 1 something found or failed, 2 not understood`

interface DoctorOptions {
  readonly json?: boolean
  readonly all?: boolean
  readonly out?: string
  readonly device?: DeviceName
}

const formats: Readonly<Record<string, ReportFormat>> = {
  ".html": "html",
  ".md": "markdown",
  ".json": "json",
}

/** `nabla doctor`: why a training does not learn. */
export function addDoctorCommand(root: Command, done: (exitCode: number) => void): void {
  root
    .command("doctor")
    .summary("find out why a training does not learn")
    .description(
      "Examines a model, its data and its training, and names what is wrong, the likeliest cause first.",
    )
    .argument("[target]", "a script, a configuration, or the folder of a run")
    .option("--all", "also name what was not checked, and why")
    .option("--out <file>", "write a report with pictures: .html, .md or .json", reportFile)
    .option("--device <name>", deviceNames.join(" | "), choice("--device", deviceNames))
    .option("--json", "print a line of JSON")
    .addHelpText("after", help)
    .action(async (target: string | undefined, options: DoctorOptions) => {
      const subject = await subjectOf(target, options.device)
      const diagnosis = await diagnose(...subject.arguments)
      if (options.out !== undefined) await writeReport(options.out, subject, diagnosis)
      if (options.json) jsonLine({ ...diagnosis, title: subject.title })
      else process.stdout.write(`${printed(subject.title, diagnosis, options.all ?? false)}\n`)
      const bad = diagnosis.findings.some(({ severity }) => severity === "error")
      done(bad ? exitCodes.failure : exitCodes.ok)
    })
}

async function writeReport(
  file: string,
  { title, arguments: [model, data, options] }: Subject,
  diagnosis: Awaited<ReturnType<typeof diagnose>>,
): Promise<void> {
  const report = await reportOf(model, { ...options, data, title, diagnosis })
  writeFileWhole(file, await renderReport(report, formats[extname(file)]!))
}

function reportFile(value: string): string {
  if (extname(value) in formats) return value
  throw invalidOption("--out", "a name that ends in .html, .md or .json", value)
}

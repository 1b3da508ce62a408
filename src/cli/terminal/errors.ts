import type { CommanderError } from "commander"
import colours from "picocolors"
import type { ErrorCode } from "../../base/index.ts"
import { NablaError } from "../../base/index.ts"

const usageCodes: ReadonlySet<ErrorCode> = new Set([
  "NABLA_UNKNOWN_COMMAND",
  "NABLA_UNKNOWN_OPTION",
  "NABLA_INVALID_OPTION",
  "NABLA_UNKNOWN_RECIPE",
  "NABLA_CONFIG",
] as const)

/** Whether the command line itself was wrong, so that nothing was begun. */
export function isUsageError(error: unknown): boolean {
  return error instanceof NablaError && usageCodes.has(error.code)
}

const codes: Readonly<Record<string, ErrorCode>> = {
  "commander.unknownOption": "NABLA_UNKNOWN_OPTION",
  "commander.unknownCommand": "NABLA_UNKNOWN_COMMAND",
  "commander.help": "NABLA_UNKNOWN_COMMAND",
}

/** What the parser of the command line found, with a code of ours. */
export function usageError(error: CommanderError): NablaError {
  const code = codes[error.code] ?? "NABLA_INVALID_OPTION"
  const message =
    error.code === "commander.help" ? "no command was given" : error.message.replace(/^error: /, "")
  return new NablaError(code, { message: message.replace(/\n\(/, " (") })
}

/**
 * An error of nabla reads as it is; anything else is a fault of ours and comes with its stack. For machines it is a line of
 * JSON among the others, besides.
 */
export function printError(error: unknown, { json = false }: { readonly json?: boolean } = {}): void {
  if (json) {
    const [code, message] =
      error instanceof NablaError ? [error.code, error.message] : ["NABLA_INTERNAL", String(error)]
    process.stdout.write(`${JSON.stringify({ kind: "error", code, message })}\n`)
  }
  const text =
    error instanceof NablaError
      ? error.message
      : `this should not have happened: please report it [NABLA_INTERNAL]\n${error instanceof Error ? error.stack : String(error)}`
  process.stderr.write(`${colours.red("error:")} ${text}\n`)
}

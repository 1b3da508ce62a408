import type { ErrorCode } from "./error-codes.ts"
import { errorPages } from "./error-codes.ts"

export interface ErrorDetail {
  /** One sentence: what is wrong. */
  readonly message: string
  readonly expected?: string
  readonly got?: string
  /** The op, module path, file or option concerned. */
  readonly where?: string
  /** What to do about it. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Every error that nabla raises on purpose: a code, what was expected, what was got, where, and what to do. */
export class NablaError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorDetail

  constructor(code: ErrorCode, detail: ErrorDetail) {
    super(render(code, detail), detail.cause === undefined ? undefined : { cause: detail.cause })
    this.name = "NablaError"
    this.code = code
    this.detail = detail
  }

  /** The same error with a place put before the present one: module paths grow from the inside out. */
  within(place: string): NablaError {
    return this.at(this.detail.where === undefined ? place : `${place} › ${this.detail.where}`)
  }

  /** The same error in another place. */
  at(where: string): NablaError {
    const error = new NablaError(this.code, { ...this.detail, where })
    if (this.stack !== undefined) {
      // The stack of the first throw is the one that shows the user's line.
      error.stack = `${error.name}: ${error.message}\n${this.stack
        .split("\n    at ")
        .slice(1)
        .map((line) => `    at ${line}`)
        .join("\n")}`
    }
    return error
  }
}

function render(code: ErrorCode, detail: ErrorDetail): string {
  const lines = [`${detail.where === undefined ? "" : `${detail.where}: `}${detail.message} [${code}]`]
  if (detail.expected !== undefined) lines.push(`  expected: ${detail.expected}`)
  if (detail.got !== undefined) lines.push(`  got:      ${detail.got}`)
  lines.push(`  what to do: ${detail.hint ?? errorPages[code]}`)
  return lines.join("\n")
}

/** An error in nabla itself: a broken invariant, never the user's fault. */
export function internalError(message: string, where?: string): NablaError {
  return new NablaError("NABLA_INTERNAL", where === undefined ? { message } : { message, where })
}

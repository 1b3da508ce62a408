import { NablaError } from "../../base/index.ts"

export function checkOptions(where: string, options: object, names: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw invalid(where, "there is no such option", names.join(", "), unknown.join(", "))
}

export function checkAverage(where: string, average: string, words: readonly string[]): void {
  if (!words.includes(average)) throw invalid(where, "there is no such average", words.join(" | "), average)
}

export function invalid(where: string, message: string, expected: string, got: unknown): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, expected, got: String(got), where })
}

/** Prints what a run found. */
import type { CaseResult } from "./suite.ts"

type Print = (line: string) => void

const shownMargins = 10

export interface Totals {
  passed: number
  failed: number
  skipped: number
}

export function countResults(results: readonly CaseResult[]): Totals {
  const count = (status: CaseResult["status"]) => results.filter((result) => result.status === status).length
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") }
}

export function printReport(results: readonly CaseResult[], print: Print): void {
  printFailures(results, print)
  printSkips(results, print)
  printMargins(results, print)
  printCategories(results, print)
  const { passed, failed, skipped } = countResults(results)
  print(`${passed} passed, ${failed} failed, ${skipped} skipped`)
}

function printFailures(results: readonly CaseResult[], print: Print): void {
  for (const result of results) {
    if (result.status !== "failed") continue
    print(`FAILED ${result.category} ${result.name}`)
    for (const { what, message } of result.failures) {
      const [first, ...rest] = message.split("\n")
      print(`  ${what}: ${first}`)
      for (const line of rest) print(`    ${line}`)
    }
  }
}

function printSkips(results: readonly CaseResult[], print: Print): void {
  const reasons = new Map<string, number>()
  for (const { status, reason } of results) {
    if (status === "skipped") reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of reasons) print(`SKIPPED ${count}: ${reason}`)
}

/** The comparisons nearest to failing among those that passed: where the next change will break first. */
function printMargins(results: readonly CaseResult[], print: Print): void {
  const margins = results
    .filter(({ status }) => status === "passed")
    .flatMap((result) => result.margins.map((margin) => ({ ...margin, result })))
    .filter(({ ratio }) => ratio > 0)
    .sort((a, b) => b.ratio - a.ratio)
  if (margins.length === 0) return
  print("")
  print("worst errors that passed (share of the tolerance, absolute error):")
  for (const { result, what, ratio, error } of margins.slice(0, shownMargins)) {
    const share = `${(100 * ratio).toFixed(1)} %`.padStart(9)
    print(`  ${share}  ${error.toExponential(2)}  ${result.category} ${result.name} ${what}`)
  }
}

function printCategories(results: readonly CaseResult[], print: Print): void {
  const categories = [...new Set(results.map(({ category }) => category))]
  print("")
  for (const category of categories) {
    const { passed, failed, skipped } = countResults(results.filter((result) => result.category === category))
    print(`${category.padEnd(12)} ${passed} passed, ${failed} failed, ${skipped} skipped`)
  }
}

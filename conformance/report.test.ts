import { expect, test } from "vitest"
import { printReport } from "./report.ts"
import type { CaseResult } from "./suite.ts"

const result = (over: Partial<CaseResult>): CaseResult => {
  return { category: "ops", name: "a", status: "passed", reason: "", failures: [], margins: [], ...over }
}

test("the report names failures, skips, margins and categories, and ends with the totals", () => {
  const lines: string[] = []
  printReport(
    [
      result({ margins: [{ what: "jvp", ratio: 0.25, error: 1e-6 }] }),
      result({ name: "b", status: "failed", failures: [{ what: "outputs", message: "one\ntwo" }] }),
      result({ name: "c", category: "odd", status: "skipped", reason: "no runner" }),
    ],
    (line) => lines.push(line),
  )
  expect(lines.slice(0, 4)).toEqual(["FAILED ops b", "  outputs: one", "    two", "SKIPPED 1: no runner"])
  expect(lines).toContain("     25.0 %  1.00e-6  ops a jvp")
  expect(lines).toContain("ops          1 passed, 1 failed, 0 skipped")
  expect(lines.at(-1)).toBe("1 passed, 1 failed, 1 skipped")
})

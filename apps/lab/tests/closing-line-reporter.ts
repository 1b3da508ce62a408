import { appendFileSync } from "node:fs"
import type { FullConfig, FullResult, Reporter, Suite, TestCase } from "@playwright/test/reporter"

/**
 * Ends the output with `N passed, N failed, N skipped`, as the tests in Node do, and names the reason of every skip.
 * Where `NABLA_TEST_COUNTS` names a file the line goes there.
 */
export default class ClosingLineReporter implements Reporter {
  private tests: TestCase[] = []
  private errors = 0

  onBegin(_config: FullConfig, suite: Suite): void {
    this.tests = suite.allTests()
  }

  onError(): void {
    this.errors++
  }

  async onEnd({ status }: FullResult): Promise<{ status?: FullResult["status"] }> {
    const count = (...outcomes: string[]): number =>
      this.tests.filter((test) => outcomes.includes(test.outcome())).length
    const skipped = this.tests.filter((test) => test.outcome() === "skipped")
    for (const test of skipped) {
      const reason = test.annotations.find(({ type }) => type === "skip")?.description
      console.log(`skipped: ${test.titlePath().slice(2).join(" > ")}: ${reason ?? "it was not reached"}`)
    }
    const executed = this.tests.length - skipped.length
    const failed = count("unexpected") + this.errors
    const line = `${count("expected", "flaky")} passed, ${failed} failed, ${skipped.length} skipped`
    const file = process.env.NABLA_TEST_COUNTS
    if (file === undefined) console.log(line)
    else appendFileSync(file, `${line}\n`)
    return { status: executed === 0 && status === "passed" ? "failed" : status }
  }
}

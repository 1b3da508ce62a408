import { appendFileSync } from "node:fs"
import type { Reporter, TestCase, TestModule } from "vitest/node"

/**
 * Ends the output of a run with one line, `N passed, N failed, N skipped`, and names the reason of every skip. Where
 * `NABLA_TEST_COUNTS` names a file the line goes there, for whoever adds it to the counts of other runs.
 *
 * A file that cannot be imported, a failing hook and an error outside of any test count as failures. A run in
 * which no test was executed ends with exit code 1.
 */
export default class ClosingLineReporter implements Reporter {
  #line = "0 passed, 0 failed, 0 skipped"
  #executed = 0
  #failed = 0

  onInit(): void {
    // Written as the process exits, so that nothing else can come after it.
    process.once("exit", () => {
      if (this.#failed > 0 || this.#executed === 0) process.exitCode ||= 1
      const file = process.env.NABLA_TEST_COUNTS
      if (file === undefined) process.stdout.write(`${this.#line}\n`)
      else appendFileSync(file, `${this.#line}\n`)
    })
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0
    let failed = unhandledErrors.length
    const skipped: TestCase[] = []
    for (const module of modules) {
      failed += module.errors().length
      for (const suite of module.children.allSuites()) failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === "passed") passed++
        else if (state === "failed") failed++
        else skipped.push(test)
      }
    }
    this.#executed = passed + failed
    this.#failed = failed
    this.#line = `${passed} passed, ${failed} failed, ${skipped.length} skipped`
    printReasons(skipped)
  }
}

function printReasons(skipped: TestCase[]): void {
  let unexplained = 0
  for (const test of skipped) {
    const result = test.result()
    const reason = result.state === "skipped" ? result.note : undefined
    if (reason) console.log(`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${reason}`)
    else unexplained++
  }
  if (unexplained > 0) {
    console.log(
      `skipped: ${unexplained} without a reason (a name filter, a failed hook, test.skip or test.todo)`,
    )
  }
}

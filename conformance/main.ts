/**
 * Checks nabla against reference values: `npm run conformance -- DIR [options]`. See README.md beside this file.
 */
import { parseArguments, UsageError, usage } from "./arguments.ts"
import { countResults, printReport } from "./report.ts"
import { type CaseResult, runSuite, type SuiteOptions } from "./suite.ts"

const print = (line: string) => {
  process.stdout.write(`${line}\n`)
}

function main(): number {
  let options: SuiteOptions
  try {
    options = parseArguments(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n${usage}\n`)
    return 2
  }
  const started = performance.now()
  const results: CaseResult[] = [...runSuite(options)]
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  print(`${options.folder} on ${options.device} in ${options.float}: ${results.length} cases in ${seconds} s`)
  printReport(results, print)
  return countResults(results).failed > 0 || results.length === 0 ? 1 : 0
}

process.exitCode = main()

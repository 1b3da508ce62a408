/** Runs a folder of reference files on one device. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import type { Case } from "./case.ts"
import { runnerOf } from "./categories/index.ts"
import { Checker, errorText, type Failure, type Margin, Skip } from "./checker.ts"
import { type FloatType, nabla } from "./torch/nabla.ts"

export interface SuiteOptions {
  folder: string
  device: string
  float: FloatType
  /** Empty: every file of the folder. */
  categories: readonly string[]
  name: RegExp | null
}

export interface CaseResult {
  category: string
  name: string
  status: "passed" | "failed" | "skipped"
  /** Why it was skipped. */
  reason: string
  failures: readonly Failure[]
  margins: readonly Margin[]
}

/** The files of a folder, by category; those that are no list of cases are not of this schema. */
export function loadCases(folder: string, categories: readonly string[]): Map<string, Case[]> {
  const files = readdirSync(folder).filter((file) => file.endsWith(".json"))
  const found = new Map<string, Case[]>()
  for (const file of files.sort()) {
    const category = basename(file, ".json")
    if (categories.length > 0 && !categories.includes(category)) continue
    const content: unknown = JSON.parse(readFileSync(join(folder, file), "utf8"))
    if (Array.isArray(content)) found.set(category, content.map(complete))
  }
  const missing = categories.filter((category) => !found.has(category))
  if (missing.length > 0) throw new Error(`no reference file for ${missing.join(", ")} in ${folder}`)
  return found
}

/** Fields that some categories leave out because they would be empty. */
function complete(testCase: Case): Case {
  return { ...testCase, options: testCase.options ?? {}, inputs: testCase.inputs ?? {} }
}

export function* runSuite(options: SuiteOptions): Generator<CaseResult> {
  const cases = loadCases(options.folder, options.categories)
  for (const [category, list] of cases) {
    for (const testCase of list) {
      if (options.name && !options.name.test(testCase.name)) continue
      yield runCase(category, testCase, options)
    }
  }
}

export function runCase(
  category: string,
  testCase: Case,
  { device, float }: Pick<SuiteOptions, "device" | "float">,
): CaseResult {
  const check = new Checker(float)
  const result = {
    category,
    name: testCase.name,
    reason: "",
    failures: check.failures,
    margins: check.margins,
  }
  const runner = runnerOf(category)
  if (!runner) return { ...result, status: "skipped", reason: `no runner for the category ${category}` }
  try {
    nabla.setDefaultDevice(device)
    runner(testCase, { float }, check)
  } catch (error) {
    if (error instanceof Skip) return { ...result, status: "skipped", reason: error.message }
    check.failures.push({ what: "the case", message: errorText(error) })
  }
  // A case of which nothing was compared has shown nothing.
  if (check.margins.length === 0 && check.failures.length === 0) {
    check.failures.push({ what: "the case", message: "nothing in it was compared" })
  }
  return { ...result, status: check.failures.length > 0 ? "failed" : "passed" }
}

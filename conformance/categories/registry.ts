/** Which runner judges the cases of which file. */
import type { Case } from "../case.ts"
import type { Checker } from "../checker.ts"
import type { FloatType } from "../torch/nabla.ts"

export interface RunContext {
  float: FloatType
}

export type CategoryRunner = (testCase: Case, context: RunContext, check: Checker) => void

import type { Evidence, Finding } from "./finding.ts"
import type { Patient } from "./patient.ts"

/** What a check says: what is wrong, that all is well (with the figure), or why it cannot say. */
export type Verdict =
  | { readonly finding: Omit<Finding, "name" | "title"> }
  | { readonly fine: readonly Evidence[] }
  | { readonly skipped: string }

/**
 * One fault that the doctor knows. A check is one file, and knows nothing of the others but the names of those faults
 * that it would bring about by itself.
 */
export interface Check {
  readonly name: string
  readonly title: string
  /**
   * Findings that this fault brings about: when both are found, this one is the cause and is named first. Inputs that are
   * not scaled saturate units; saturated units make gradients vanish.
   */
  readonly causes: readonly string[]
  examine(patient: Patient): Verdict | Promise<Verdict>
}

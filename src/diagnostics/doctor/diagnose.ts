import type { Batch } from "../objective.ts"
import type { Check, Verdict } from "./check.ts"
import { checks as allChecks } from "./checks/index.ts"
import type { Diagnosis, Finding, Passed, Skipped } from "./finding.ts"
import type { DiagnoseOptions } from "./options.ts"
import type { PatientModel } from "./patient.ts"
import { Patient } from "./patient.ts"
import { ranked } from "./rank.ts"

/**
 * Why does it not learn? Examines a model, its data and its training by a short probe, and names what is wrong, the
 * likeliest cause first, with the measured evidence and the remedy; what was checked and is fine is named too.
 * Everything is left as it was found: weights, buffers, gradients, modes, random generators and the optimizer's state.
 *
 * @param data one batch, or an iterable of batches (a DataLoader); at most 2048 examples of it are looked at
 * @param options loss crossEntropy; optimizer, test, history, schedule, step …: the more is known, the more is checked
 * @throws NABLA_EMPTY_DATA when there are no batches; what the model's forward throws for the data
 *
 * @example
 * const { findings } = await diagnose(model, loader, { optimizer })
 * findings[0]?.title // "The inputs are not centred"
 */
export async function diagnose(
  model: PatientModel,
  data: Batch | Iterable<Batch>,
  options: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const patient = new Patient(model, data, options)
  // A model that cannot take the data says so itself, and best.
  await patient.output()
  return examine(patient, allChecks)
}

/** The verdicts of some checks on a patient. */
export async function examine(patient: Patient, checks: readonly Check[]): Promise<Diagnosis> {
  const findings: Finding[] = []
  const passed: Passed[] = []
  const skipped: Skipped[] = []
  for (const check of checks) {
    const { name, title } = check
    const verdict = await judged(check, patient)
    if ("finding" in verdict) findings.push({ name, title, ...verdict.finding })
    else if ("fine" in verdict) passed.push({ name, title, evidence: verdict.fine })
    else skipped.push({ name, title, reason: verdict.skipped })
  }
  return { findings: ranked(findings, checks), passed, skipped }
}

/** A check that fails says nothing about the others: a model that breaks is just what is brought to the doctor. */
async function judged(check: Check, patient: Patient): Promise<Verdict> {
  try {
    return await check.examine(patient)
  } catch (error) {
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error)
    return { skipped: `could not be examined: ${message}` }
  }
}

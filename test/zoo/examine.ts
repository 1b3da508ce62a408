import { manualSeed } from "nabla"
import { diagnose } from "nabla/diagnostics"
import type { ZooCase } from "./case.ts"

/** What came of a case. Plain data: it goes from one process to another. */
export interface Outcome {
  readonly name: string
  readonly expected: string | null
  /** Name of the finding that was named first, with its severity; null for none. */
  readonly named: string | null
  /** All findings in their order: `dead-relu error`. */
  readonly findings: readonly string[]
  /** The first evidence of the finding that was named first. */
  readonly evidence: string
  readonly passed: boolean
  readonly seconds: number
}

/** Makes the training of a case and has the doctor look at it. */
export async function examine({ name, expected, make }: ZooCase): Promise<Outcome> {
  manualSeed(20)
  const began = performance.now()
  try {
    const { findings } = await diagnose(...(await make()))
    const [first] = findings
    const shown = first?.evidence[0]
    const error = findings.some(({ severity }) => severity === "error")
    return {
      ...{ name, expected },
      named: first?.name ?? null,
      findings: findings.map((finding) => `${finding.name} ${finding.severity}`),
      evidence: shown === undefined ? "" : `${shown.what}: ${short(shown.measured)} (${shown.threshold})`,
      passed: expected === null ? !error : first?.name === expected,
      seconds: (performance.now() - began) / 1000,
    }
  } catch (error) {
    const evidence = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const seconds = (performance.now() - began) / 1000
    return { name, expected, named: null, findings: [], evidence, passed: false, seconds }
  }
}

function short(value: number | string): string {
  return typeof value === "number" ? String(Number(value.toPrecision(3))) : value
}

import type { Finding, Report } from "nabla/diagnostics"

export interface ShownReport {
  readonly findings: readonly Finding[]
  readonly passed: number
  readonly layers: Report["layers"]
}

/** What is shown of a run's report.json; null when it is none of a version that is known here. */
export function parseReport(text: string): ShownReport | null {
  try {
    const { version, diagnosis, layers } = JSON.parse(text) as Report
    if (version !== 1) return null
    return {
      findings: diagnosis?.findings ?? [],
      passed: diagnosis?.passed.length ?? 0,
      layers: layers ?? null,
    }
  } catch {
    return null
  }
}

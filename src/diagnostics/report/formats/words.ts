import type { Finding, Passed, Severity } from "../../doctor/index.ts"
import type { Section } from "../figures/figure.ts"
import { figures } from "../figures/figure.ts"
import type { ReportStatus } from "../report.ts"

/** Sections of pictures in their order. */
export const sections: Readonly<Record<Section, string>> = {
  training: "Training",
  layers: "Layers",
  gradients: "Gradients",
  curvature: "Curvature",
}

export const severities: Readonly<Record<Severity, string>> = {
  error: "✕ error",
  warning: "! warning",
  hint: "i hint",
}

export const statusWords: Readonly<Record<ReportStatus, string>> = {
  running: "still running",
  completed: "completed",
  interrupted: "stopped before its end",
  failed: "failed",
}

export function measured(value: number | string): string {
  return typeof value === "number" ? figures(value) : value
}

/** The diagnosis in a sentence. */
export function verdict(findings: readonly Finding[], passed: readonly Passed[]): string {
  const fine = `${passed.length} ${passed.length === 1 ? "check" : "checks"} found nothing wrong`
  if (findings.length === 0) return `${fine}.`
  const of = (severity: Severity): string[] => {
    const count = findings.filter((it) => it.severity === severity).length
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`]
  }
  const counts = [...of("error"), ...of("warning"), ...of("hint")].join(", ")
  return `${counts}, the likeliest cause first; ${fine}.`
}

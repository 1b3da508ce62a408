import type { Outcome } from "./examine.ts"

/** What the doctor is held to. */
export const LEAST_NAMED = 0.95
export const MOST_ALARMS = 0.02

export interface Score {
  readonly sick: number
  readonly namedFirst: number
  readonly healthy: number
  /** Healthy trainings with a finding of severity "error". */
  readonly alarms: number
  readonly passed: boolean
}

export function scoreOf(outcomes: readonly Outcome[]): Score {
  const sick = outcomes.filter(({ expected }) => expected !== null)
  const healthy = outcomes.filter(({ expected }) => expected === null)
  const namedFirst = sick.filter(({ passed }) => passed).length
  const alarms = healthy.filter(({ passed }) => !passed).length
  const passed = namedFirst >= LEAST_NAMED * sick.length && alarms <= MOST_ALARMS * healthy.length
  return { sick: sick.length, namedFirst, healthy: healthy.length, alarms, passed }
}

/** The table: case, what was expected, what was named first, evidence. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ name, expected, named, findings, evidence, passed, seconds }) => [
    passed ? "ok" : "MISS",
    name,
    expected ?? "no error",
    named === null ? "–" : findings[0]!,
    `${seconds.toFixed(1)} s`,
    passed ? evidence : `${evidence} [${findings.join(", ")}]`,
  ])
  const head = ["", "case", "expected", "named first", "time", "evidence"]
  const widths = head.map((title, column) =>
    column === head.length - 1
      ? 0
      : Math.max(...[head, ...rows].map((row) => row[column]!.length), title.length),
  )
  return [head, ...rows]
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

export function scoreText({ sick, namedFirst, healthy, alarms, passed }: Score): string {
  const percent = (part: number, of: number): string => `${((100 * part) / Math.max(1, of)).toFixed(1)} %`
  return [
    `right cause named first: ${namedFirst} of ${sick} (${percent(namedFirst, sick)}; at least ${100 * LEAST_NAMED} %)`,
    `errors on healthy ones: ${alarms} of ${healthy} (${percent(alarms, healthy)}; at most ${100 * MOST_ALARMS} %)`,
    passed ? "passed" : "FAILED",
  ].join("\n")
}

import type { Check } from "./check.ts"
import type { Finding, Severity } from "./finding.ts"

const WEIGHT: Record<Severity, number> = { error: 2, warning: 1, hint: 0 }

/**
 * Findings in the order in which to act on them: what explains others stands before them; among the rest the worst first,
 * where a cause counts as bad as the worst that it explains; then what lies farthest beyond its threshold.
 */
export function ranked(findings: readonly Finding[], checks: readonly Check[]): Finding[] {
  const found = new Map(findings.map((finding) => [finding.name, finding]))
  const explained = new Map(findings.map(({ name }) => [name, explainedBy(name, checks, found)]))
  for (const { name, explains = [] } of findings)
    for (const effect of explains.filter((other) => other !== name && found.has(other))) {
      explained.get(name)!.push(effect)
      explained.set(
        effect,
        explained.get(effect)!.filter((other) => other !== name),
      )
    }
  const gravity = (finding: Finding): number =>
    Math.max(
      ...[finding.name, ...explained.get(finding.name)!].map((name) => WEIGHT[found.get(name)!.severity]),
    )
  const left = [...findings].sort(
    (a, b) => gravity(b) - gravity(a) || WEIGHT[b.severity] - WEIGHT[a.severity] || excessOf(b) - excessOf(a),
  )
  const order: Finding[] = []
  while (left.length > 0) {
    const free = left.findIndex(
      ({ name }) => !left.some((other) => explained.get(other.name)!.includes(name)),
    )
    order.push(...left.splice(Math.max(free, 0), 1))
  }
  return order
}

/** All found faults that a fault brings about, at once or by way of others, found or not. */
function explainedBy(name: string, checks: readonly Check[], found: ReadonlyMap<string, Finding>): string[] {
  const reached = new Set<string>()
  const open = [name]
  // What is only worth a try is not why the rest fails.
  if (found.get(name)?.severity === "hint") return []
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const effect of checks.find((check) => check.name === next)?.causes ?? [])
      if (effect !== name && !reached.has(effect)) {
        reached.add(effect)
        open.push(effect)
      }
  return [...reached].filter((effect) => found.has(effect))
}

function excessOf({ evidence }: Finding): number {
  return Math.max(0, ...evidence.map(({ excess = 0 }) => excess).filter((excess) => !Number.isNaN(excess)))
}

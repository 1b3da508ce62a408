import { expect, test } from "vitest"
import { cases } from "./cases/index.ts"
import { examine } from "./examine.ts"
import { scoreOf } from "./score.ts"

// All cases: npm run doctor:zoo. Here is a part of them that takes seconds.

test.each(cases.filter(({ quick }) => quick))("$name", { timeout: 60_000 }, async (one) => {
  const { findings, evidence, passed } = await examine(one)
  expect(passed, `${findings.join(", ")}: ${evidence}`).toBe(true)
})

test("each fault has at least three trainings that have it, and three that have not", () => {
  const groups = new Map<string, number>()
  for (const { name } of cases) {
    const group = name.split("/").slice(0, 2).join("/")
    groups.set(group, (groups.get(group) ?? 0) + 1)
  }
  expect([...groups].filter(([, count]) => count < 3)).toEqual([])
})

test("the score counts a cause that is named second as missed, and an error on a healthy training as an alarm", () => {
  const outcome = { name: "", named: null, findings: [], evidence: "", seconds: 0 }
  const sick = Array.from({ length: 20 }, (_, i) => ({ ...outcome, expected: "stuck", passed: i > 0 }))
  const healthy = Array.from({ length: 50 }, (_, i) => ({ ...outcome, expected: null, passed: i > 0 }))
  expect(scoreOf([...sick, ...healthy])).toMatchObject({ namedFirst: 19, alarms: 1, passed: true })
  expect(scoreOf([...sick.slice(0, 10), ...healthy])).toMatchObject({ passed: false })
  expect(scoreOf([...sick, ...healthy.slice(0, 40)])).toMatchObject({ passed: false })
})

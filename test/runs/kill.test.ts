import { afterAll, beforeAll, expect, test } from "vitest"
import { CommandLine } from "../cli-harness.ts"
import { soak } from "./kill.ts"

const nabla = new CommandLine()
beforeAll(() => nabla.build())
afterAll(() => nabla.remove())

test("runs that are killed at any moment go on and end with the same bits", {
  timeout: 300_000,
}, async () => {
  const { kills, runs } = await soak(nabla, { kills: 4, seed: 7 })
  expect(kills).toBe(4)
  expect(runs).toBeGreaterThan(0)
})

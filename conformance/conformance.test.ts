/** Every case of the copied reference values is a test, on each device in the float type that it is held to. */
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { loadCases, runCase } from "./suite.ts"
import type { FloatType } from "./torch/nabla.ts"

const folder = fileURLToPath(new URL("./reference", import.meta.url))
const runs: readonly (readonly [device: string, float: FloatType])[] = [
  ["wasm", "float32"],
  ["reference", "float64"],
]

describe.each(runs)("%s in %s", (device, float) => {
  for (const [category, cases] of loadCases(folder, [])) {
    describe(category, () => {
      test.each(cases.map((testCase) => [testCase.name, testCase] as const))("%s", (_, testCase) => {
        const { status, failures, reason } = runCase(category, testCase, { device, float })
        expect(failures.map(({ what, message }) => `${what}: ${message}`)).toEqual([])
        expect(`${status} ${reason}`.trim()).toBe("passed")
      })
    })
  }
})

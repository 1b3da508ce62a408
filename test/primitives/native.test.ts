import { describe, expect, test } from "vitest"
import { readSync, realize, setDefaultDevice } from "../../src/engine/index.ts"
import "../../src/engine/node.ts"
import { examples } from "./examples.ts"
import { apply, draw, expectClose, nodes, on } from "./harness.ts"

/** Every primitive on the native device, in one plan for each type, since compiling each by itself would take long. */

function reasonToSkip(): string | null {
  try {
    setDefaultDevice("native")
    return null
  } catch (error) {
    return String(error)
  } finally {
    setDefaultDevice("wasm")
  }
}

const reason = reasonToSkip()
if (reason !== null) console.log(`native device: skipped (${reason})`)

describe.skipIf(reason !== null)("on the native device all primitives agree with the reference", () => {
  test.each(["float32", "float64"] as const)(
    "in %s",
    (dtype) => {
      const make = () =>
        examples.map((example) => apply(example, dtype, nodes(example, dtype, draw(example, dtype, 1))))
      const want = on("reference", () => make().map(readSync))
      const got = on("native", () => {
        const results = make()
        realize(results)
        return results.map(readSync)
      })
      examples.forEach((example, i) => {
        const tolerance = dtype === "float64" ? 1e-12 : (example.tolerance ?? 2e-5)
        try {
          expectClose(got[i]!, want[i]!, tolerance, tolerance / 10)
        } catch (error) {
          expect.fail(`${example.op.name}: ${String(error)}`)
        }
      })
    },
    120_000,
  )
})

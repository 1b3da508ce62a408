import { beforeAll, describe, expect, test } from "vitest"
import { readSync, setKernelChecks } from "../../src/engine/index.ts"
import type { Node } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"
import { examples } from "./examples.ts"
import type { Example } from "./harness.ts"
import {
  apply,
  batchedAgainstLoop,
  draw,
  expectClose,
  f64,
  inner,
  jvpOf,
  linearize,
  moved,
  nodes,
  on,
  randomLike,
  smoothInputs,
  vjpOf,
} from "./harness.ts"

/** What every primitive is held to, generated from its record and an example of its use. */

const STEP = 1e-6

const records = Object.entries(ops).filter(
  ([, value]) => typeof value === "object" && value !== null && "lower" in value && "vjp" in value,
) as [string, ops.Primitive][]

test("every primitive has an example", () => {
  const tested = new Set(examples.map(({ op }) => op.name))
  const missing = records.map(([, record]) => record.name).filter((name) => !tested.has(name))
  expect(missing).toEqual([])
})

beforeAll(() => setKernelChecks(true))

const title = ({ op, inputs, note }: Example): string =>
  `${op.name} ${inputs.map(({ shape }) => `[${shape}]`).join(" ")}${note === undefined ? "" : ` (${note})`}`

describe.each(examples.map((example) => [title(example), example] as const))("%s", (_, example) => {
  const smooth = smoothInputs(example)

  test("single precision agrees with the reference", () => {
    const values = draw(example, "float32", 1)
    const want = on("reference", () => readSync(apply(example, "float32", nodes(example, "float32", values))))
    const got = on("wasm", () => readSync(apply(example, "float32", nodes(example, "float32", values))))
    const tolerance = example.tolerance ?? 2e-5
    expectClose(got, want, tolerance, tolerance / 10)
  })

  test("double precision agrees with the reference", () => {
    const values = draw(example, "float64", 2)
    const want = on("reference", () => readSync(apply(example, "float64", nodes(example, "float64", values))))
    const got = on("wasm", () => readSync(apply(example, "float64", nodes(example, "float64", values))))
    expectClose(got, want, 1e-12, 1e-13)
  })

  test("arguments that are no rows in memory give the same", () => {
    const values = draw(example, "float64", 3)
    const plain = nodes(example, "float64", values)
    const want = readSync(apply(example, "float64", plain))
    const twisted = nodes(example, "float64", values).map(reversedTwice)
    expectClose(readSync(apply(example, "float64", twisted)), want, 1e-12, 1e-13)
  })

  test("vmap equals a loop", () => {
    const count = example.inputs.length
    if (count === 0) return
    for (let mask = 1; mask < 1 << count; mask++) {
      const batched = example.inputs.map((__, i) => (mask & (1 << i)) !== 0)
      const [got, want] = batchedAgainstLoop(example, batched, 10)
      expectClose(got, want, 1e-12, 1e-13)
    }
  })

  if (example.flat || smooth.length === 0) return

  test("the tangent is the finite difference", () => {
    const values = draw(example, "float64", 4)
    const at = linearize(example, values)
    const directions = at.sources.map((source, i) => randomLike(source, 20 + i))
    const got = readSync(
      jvpOf(
        at,
        at.sources.map((source, i) => f64(directions[i]!, source)),
      ),
    )
    const value = (step: number): ArrayLike<number> =>
      readSync(apply(example, "float64", nodes(example, "float64", moved(example, values, directions, step))))
    const [up, down] = [value(STEP), value(-STEP)]
    expectClose(
      got,
      Float64Array.from(up, (x, i) => (x - down[i]!) / (2 * STEP)),
      1e-5,
      1e-7,
    )
  })

  test("⟨u, J·v⟩ = ⟨Jᵀ·u, v⟩", () => {
    const at = linearize(example, draw(example, "float64", 5))
    const directions = at.sources.map((source, i) => randomLike(source, 30 + i))
    const u = randomLike(at.output, 40)
    const forward = inner(
      u,
      readSync(
        jvpOf(
          at,
          at.sources.map((source, i) => f64(directions[i]!, source)),
        ),
      ),
    )
    const parts = vjpOf(at, f64(u, at.output)).map(readSync)
    const backward = parts.reduce((sum, part, i) => sum + inner(part, directions[i]!), 0)
    expect(Math.abs(forward - backward)).toBeLessThanOrEqual(1e-10 * (1 + Math.abs(forward)))
  })

  test("the second derivative is the finite difference of the first", () => {
    const values = draw(example, "float64", 6)
    const at = linearize(example, values)
    const directions = at.sources.map((source, i) => randomLike(source, 50 + i))
    const u = randomLike(at.output, 60)
    const gradients = vjpOf(at, f64(u, at.output))
    const tangents = at.sources.map((source, i) => f64(directions[i]!, source))
    const second = gradients.map((gradient) => readSync(jvpOf({ ...at, output: gradient }, tangents)))
    const gradientAt = (step: number): ArrayLike<number>[] => {
      const there = linearize(example, moved(example, values, directions, step))
      return vjpOf(there, f64(u, there.output)).map(readSync)
    }
    const [up, down] = [gradientAt(STEP), gradientAt(-STEP)]
    second.forEach((got, i) => {
      const want = Float64Array.from(up[i]!, (x, j) => (x - down[i]![j]!) / (2 * STEP))
      expectClose(got, want, 1e-4, 1e-6)
    })
  })
})

/** The same tensor, but lying backwards in memory. */
function reversedTwice(node: Node): Node {
  const dims = node.shape.map((__, i) => i)
  const backwards = ops.flip(node, dims)
  readSync(backwards)
  return ops.flip(backwards, dims)
}

import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import { Random } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { placeholderNode } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import { setDefaultDevice } from "./backends.ts"
import { planCount, realize, setKernelChecks } from "./realize.ts"
import { fromHost, memory, readSync } from "./values.ts"

beforeAll(() => setKernelChecks(true))
beforeEach(() => setDefaultDevice("wasm"))

const data = (n: number, seed = 1): Node => {
  const random = new Random(seed)
  return fromHost(
    Float32Array.from({ length: n }, () => random.normal()),
    [n],
    "float32",
  )
}

describe("values", () => {
  test("live on the host once they lie idle", () => {
    const kept = ops.exp(data(1000))
    realize([kept])
    expect(kept.value!.device).not.toBeNull()
    const want = Math.exp(readSync(ops.log(kept))[7]!)
    for (let i = 0; i < 40; i++) realize([ops.neg(data(3, i + 2))])
    expect(kept.value!.device).toBeNull()
    expect(readSync(kept)[7]).toBeCloseTo(want, 4)
  })

  test("of a thousand forgotten results leave device memory flat", () => {
    const run = (i: number): void => realize([ops.mul(data(5000, i), data(5000, i + 1))])
    for (let i = 0; i < 40; i++) run(i)
    const before = memory().liveBytes
    for (let i = 0; i < 1000; i++) run(i)
    expect(memory().liveBytes).toBeLessThanOrEqual(before)
  })

  test("move between devices", () => {
    const x = ops.add(data(10), data(10, 2))
    const onWasm = readSync(x).slice()
    setDefaultDevice("reference")
    expect(readSync(ops.add(x, ops.constantLike(x, 0)))).toEqual(onWasm)
  })
})

describe("plans", () => {
  test("serve every graph of one form, whatever the numbers", () => {
    const run = (i: number): void => {
      const factor = fromHost(Float32Array.of(i), [], "float32")
      realize([ops.mul(data(8, i), ops.expand(factor, [8]))])
    }
    run(0)
    const before = planCount()
    for (let i = 1; i < 50; i++) run(i)
    expect(planCount()).toBe(before)
  })

  test("of a long chain do not overflow the stack", () => {
    let x = data(4)
    for (let i = 0; i < 20_000; i++) x = ops.add(x, ops.constantLike(x, i % 3))
    expect(Number.isFinite(readSync(x)[0])).toBe(true)
  })

  test("run twice give the same bits", () => {
    const run = (): Float32Array => readSync(ops.sum(ops.exp(data(100_003)), [0])).slice() as Float32Array
    expect(run()).toEqual(run())
  })
})

test("the mean of four million elements is right to the last digits", () => {
  const n = 4_000_000
  const random = new Random(5)
  const values = Float32Array.from({ length: n }, () => random.uniform())
  const exact = values.reduce((sum, x) => sum + x, 0) / n
  const mean = readSync(ops.sum(fromHost(values, [n], "float32"), [0]))[0]! / n
  expect(Math.abs(mean - exact) / exact).toBeLessThan(1e-6)
})

test("what is computed a second time is kept from then on", () => {
  const held = ops.exp(ops.expand(ops.reshape(data(50), [1, 50]), [3, 50]))
  const use = (i: number): number => readSync(ops.sum(ops.scale(held, i), [0, 1]))[0]!
  const first = use(1)
  expect(held.value).toBeNull()
  expect(use(2)).toBeCloseTo(2 * first, 3)
  expect(held.value).not.toBeNull()
  expect(use(3)).toBeCloseTo(3 * first, 3)
})

test("an expression is one node while it is pending", () => {
  const x = data(3)
  expect(ops.exp(ops.neg(x))).toBe(ops.exp(ops.neg(x)))
})

test("a placeholder has no value", () => {
  const stand = placeholderNode([2], "float32")
  expect(() => readSync(ops.neg(stand))).toThrow(/NABLA_PLACEHOLDER_VALUE/)
})

import fc from "fast-check"
import { beforeAll, describe, expect, test } from "vitest"
import type { DType } from "../../src/base/index.ts"
import { Random } from "../../src/base/index.ts"
import { fromHost, readSync, setDefaultDevice, setKernelChecks } from "../../src/engine/index.ts"
import type { Node } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"

/** Random programs: whatever the planner fuses must equal the same program computed operation by operation. */

beforeAll(() => setKernelChecks(true))

type Step = (pool: readonly Node[], pick: (n: number) => number) => Node | null

const pointwise: ((x: Node) => Node)[] = [
  ops.neg,
  ops.tanh,
  ops.sin,
  (x) => ops.exp(ops.minimum(x, ops.constantLike(x, 2))),
  ops.abs,
  (x) => ops.scale(x, 0.5),
  (x) => ops.add(x, ops.constantLike(x, 0.25)),
  (x) => ops.where(ops.gt(x, ops.constantLike(x, 0)), x, ops.scale(x, 0.1)),
]

const binary: ((x: Node, y: Node) => Node)[] = [ops.add, ops.sub, ops.mul, ops.maximum, ops.minimum]

const divisorPairs = (n: number): [number, number][] =>
  Array.from({ length: n }, (_, i) => i + 1).flatMap((d): [number, number][] =>
    n % d === 0 ? [[d, n / d]] : [],
  )

const views: Step[] = [
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const order = x.shape.map((_, i) => i)
    for (let i = order.length - 1; i > 0; i--) {
      const j = pick(i + 1)
      ;[order[i], order[j]] = [order[j]!, order[i]!]
    }
    return ops.permute(x, order)
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const pairs = divisorPairs(x.aval.size)
    return pairs.length === 0 ? null : ops.reshape(x, pairs[pick(pairs.length)]!)
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    if (x.shape.length === 0) return null
    const dim = pick(x.shape.length)
    const start = pick(x.shape[dim]!)
    return ops.sliceDim(x, dim, start, 1 + pick(x.shape[dim]! - start))
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    return ops.flip(
      x,
      x.shape.map((_, i) => i).filter(() => pick(2) === 0),
    )
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    return x.aval.size > 200 ? null : ops.expand(x, [1 + pick(3), ...x.shape])
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const low = x.shape.map(() => pick(2))
    const shape = x.shape.map((size, i) => size + low[i]! + pick(2))
    return ops.pad(x, { shape, low, interior: x.shape.map(() => 0), value: 0.5 })
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const last = x.shape.length - 1
    if (last < 0 || x.shape[last]! < 2) return null
    const size = 1 + pick(x.shape[last]! - 1)
    return ops.windows(x, { dims: [last], size: [size], stride: [1 + pick(2)], dilation: [1] })
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    return x.shape.length === 0 ? null : ops.cat([x, ops.neg(x)], pick(x.shape.length))
  },
]

const reductions: Step[] = [
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const dims = x.shape.map((_, i) => i).filter(() => pick(2) === 0)
    const total = ops.sum(x, dims)
    return ops.scale(total, 1 / Math.max(1, x.aval.size / Math.max(1, total.aval.size)))
  },
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const dims = x.shape.map((_, i) => i).filter(() => pick(2) === 0)
    return ops.spread(ops.maxReduce(x, dims, "even"), x.shape, dims)
  },
  (pool, pick) => {
    const at = pick(pool.length)
    const x = pool[at]!
    if (x.shape.length < 1) return null
    const dim = pick(x.shape.length)
    const y = pool.find((other, i) => i !== at && other.shape[0] === x.shape[dim])
    if (y === undefined || x.aval.size * y.aval.size > 20_000) return null
    const product = ops.dot(x, y, { lhsBatch: [], rhsBatch: [], lhsContract: [dim], rhsContract: [0] })
    return ops.scale(product, 1 / x.shape[dim]!)
  },
]

const elementwiseSteps: Step[] = [
  (pool, pick) => pointwise[pick(pointwise.length)]!(pool[pick(pool.length)]!),
  (pool, pick) => {
    const x = pool[pick(pool.length)]!
    const partners = pool.filter((y) => String(y.shape) === String(x.shape))
    return binary[pick(binary.length)]!(x, partners[pick(partners.length)]!)
  },
]

const steps: Step[] = [...elementwiseSteps, ...elementwiseSteps, ...views, ...reductions]

interface Program {
  readonly shape: readonly number[]
  readonly choices: readonly number[]
  readonly length: number
}

/** Runs a program; `after` sees each new node, and may compute it. */
function run({ shape, choices, length }: Program, dtype: DType, after: (node: Node) => void): Node[] {
  let at = 0
  const pick = (n: number): number => (n <= 1 ? 0 : choices[at++ % choices.length]! % n)
  const random = new Random(7)
  const size = shape.reduce((n, s) => n * s, 1)
  const input = (): Node =>
    ops.cast(
      fromHost(
        Float64Array.from({ length: size }, () => random.normal()),
        shape,
        "float64",
      ),
      dtype,
    )
  const pool = [input(), input()]
  for (let i = 0; i < length; i++) {
    const made = steps[pick(steps.length)]!(pool, pick)
    if (made === null || made.aval.size > 5000) continue
    after(made)
    pool.push(made)
  }
  return pool
}

const program = fc.record({
  shape: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  choices: fc.array(fc.nat(10_000), { minLength: 40, maxLength: 120 }),
  length: fc.integer({ min: 2, max: 14 }),
})

function compare(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length)
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i]! - want[i]!)
    if (!(error <= tolerance * (1 + Math.abs(want[i]!)) || Object.is(got[i], want[i]))) {
      expect.fail(`element ${i}: got ${got[i]}, want ${want[i]}`)
    }
  }
}

describe("a fused program equals the program step by step", () => {
  // Single precision differs by rounding, which long programs amplify; a wrong index differs by far more.
  test.each([
    ["reference", "float64", 1e-9],
    ["wasm", "float64", 1e-9],
    ["wasm", "float32", 5e-3],
  ] as const)("on %s in %s", (device, dtype, tolerance) => {
    fc.assert(
      fc.property(program, (p) => {
        setDefaultDevice("reference")
        const want = run(p, "float64", (node) => readSync(node)).map((node) => Array.from(readSync(node)))
        setDefaultDevice(device)
        const lazy = run(p, dtype, () => {})
        // From the last to the first, so that the last one fuses all it can.
        for (let i = lazy.length - 1; i >= 0; i--) compare(readSync(lazy[i]!), want[i]!, tolerance)
      }),
      { numRuns: 120, seed: 20261123 },
    )
    setDefaultDevice("wasm")
  })
})

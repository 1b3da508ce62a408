import { beforeAll, describe, expect, test } from "vitest"
import { pullback } from "../../src/autodiff/index.ts"
import { Random } from "../../src/base/index.ts"
import { explain, fromHost, readSync, setDefaultDevice, setKernelChecks } from "../../src/engine/index.ts"
import type { Node } from "../../src/graph/index.ts"
import * as ops from "../../src/ops/index.ts"

/** Gradients that are computed by another way than the rules alone would take: they must be the same gradients. */

beforeAll(() => {
  setKernelChecks(true)
  setDefaultDevice("reference")
})

const random = new Random(7)
const numel = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1)
const given = (shape: readonly number[]): Node =>
  fromHost(
    Float64Array.from({ length: numel(shape) }, () => random.uniform() - 0.5),
    shape,
    "float64",
    true,
  )

const values = (node: Node): number[] => Array.from(readSync(node))
const inner = (x: Node, y: Node): number => {
  const right = values(y)
  return values(x).reduce((sum, value, i) => sum + value * right[i]!, 0)
}

interface Geometry {
  readonly length: number
  readonly size: number
  readonly stride: number
  readonly dilation: number
  readonly low: number
  readonly high: number
}

/** A correlation of [channels, length] with [outputs, channels, size]. */
function correlate(x: Node, w: Node, { size, stride, dilation, low, high }: Geometry): Node {
  const [channels, length] = x.shape as [number, number]
  const shape = [channels, length + low + high]
  const padded = ops.pad(x, { shape, low: [0, low], interior: [0, 0], value: 0 })
  const windows = ops.windows(padded, { dims: [1], size: [size], stride: [stride], dilation: [dilation] })
  return ops.dot(w, windows, { lhsBatch: [], rhsBatch: [], lhsContract: [1, 2], rhsContract: [0, 2] })
}

const geometries: Geometry[] = [
  { length: 9, size: 3, stride: 1, dilation: 1, low: 1, high: 1 },
  { length: 9, size: 3, stride: 1, dilation: 2, low: 2, high: 2 },
  { length: 9, size: 4, stride: 1, dilation: 1, low: 0, high: 3 },
  { length: 9, size: 2, stride: 1, dilation: 1, low: 3, high: 2 },
  { length: 9, size: 3, stride: 2, dilation: 1, low: 1, high: 1 },
  { length: 9, size: 3, stride: 3, dilation: 1, low: 0, high: 0 },
  { length: 10, size: 3, stride: 3, dilation: 1, low: 1, high: 0 },
  { length: 10, size: 2, stride: 3, dilation: 1, low: 0, high: 1 },
  { length: 9, size: 1, stride: 2, dilation: 1, low: 0, high: 0 },
]

describe("the gradient of a correlation with respect to its image", () => {
  test.each(geometries)("size $size, stride $stride, dilation $dilation, $low + $high zeros", (geometry) => {
    const [x, w] = [given([5, geometry.length]), given([6, 5, geometry.size])]
    const out = correlate(x, w, geometry)
    const ct = given(out.shape)
    const [gradient] = pullback([out], [ct], [x]) as [Node]
    const direction = given(x.shape)
    // ⟨ct, J·v⟩ = ⟨Jᵀ·ct, v⟩, and a correlation is its own J.
    const expected = inner(ct, correlate(direction, w, geometry))
    expect(inner(gradient, direction)).toBeCloseTo(expected, 10)
  })

  test("is a correlation itself where the border is cut off again, and is differentiated again", () => {
    const geometry = geometries[0]!
    const [x, w] = [given([5, 9]), given([6, 5, 3])]
    const out = correlate(x, w, geometry)
    const ct = given(out.shape)
    const [gradient] = pullback([out], [ct], [x]) as [Node]
    expect(explain([gradient]).some(({ kernel }) => kernel.name.includes("fold"))).toBe(false)
    const direction = given(x.shape)
    const [second] = pullback([gradient], [direction], [w]) as [Node]
    const change = given(w.shape)
    const expected = inner(ct, correlate(direction, change, geometry))
    expect(inner(second, change)).toBeCloseTo(expected, 10)
  })
})

const part = (x: Node, t: number): Node => ops.reshape(ops.sliceDim(x, 0, t, 1), x.shape.slice(1))

describe("parts of a tensor", () => {
  const steps = 70
  const gradientOfParts = (used: readonly number[]): { gradient: Node; expected: number[] } => {
    const x = given([steps, 3])
    const cts = used.map(() => given([3]))
    const outs = used.map((t) => ops.neg(part(x, t)))
    const [gradient] = pullback(outs, cts, [x]) as [Node]
    const expected = new Array<number>(steps * 3).fill(0)
    used.forEach((t, i) => {
      values(cts[i]!).forEach((value, j) => {
        expected[t * 3 + j]! -= value
      })
    })
    return { gradient, expected }
  }

  test.each([
    ["all of them", Array.from({ length: steps }, (_, t) => t)],
    ["a run of them", [4, 5, 6, 7]],
    ["some with gaps", [1, 2, 5]],
    ["one twice", [3, 3, 4]],
  ])("get their gradient back: %s", (_, used) => {
    const { gradient, expected } = gradientOfParts(used)
    values(gradient).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 12)
    })
  })

  test("are joined, not added up", () => {
    const { gradient } = gradientOfParts(Array.from({ length: steps }, (_, t) => t))
    expect(explain([gradient]).length).toBeLessThan(5)
  })
})

test("the gradient of weights that every step uses is one product", () => {
  const w = given([16, 16])
  const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] }
  const inputs = Array.from({ length: 6 }, () => given([4, 16]))
  const cts = inputs.map(() => given([4, 16]))
  const outs = inputs.map((x) => ops.dot(x, w, dims))
  const [gradient] = pullback(outs, cts, [w]) as [Node]
  expect(explain([gradient]).filter(({ kernel }) => kernel.name.includes("dot")).length).toBe(1)
  const change = given(w.shape)
  const expected = inputs.reduce((sum, x, t) => sum + inner(cts[t]!, ops.dot(x, change, dims)), 0)
  expect(inner(gradient, change)).toBeCloseTo(expected, 10)
})

test("a product takes a permuted argument as it lies in memory", () => {
  const [x, w] = [given([4, 8]), given([8, 5])]
  const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] }
  const out = ops.dot(x, ops.permute(w, [1, 0]), dims)
  expect(out.inputs[1]).toBe(w)
  const [gradient] = pullback([out], [given(out.shape)], [w]) as [Node]
  expect(gradient.op.name).toBe("dot")
  expect(gradient.shape).toEqual([8, 5])
})

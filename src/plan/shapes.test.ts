import { beforeEach, describe, expect, test } from "vitest"
import {
  fromHost,
  readSync,
  setDefaultDevice,
  setKernelChecks,
  startTrace,
  stopTrace,
} from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { printKernel } from "../kernel/index.ts"
import * as ops from "../ops/index.ts"

beforeEach(() => setKernelChecks(true))

const numel = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1)

function values(shape: readonly number[], seed = 1): Node {
  const data = Float32Array.from({ length: numel(shape) }, (_, i) => Math.sin(i * 1.3 + seed) + 0.1)
  return fromHost(data, shape, "float32")
}

/** The largest difference between devices, and the kernels that the wasm device ran. */
function compare(make: () => Node): { error: number; kernels: string[] } {
  setDefaultDevice("reference")
  const want = readSync(make())
  setDefaultDevice("wasm")
  const trace = startTrace()
  const got = [...readSync(make())]
  stopTrace(trace)
  const error = got.reduce(
    (worst, x, i) => Math.max(worst, Math.abs(x - want[i]!) / (1 + Math.abs(want[i]!))),
    0,
  )
  return { error, kernels: trace.runs.map(({ kernel }) => printKernel(kernel)) }
}

describe("sums of columns are taken in blocks of rows", () => {
  const cases: [name: string, shape: number[], dims: number[]][] = [
    ["rows a multiple of the block", [64, 512], [0]],
    ["rows and columns with rests", [1003, 67], [0]],
    ["many rows of few columns", [20_000, 17], [0]],
    ["two leading dimensions", [9, 50, 130], [0, 1]],
    ["a dimension in the middle", [3, 200, 160], [1]],
    ["dimensions apart", [40, 6, 30, 64], [0, 2]],
  ]
  test.each(cases)("%s", (_, shape, dims) => {
    const x = values(shape)
    const { error, kernels } = compare(() => ops.sum(ops.mul(x, x), dims))
    expect(error).toBeLessThan(2e-6)
    expect(kernels).toHaveLength(1)
    expect(kernels[0]).toMatch(/ by 4/)
  })

  test("maxima and products too", () => {
    const x = values([300, 80])
    expect(compare(() => ops.maxReduce(x, [0], "first")).error).toBe(0)
    expect(compare(() => ops.prod(ops.add(x, ops.constantLike(x, 1)), [0])).error).toBeLessThan(1e-4)
  })

  test("the blocks are the outermost loop", () => {
    const x = values([4096, 64])
    const { kernels } = compare(() => ops.sum(x, [0]))
    expect(kernels[0]).toMatchSnapshot()
  })
})

describe("where neighbours are far apart in memory", () => {
  test("loops change places", () => {
    const parts = [1, 2, 3].map((seed) => ops.permute(values([64, 96], seed), [1, 0]))
    const { error, kernels } = compare(() => parts.reduce((a, b) => ops.add(a, b)))
    expect(error).toBeLessThan(2e-7)
    expect(kernels).toHaveLength(1)
    expect(kernels[0]).toMatchSnapshot()
  })

  test("a dimension that a reshape joined gets a loop for each part", () => {
    const [a, b] = [1, 2].map((seed) => ops.permute(values([3, 2, 4, 5, 8], seed), [1, 3, 0, 2, 4]))
    const { error, kernels } = compare(() =>
      ops.add(ops.reshape(a!, [2, 5, 96]), ops.reshape(b!, [2, 5, 96])),
    )
    expect(error).toBeLessThan(2e-7)
    expect(kernels).toHaveLength(1)
    expect(kernels[0]).not.toMatch(/[%/]/)
    expect(kernels[0]).toMatch(/ by 4/)
  })
})

describe("short windows", () => {
  test("of maxima are written out", () => {
    const attrs = { dims: [2, 3], size: [2, 2], stride: [2, 2], dilation: [1, 1] }
    const x = values([4, 3, 12, 12])
    const { error, kernels } = compare(() => ops.maxReduce(ops.windows(x, attrs), [4, 5], "first"))
    expect(error).toBe(0)
    expect(kernels[0]!.match(/ for /g)!.length).toBeLessThanOrEqual(4)
  })
})

describe("rows that are no multiple of a vector", () => {
  const pooled = (columns: number): Node => {
    const attrs = { dims: [1, 2], size: [2, 2], stride: [2, 2], dilation: [1, 1] }
    return ops.maxReduce(ops.windows(values([6, 4, 2 * columns]), attrs), [3, 4], "first")
  }

  test("end with a vector that begins before the last one ends", () => {
    const { error, kernels } = compare(() => pooled(7))
    expect(error).toBe(0)
    expect(kernels.join()).toContain("in 3 .. 7 by 4")
  })

  test("end with one element where no more is left", () => {
    const { error, kernels } = compare(() => pooled(9))
    expect(error).toBe(0)
    expect(kernels.join()).not.toContain("in 5 .. 9 by 4")
  })
})

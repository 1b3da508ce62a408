import { describe, expect, test } from "vitest"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import { planGraph } from "../plan/index.ts"
import { checkKernel } from "./check.ts"
import type { KernelWork } from "./work.ts"
import { kernelWork } from "./work.ts"

const device = {
  vectorBytes: 16,
  tiledContractions: true,
  fusedMultiplyAdd: false,
  synchronousRead: true,
  float64: true,
} as const

const data = (...shape: number[]): Node =>
  fromHost(new Float32Array(shape.reduce((n, size) => n * size, 1)), shape, "float32")

function workOf(target: Node): KernelWork[] {
  const order = topologicalOrder([target], (node) => node.value === null)
  const given = new Set(order.filter((node) => node.value !== null))
  const task = { order, given, targets: new Set([target]) }
  return planGraph(task, () => false, { device, check: checkKernel }).kernels.map(kernelWork)
}

describe("the work of a kernel", () => {
  test("x·y + 1: two operations an element, three passes over memory", () => {
    const x = data(10, 11)
    const y = ops.add(ops.mul(x, data(10, 11)), ops.constantLike(x, 1))
    expect(workOf(y)).toEqual([{ flops: 220, bytes: 3 * 4 * 110 }])
  })

  test("an operand that is read again counts once", () => {
    const x = data(50, 8)
    expect(workOf(ops.mul(x, ops.expand(data(8), [50, 8])))[0]!.bytes).toBe(4 * (400 + 8 + 400))
  })

  test("of a part that is read only the part counts", () => {
    const part = ops.slice(data(100, 8), { start: [10, 0], size: [10, 8], step: [1, 1] })
    expect(workOf(ops.neg(part))).toEqual([{ flops: 80, bytes: 4 * 160 }])
  })

  test("a matrix product counts its multiplications and additions, not those of its padding", () => {
    const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }
    expect(workOf(ops.dot(data(33, 47), data(47, 29), dims))).toEqual([
      { flops: 2 * 33 * 47 * 29, bytes: 4 * (33 * 47 + 47 * 29 + 33 * 29) },
    ])
  })
})

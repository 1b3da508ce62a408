import { describe, expect, test } from "vitest"
import type { Capabilities } from "../../base/index.ts"
import { fromHost } from "../../engine/index.ts"
import type { Node } from "../../graph/index.ts"
import { topologicalOrder } from "../../graph/index.ts"
import { checkKernel } from "../../kernel/index.ts"
import * as ops from "../../ops/index.ts"
import { planGraph } from "../../plan/index.ts"
import { liftSizes } from "./lift.ts"
import type { CText } from "./render.ts"
import { renderC } from "./render.ts"

const device: Capabilities = {
  vectorBytes: 32,
  tiledContractions: true,
  fusedMultiplyAdd: true,
  synchronousRead: true,
  float64: true,
  runtimeSizes: true,
}

const data = (...shape: number[]): Node =>
  fromHost(new Float32Array(shape.reduce((n, s) => n * s, 1)), shape, "float32")

function kernelsOf(...targets: Node[]): ReturnType<typeof planGraph>["kernels"] {
  const order = topologicalOrder(targets, (node) => node.value === null)
  const given = new Set(order.filter((node) => node.value !== null))
  const task = { order, given, targets: new Set(targets) }
  return planGraph(task, () => false, { device, check: checkKernel }).kernels
}

const mean = (x: Node): Node =>
  ops.scale(
    ops.sum(
      x,
      x.shape.map((_, i) => i),
    ),
    1 / x.aval.size,
  )

const rowsOf = (x: Node, v: Node): Node => ops.spread(v, x.shape, [0])

/** Computations of a batch of n. */
const batches: Record<string, (n: number) => Node> = {
  "elementwise, with a row for all": (n) => {
    const x = data(n, 10)
    return ops.tanh(ops.add(x, rowsOf(x, data(10))))
  },
  "a softmax": (n) => {
    const x = data(n, 100)
    const powers = ops.exp(x)
    return ops.div(powers, ops.spread(ops.sum(powers, [1]), x.shape, [1]))
  },
  "a mean over all": (n) => mean(ops.mul(data(n), data(n))),
  "a sum over the batch": (n) => ops.sum(data(n, 30), [0]),
  "padded images": (n) =>
    ops.pad(data(n, 3, 8, 8), {
      shape: [n, 3, 10, 10],
      low: [0, 0, 1, 1],
      interior: [0, 0, 0, 0],
      value: 0,
    }),
  "channels first": (n) => ops.exp(ops.permute(data(6, n, 5, 5), [1, 0, 2, 3])),
}

/** Kernels of `made` that would have to be compiled when those of `known` have been. */
function missing(made: CText, known: CText): string[] {
  const compiled = new Set(known.kernels)
  return made.kernels.filter(
    (text, i) => !compiled.has(text) && !made.alike(i).some((other) => compiled.has(other)),
  )
}

describe("one text serves batches of all sizes", () => {
  test.each(Object.keys(batches))("%s", (name) => {
    const [whole, last, odd] = [64, 40, 37].map((n) => renderC(kernelsOf(batches[name]!(n)), { blas: false }))
    expect(missing(last!, whole!)).toEqual([])
    expect(missing(odd!, whole!)).toEqual([])
    expect(odd!.sizes.map(({ integers }) => integers)).not.toEqual(
      whole!.sizes.map(({ integers }) => integers),
    )
  })

  test("a product that a library computes", () => {
    const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }
    const product = (n: number): CText =>
      renderC(kernelsOf(ops.dot(data(n, 128), data(128, 64), dims)), { blas: true })
    expect(missing(product(37), product(64))).toEqual([])
  })
})

test("a kernel whose sizes are taken out is a kernel", () => {
  for (const make of Object.values(batches))
    for (const kernel of kernelsOf(make(37))) checkKernel(liftSizes(kernel).kernel, "lift")
})

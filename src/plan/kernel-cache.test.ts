import { describe, expect, test } from "vitest"
import type { Capabilities } from "../base/index.ts"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import { KernelBuilder } from "../kernel/index.ts"
import * as ops from "../ops/index.ts"
import type { Plan } from "./plan.ts"
import { planGraph } from "./plan.ts"

const capabilities = (): Capabilities => ({
  vectorBytes: 16,
  tiledContractions: true,
  fusedMultiplyAdd: false,
  synchronousRead: true,
  float64: true,
})

const data = (...shape: number[]): Node =>
  fromHost(new Float32Array(shape.reduce((n, s) => n * s, 1)), shape, "float32")

function plan(targets: readonly Node[], device: Capabilities): Plan {
  const order = topologicalOrder(targets, (node) => node.value === null)
  const given = new Set(order.filter((node) => node.value !== null))
  return planGraph({ order, given, targets: new Set(targets) }, () => false, { device })
}

/** Kernels that were written, trials included, while `f` ran. */
function written(f: () => void): number {
  const { finish } = KernelBuilder.prototype
  let count = 0
  KernelBuilder.prototype.finish = function (name) {
    count++
    return finish.call(this, name)
  }
  try {
    f()
  } finally {
    KernelBuilder.prototype.finish = finish
  }
  return count
}

const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }

/** A network with `depth` equal layers, each of which saves what a backward pass would read. */
function layers(depth: number): Node[] {
  let x = data(16, 40)
  const saved: Node[] = []
  for (let i = 0; i < depth; i++) {
    const sum = ops.dot(x, data(40, 40), dims)
    x = ops.tanh(ops.add(sum, ops.spread(data(40), sum.shape, [0])))
    saved.push(ops.sum(x, [0]))
  }
  return saved
}

describe("kernels of one form are written once", () => {
  test("however often a layer stands in a network", () => {
    const [few, many] = [4, 400].map((depth) => written(() => plan(layers(depth), capabilities())))
    // A very long chain is cut now and then, in the middle of a layer.
    expect(many).toBeLessThanOrEqual(2 * few!)
  })

  test("and not again for a second plan", () => {
    const device = capabilities()
    const first = plan(layers(4), device)
    let second: Plan | undefined
    expect(written(() => (second = plan(layers(5), device)))).toBe(0)
    expect(second!.kernels.every((kernel) => first.kernels.includes(kernel))).toBe(true)
  })

  test("but not where a value comes from another place, or another one is kept", () => {
    const device = capabilities()
    const [x, y] = [data(9, 7), data(9, 7)]
    const of = (...targets: Node[]): number => plan(targets, device).kernels[0]!.buffers.length
    const power = ops.exp(x)
    expect(of(ops.mul(x, x))).toBe(2)
    expect(of(ops.mul(x, y))).toBe(3)
    expect(of(ops.neg(power))).toBe(2)
    expect(of(ops.neg(power), power)).toBe(3)
  })
})

test("the work of planning grows with the number of nodes, not faster", () => {
  // What planning asks of each node: its lowering rule.
  const asked = (depth: number): number => {
    const nodes = topologicalOrder(layers(depth), () => true)
    let count = 0
    for (const node of nodes) {
      const { op } = node
      Object.defineProperty(node, "op", {
        get: () => {
          count++
          return op
        },
      })
    }
    plan(
      nodes.filter((node) => node.shape.length === 1 && node.inputs.length > 0 && !node.used),
      capabilities(),
    )
    return count / nodes.length
  }
  asked(10)
  expect(asked(1000) / asked(100)).toBeLessThan(1.1)
})

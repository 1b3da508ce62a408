import { describe, expect, test } from "vitest"
import type { Capabilities } from "../base/index.ts"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import { topologicalOrder } from "../graph/index.ts"
import { checkKernel, printKernel } from "../kernel/index.ts"
import * as ops from "../ops/index.ts"
import type { Plan } from "./plan.ts"
import { planGraph } from "./plan.ts"

const scalar: Capabilities = {
  vectorBytes: 0,
  tiledContractions: false,
  fusedMultiplyAdd: false,
  synchronousRead: true,
  float64: true,
}
const vector: Capabilities = { ...scalar, vectorBytes: 16, tiledContractions: true }

const data = (...shape: number[]): Node =>
  fromHost(new Float32Array(shape.reduce((n, s) => n * s, 1)), shape, "float32")

function plan(targets: readonly Node[], device = vector): Plan {
  const order = topologicalOrder(targets, (node) => node.value === null)
  const given = new Set(order.filter((node) => node.value !== null))
  return planGraph({ order, given, targets: new Set(targets) }, () => false, { device, check: checkKernel })
}

const softmaxOf = (x: Node): Node => {
  const dims = [x.shape.length - 1]
  const powers = ops.exp(ops.sub(x, ops.spread(ops.maxReduce(x, dims, "first"), x.shape, dims)))
  return ops.div(powers, ops.spread(ops.sum(powers, dims), x.shape, dims))
}

describe("fusion", () => {
  test("a chain of elementwise operations is one kernel without temporaries", () => {
    const x = data(4, 6)
    const y = ops.tanh(ops.add(ops.mul(x, x), ops.expand(data(6), [4, 6])))
    expect(plan([y])).toMatchObject({ calls: { length: 1 }, temporaryBytes: 0 })
  })

  test("an elementwise chain goes into the reduction behind it", () => {
    expect(plan([ops.sum(ops.exp(data(30, 40)), [0, 1])]).calls).toHaveLength(1)
  })

  test("softmax over rows is one kernel", () => {
    expect(plan([softmaxOf(data(32, 100))]).calls).toHaveLength(1)
  })

  test("means of columns that a sum over everything needs are computed once, not for every element", () => {
    const x = data(64, 48)
    const apart = ops.sub(x, ops.spread(ops.sum(x, [0]), x.shape, [0]))
    const total = ops.sum(ops.mul(apart, apart), [0, 1])
    for (const root of [total, ops.scale(total, 1 / 3072), ops.sqrt(ops.reshape(total, [1]))]) {
      const { kernels } = plan([root])
      const written = kernels.map(({ buffers }) => buffers.find(({ access }) => access === "write")!.length)
      expect(written).toEqual([48, 1])
    }
  })

  test("a mean of a loss over rows is one kernel", () => {
    const x = data(32, 10)
    const logits = ops.sub(x, ops.spread(ops.log(ops.sum(ops.exp(x), [1])), x.shape, [1]))
    const hit = ops.eq(ops.iota([32, 10], [1]), ops.constant(3, [32, 10], "int32"))
    const loss = ops.sum(ops.where(hit, logits, ops.constantLike(logits, 0)), [0, 1])
    expect(plan([ops.scale(loss, -1 / 32)]).calls.length).toBeLessThanOrEqual(2)
  })

  test("an optimizer's state and parameter are written in one pass", () => {
    const [p, g, m, v] = [data(500), data(500), data(500), data(500)]
    const nextM = ops.add(ops.scale(m, 0.9), ops.scale(g, 0.1))
    const nextV = ops.add(ops.scale(v, 0.99), ops.scale(ops.mul(g, g), 0.01))
    const nextP = ops.sub(p, ops.div(nextM, ops.sqrt(nextV)))
    const made = plan([nextP, nextM, nextV])
    expect(made.calls).toHaveLength(1)
    expect(made.results).toHaveLength(3)
  })

  test("what two kernels need and is dear is computed once", () => {
    const e = ops.exp(data(8, 9))
    const made = plan([ops.sum(e, [0]), ops.sum(e, [1])])
    expect(made.calls).toHaveLength(3)
  })

  test("equal kernels are compiled once", () => {
    const made = plan([ops.exp(data(5, 5)), ops.exp(data(5, 5))])
    expect(made.calls).toHaveLength(2)
    expect(made.kernels).toHaveLength(1)
  })

  test("the views of a large product are read where they lie", () => {
    const x = ops.permute(data(40, 50), [1, 0])
    const made = plan([
      ops.dot(x, data(40, 60), { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }),
    ])
    expect(made.calls).toHaveLength(1)
    expect(made.kernels[0]!.name).toBe("dot_50x60x40")
  })
})

/** Golden kernels: what fusion and loop shaping give for small graphs. A change here is a change for every user. */
describe("kernels", () => {
  test("x·a + b, vectors and remainder", () => {
    const x = data(2, 5)
    const y = ops.add(ops.mul(x, ops.expand(data(5), [2, 5])), ops.constantLike(x, 2))
    expect(printKernel(plan([y]).kernels[0]!)).toMatchSnapshot()
  })

  test("softmax", () => {
    expect(printKernel(plan([softmaxOf(data(3, 8))], scalar).kernels[0]!)).toMatchSnapshot()
  })

  test("a transposed reshape", () => {
    const y = ops.neg(ops.permute(ops.reshape(data(24), [4, 6]), [1, 0]))
    expect(printKernel(plan([y]).kernels[0]!)).toMatchSnapshot()
  })

  test("column sums", () => {
    expect(printKernel(plan([ops.sum(data(6, 8), [0])]).kernels[0]!)).toMatchSnapshot()
  })
})

describe("in place", () => {
  const inPlace = { ...vector, worksInPlace: true }
  const scan = (x: Node): Node => ops.cumsum(x, 0)
  /** The places of the kernel that computes a tanh: its output, then its input. */
  const tanhSlots = ({ kernels, calls }: Plan): unknown[] => [
    ...calls.find(({ kernel }) => kernels[kernel]!.name === "tanh")!.slots,
  ]

  test("an elementwise result takes the place of an input that ends there", () => {
    const network = (): Node[] => {
      const hidden = ops.tanh(scan(data(64, 64)))
      return [scan(hidden), ops.exp(scan(hidden))]
    }
    const [apart, together] = [plan(network()), plan(network(), inPlace)]
    expect(together.kernels).toEqual(apart.kernels)
    expect([apart.liveBytes, together.liveBytes]).toEqual([2 * 4 * 64 * 64, 4 * 64 * 64])
    expect(together.temporaryBytes).toBe(together.liveBytes)
    const [output, input] = tanhSlots(together)
    expect(output).toEqual(input)
  })

  test("an input that is read later keeps its place", () => {
    const sum = scan(data(64, 64))
    const [output, input] = tanhSlots(plan([ops.mul(scan(ops.tanh(sum)), sum)], inPlace))
    expect(output).not.toEqual(input)
  })
})

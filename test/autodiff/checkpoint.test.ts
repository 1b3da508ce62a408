import { expect, test } from "vitest"
import { topologicalOrder } from "../../src/graph/index.ts"
import type { Tensor } from "../../src/index.ts"
import { checkpoint, grad, rand } from "../../src/index.ts"
import { checkKernel } from "../../src/kernel/index.ts"
import { planGraph } from "../../src/plan/index.ts"

const device = {
  vectorBytes: 0,
  tiledContractions: false,
  fusedMultiplyAdd: false,
  synchronousRead: true,
  float64: true,
} as const

/** Bytes that the plan of a gradient needs for what it computes on the way. */
function temporaryBytes(loss: (x: Tensor) => Tensor): number {
  const { node } = grad(loss)(rand([64, 64]).realize()) as Tensor
  const order = topologicalOrder([node], (n) => n.value === null)
  const given = new Set(order.filter((n) => n.value !== null))
  return planGraph({ order, given, targets: new Set([node]) }, () => false, { device, check: checkKernel })
    .temporaryBytes
}

test("computing again instead of keeping needs the memory of one block, not of all", () => {
  const block = (x: Tensor): Tensor => {
    let y = x
    for (let i = 0; i < 6; i++) y = y.matmul(y).tanh()
    return y
  }
  const stack =
    (f: (x: Tensor) => Tensor) =>
    (x: Tensor): Tensor => {
      let y = x
      for (let i = 0; i < 6; i++) y = f(y)
      return y.sum()
    }
  const [plain, again] = [temporaryBytes(stack(block)), temporaryBytes(stack(checkpoint(block)))]
  expect(again).toBeLessThan(plain * 0.6)
})

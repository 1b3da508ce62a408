/** Laws of curvature on small networks, with figures that independent programs have measured. */
import { beforeEach, expect, test } from "vitest"
import { circle, DataLoader, gauss, type PointOptions, spiral } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import { sgd } from "../../optim/index.ts"
import { compile, manualSeed, noGrad, setDefaultDevice, type Tensor, tensor } from "../../tensor/index.ts"
import type { Batch } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import { estimateTrace, exactSpectrum, hessianOf, StabilityMonitor, topEigenvalues } from "./index.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
})

/** ½·(o − t)², as TensorFlow Playground has it. */
const halfSquares = (o: Tensor, t: Tensor): Tensor => o.sub(t).square().mul(0.5).mean()

/** Points with labels ±1. */
function points(
  make: (options: PointOptions) => ReturnType<typeof gauss>,
  dtype: "float32" | "float64",
): Batch {
  const [x, y] = [...new DataLoader(make({ n: 500, seed: 1 }), { batchSize: 500 })][0]!
  return [x.to(dtype), y.to(dtype).mul(2).sub(1).reshape([500, 1])]
}

const tanhNet = (sizes: readonly number[]): nn.Sequential =>
  nn.sequential(nn.mlp([...sizes], { activation: nn.tanh }), nn.tanh())

test("zeros are a flatter saddle the deeper the network: 4, 0 and 0 negative eigenvalues", async () => {
  const batch = points(gauss, "float64")
  const negative: number[] = []
  for (const depth of [1, 2, 3]) {
    const model = tanhNet([2, ...Array<number>(depth).fill(4), 1]).to("float64")
    noGrad(() => {
      for (const param of model.parameters()) param.zero_()
    })
    negative.push((await exactSpectrum(hessianOf(objectiveOf(model, batch, { loss: halfSquares })))).negative)
  }
  expect(negative).toEqual([4, 0, 0])
})

test("the Playground's own net has 25 parameters, and estimates agree with its exact spectrum", async () => {
  manualSeed(3)
  for (const dtype of ["float32", "float64"] as const) {
    const model = tanhNet([2, 4, 2, 1]).to(dtype)
    const hessian = hessianOf(objectiveOf(model, points(circle, dtype), { loss: halfSquares }))
    expect(hessian.size).toBe(25)
    const { values, trace } = await exactSpectrum(hessian)
    const top = await topEigenvalues(hessian, 5)
    const exact = [...values].reverse().slice(0, 5)
    top.values.forEach((value, i) => {
      expect(Math.abs(value / exact[i]! - 1)).toBeLessThan(1e-3)
    })
    for (const method of ["hutchinson", "hutch++"] as const) {
      const { interval } = await estimateTrace(hessian, { method, products: 60, confidence: 0.99 })
      expect(interval[0]).toBeLessThanOrEqual(trace + 1e-6)
      expect(interval[1]).toBeGreaterThanOrEqual(trace - 1e-6)
    }
  }
})

test("gradient descent drives the sharpness up to 2/η and about there it stays", {
  timeout: 60_000,
}, async () => {
  manualSeed(1)
  const batch = points(spiral, "float32")
  const model = tanhNet([2, 16, 16, 1])
  const optimizer = sgd(model.parameters(), { lr: 0.3 })
  const monitor = new StabilityMonitor(objectiveOf(model, batch, { loss: halfSquares }))
  const step = compile(() => {
    const loss = halfSquares(model.forward(batch[0]), batch[1])
    optimizer.zeroGrad()
    loss.backward()
    optimizer.step()
    return loss
  })
  for (let i = 0; i <= 600; i++) {
    if (i % 50 === 0) await monitor.measure(i, 0.3)
    step()
  }
  const [first, ...rest] = monitor.records
  expect(first!.sharpness).toBeGreaterThan(1)
  expect(first!.sharpness).toBeLessThan(3)
  expect(first!.threshold).toBeCloseTo(6.667, 3)
  console.log(monitor.records.map((r) => `${r.step}:${r.sharpness.toFixed(2)}/${r.products}`).join(" "))
  const late = rest.slice(-3).map(({ ratio }) => ratio)
  for (const ratio of late) expect(ratio).toBeGreaterThan(0.8)
  for (const ratio of late) expect(ratio).toBeLessThan(1.6)
  expect(monitor.records.every(({ converged }) => converged)).toBe(true)
  // Warm starts: a few products for each measurement.
  expect(Math.max(...rest.map(({ products }) => products))).toBeLessThan(30)
})

test("an eigenvector that another one overtakes is left for it", async () => {
  const n = 100
  const rates = tensor(Float32Array.from({ length: n }, (_, i) => (i === 0 ? 2 : 1 - i / n)))
  const params = tensor(new Float32Array(n), { requiresGrad: true })
  const monitor = new StabilityMonitor(objectiveOf(() => params.square().mul(rates).sum().mul(0.5), [params]))
  expect((await monitor.measure(0, 0.1)).sharpness).toBeCloseTo(2, 2)
  // The first coordinate's direction stays an eigenvector, but is no longer the sharpest one.
  rates.copy_(tensor(Float32Array.from({ length: n }, (_, i) => (i === 7 ? 3 : i === 0 ? 2 : 1 - i / n))))
  expect((await monitor.measure(1, 0.1)).sharpness).toBeCloseTo(3, 2)
})

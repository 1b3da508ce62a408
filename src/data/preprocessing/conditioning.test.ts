import { expect, test } from "vitest"
import { Random } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { linalg, tensor } from "../../tensor/index.ts"
import { StandardScaler, ZCA } from "./index.ts"

/** n points in two dimensions. */
function cloud(n: number): Tensor {
  const random = new Random(1)
  const data = Float64Array.from({ length: 2 * n }, () => random.normal())
  return tensor(data, { shape: [n, 2], dtype: "float64" })
}

const list = (t: Tensor): number[] => [...t.dataSync()]

/** Eigenvalues of Σ xxᵀ/n, which is the Hessian of least squares without a bias. */
function curvatures(x: Tensor): [least: number, most: number] {
  const values = list(linalg.eigvalsh(x.t().matmul(x).div(x.shape[0]!)))
  return [values[0]!, values.at(-1)!]
}

/** Steps of gradient descent on ½·mean((x·w − x·w*)²), at the rate 1/λmax, until w is within 1 % of w*. */
function stepsOfDescent(x: Tensor): number {
  const hessian = list(x.t().matmul(x).div(x.shape[0]!)) as [number, number, number, number]
  const rate = 1 / curvatures(x)[1]
  // The error e = w − w* follows e ← e − η·H·e; it begins in the flattest direction, which is the slowest one.
  const [, vectors] = linalg.eigh(x.t().matmul(x))
  let [a, b] = list(vectors.select(1, 0)) as [number, number]
  let steps = 0
  for (; Math.hypot(a, b) > 0.01; steps++) {
    const [ga, gb] = [hessian[0] * a + hessian[1] * b, hessian[2] * a + hessian[3] * b]
    a -= rate * ga
    b -= rate * gb
  }
  return steps
}

test("preprocessing is conditioning: stretched, shifted and turned, then centred, scaled, whitened", async () => {
  // An exactly white cloud, so that the moments of what is made of it are known.
  const white = (await new ZCA({ epsilon: 0 }).fit(cloud(400))).transform(cloud(400))
  const r = 44 / 46
  const stretch = tensor(
    [
      [1, r * 19.5],
      [0, Math.sqrt(1 - r * r) * 19.5],
    ],
    { dtype: "float64" },
  )
  const raw = white.matmul(stretch).add(tensor([3.01, 61.35], { dtype: "float64" }))
  const centred = (await new StandardScaler({ withStd: false }).fit(raw)).transform(raw)
  const scaled = (await new StandardScaler().fit(raw)).transform(raw)
  const whitened = (await new ZCA({ epsilon: 0 }).fit(raw)).transform(raw)
  const figures = [raw, centred, scaled, whitened].map((x) => {
    const [least, most] = curvatures(x)
    return [most / least, stepsOfDescent(x)]
  })
  const expected = [
    [49_000, 210_000],
    [4_500, 20_000],
    [45, 203],
    [1, 1],
  ]
  for (const [i, [condition, steps]] of expected.entries()) {
    expect(Math.abs(figures[i]![0]! / condition! - 1)).toBeLessThan(0.1)
    expect(Math.abs(figures[i]![1]! / steps! - 1)).toBeLessThan(0.1)
  }
})

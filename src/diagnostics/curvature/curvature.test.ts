import { beforeEach, describe, expect, test } from "vitest"
import { DataLoader, spiral } from "../../data/index.ts"
import * as nn from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { manualSeed, noGrad, randn, setDefaultDevice, tensor } from "../../tensor/index.ts"
import type { Batch, Objective } from "../objective.ts"
import { objectiveOf } from "../objective.ts"
import type { SymmetricOperator } from "./index.ts"
import {
  conditionNumber,
  empiricalFisherOf,
  estimateDiagonal,
  estimateTrace,
  exactMatrix,
  exactSpectrum,
  fisherOf,
  gaussNewtonOf,
  hessianOf,
  powerIteration,
  sharpnessAlongGradient,
  spectralDensity,
  topEigenvalues,
} from "./index.ts"
import { studentBound } from "./student.ts"
import { tridiagonalEigen } from "./tridiagonal.ts"

beforeEach(() => {
  setDefaultDevice("wasm")
  manualSeed(1)
})

/** An operator with given eigenvalues, as it is (diagonal), and a count of its products. */
function diagonalOperator(values: readonly number[]): SymmetricOperator & { count: number } {
  const operator = {
    name: "diagonal",
    size: values.length,
    count: 0,
    product: (v: Float64Array) => {
      operator.count++
      return Promise.resolve(v.map((x, i) => x * values[i]!))
    },
    products: (vectors: readonly Float64Array[]) => Promise.all(vectors.map((v) => operator.product(v))),
  }
  return operator
}

/** A classifier of 25 parameters on part of a spiral. */
function small(dtype: "float32" | "float64" = "float64"): {
  model: nn.Sequential
  objective: Objective
  batch: Batch
} {
  const [x, y] = [...new DataLoader(spiral({ n: 60, seed: 1 }), { batchSize: 60 })][0]!
  const model = nn.mlp([2, 4, 2, 2], { activation: nn.tanh }).to(dtype)
  const batch = [x.to(dtype), y] as const
  return { model, batch, objective: objectiveOf(model, batch) }
}

const near = (got: ArrayLike<number>, expected: ArrayLike<number>, relative: number): void => {
  const scale = Math.max(...Array.from(expected, Math.abs))
  expect(got.length).toBe(expected.length)
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(relative * scale)
}

describe("eigenvalues", () => {
  test("of a tridiagonal matrix are those that are known: 2 − 2·cos(kπ/(n + 1))", () => {
    const n = 30
    const { values, vectors } = tridiagonalEigen(Array(n).fill(2), Array(n - 1).fill(-1))
    near(
      values,
      Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
      1e-14,
    )
    for (const v of vectors) expect(v.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 12)
  })

  test.each(["float32", "float64"] as const)("by Lanczos agree with the exact ones in %s", async (dtype) => {
    const { objective } = small(dtype)
    const hessian = hessianOf(objective)
    const exact = await exactSpectrum(hessian)
    for (const which of ["largest", "smallest", "magnitude"] as const) {
      const { values, converged } = await topEigenvalues(hessian, 5, { which })
      const by = {
        largest: (a: number) => -a,
        smallest: (a: number) => a,
        magnitude: (a: number) => -Math.abs(a),
      }
      const sorted = [...exact.values].sort((a, b) => by[which](a) - by[which](b))
      expect(converged).toBe(true)
      near(values, sorted.slice(0, 5), dtype === "float64" ? 1e-9 : 1e-5)
    }
  })

  test("have bounds that hold, early on as well", async () => {
    const values = Array.from({ length: 400 }, (_, i) => 1 / (i + 1) - 0.1 * Math.sin(i))
    for (const maxProducts of [6, 12, 24, 48]) {
      const found = await topEigenvalues(diagonalOperator(values), 3, { maxProducts, tolerance: 1e-12 })
      found.values.forEach((value, k) => {
        const distance = Math.min(...values.map((true_) => Math.abs(true_ - value)))
        expect(distance).toBeLessThanOrEqual(found.bounds[k]! + 1e-13)
      })
    }
  })

  test("that occur several times are all found where the whole space is gone through", async () => {
    const found = await topEigenvalues(diagonalOperator([3, 3, 3, 1, 0, 0, -2]), 4)
    near(found.values, [3, 3, 3, 1], 1e-12)
  })

  test("that are not converged say so, and the work can be resumed", async () => {
    const values = Array.from({ length: 300 }, (_, i) => (i < 280 ? i / 300 : 1 + i / 1e4))
    const first = await topEigenvalues(diagonalOperator(values), 2, { maxProducts: 10 })
    expect(first.converged).toBe(false)
    const whole = await topEigenvalues(diagonalOperator(values), 2, { maxProducts: 200 })
    const rest = await topEigenvalues(diagonalOperator(values), 2, { maxProducts: 190, resume: first })
    expect(rest.converged).toBe(true)
    expect(rest.values).toEqual(whole.values)
  })

  test("power iteration on a gap of 1 % goes on until the residual is small", async () => {
    const values = [1, 0.99, ...Array.from({ length: 98 }, (_, i) => 0.9 * (1 - i / 98))]
    const found = await powerIteration(diagonalOperator(values), 2)
    expect(found.converged).toEqual([true, true])
    near(found.values, [1, 0.99], 1e-6)
    // A rule that looks at how little the estimate moves would have stopped after some 50.
    expect(found.products).toBeGreaterThan(300)
    const short = await powerIteration(diagonalOperator(values), 1, { maxProducts: 50 })
    expect(short.converged).toEqual([false])
    expect(short.bounds[0]).toBeGreaterThan(1e-4)
  })

  test("a signal ends the work with what is known", async () => {
    const controller = new AbortController()
    const found = await topEigenvalues(diagonalOperator(Array.from({ length: 500 }, (_, i) => i)), 3, {
      signal: controller.signal,
      onProgress: ({ done }) => done === 7 && controller.abort(),
    } as Parameters<typeof topEigenvalues>[2])
    expect(found).toMatchObject({ interrupted: true, converged: false, products: 7 })
  })
})

describe("trace, diagonal and density", () => {
  test.each(["hutchinson", "hutch++"] as const)(
    "%s holds the trace in its interval as often as it says",
    async (method) => {
      const n = 60
      const rotated = await randomMatrix(n)
      let inside = 0
      const trials = 60
      for (let seed = 0; seed < trials; seed++) {
        const { interval } = await estimateTrace(rotated.operator, {
          method,
          products: 30,
          seed,
          confidence: 0.9,
        })
        if (interval[0] <= rotated.trace && rotated.trace <= interval[1]) inside++
      }
      // 54 expected, standard deviation 2.3.
      expect(inside).toBeGreaterThan(46)
    },
  )

  test("Hutch++ is exact for a matrix of low rank", async () => {
    const found = await estimateTrace(diagonalOperator([5, 4, 3, ...Array(97).fill(0)]))
    expect(found.value).toBeCloseTo(12, 8)
    expect(found.interval[1] - found.interval[0]).toBeLessThan(1e-8)
  })

  test("of a network: trace in its interval, diagonal within its errors", async () => {
    const { objective } = small()
    const hessian = hessianOf(objective)
    const n = hessian.size
    const matrix = await exactMatrix(hessian)
    const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!)
    const trace = diagonal.reduce((a, b) => a + b, 0)
    const found = await estimateTrace(hessian, { method: "hutchinson", products: 200 })
    expect(found.interval[0]).toBeLessThan(trace)
    expect(found.interval[1]).toBeGreaterThan(trace)
    const { values, standardErrors } = await estimateDiagonal(hessian, { products: 400 })
    values.forEach((value, i) => {
      expect(Math.abs(value - diagonal[i]!)).toBeLessThan(5 * standardErrors[i]! + 1e-9)
    })
  })

  test("the density has the moments of the spectrum, and its integral is 1", async () => {
    const { objective } = small()
    const hessian = hessianOf(objective)
    const { values } = await exactSpectrum(hessian)
    const found = await spectralDensity(hessian, { probes: 400 })
    const moment = (p: number): number =>
      found.quadratures.reduce(
        (sum, q) => sum + q.nodes.reduce((s, node, i) => s + q.weights[i]! * node ** p, 0),
        0,
      ) / 400
    const exact = (p: number): number => values.reduce((sum, value) => sum + value ** p, 0) / values.length
    for (const p of [1, 2, 3]) {
      const deviation = Math.sqrt((2 * exact(2 * p)) / hessian.size / 400)
      expect(Math.abs(moment(p) - exact(p))).toBeLessThan(5 * deviation)
    }
    const step = found.grid[1]! - found.grid[0]!
    expect(found.density.reduce((sum, value) => sum + value * step, 0)).toBeCloseTo(1, 3)
  })

  test("the density resumed is the density in one go", async () => {
    const operator = diagonalOperator(Array.from({ length: 50 }, (_, i) => i ** 2))
    const whole = await spectralDensity(operator, { probes: 6, steps: 10 })
    const first = await spectralDensity(operator, { probes: 2, steps: 10 })
    const rest = await spectralDensity(operator, { probes: 4, steps: 10, resume: first })
    expect(rest.density).toEqual(whole.density)
  })

  test("Student's bounds are those of the tables", () => {
    expect(studentBound(0.95, 1)).toBeCloseTo(12.7062, 3)
    expect(studentBound(0.95, 10)).toBeCloseTo(2.2281, 4)
    expect(studentBound(0.99, 5)).toBeCloseTo(4.0321, 4)
  })
})

describe("Gauss–Newton and Fisher matrices", () => {
  test("a classifier's Fisher matrix is its Gauss–Newton matrix, both positive", async () => {
    const { objective } = small()
    const [gaussNewton, fisher] = await Promise.all(
      [gaussNewtonOf(objective), fisherOf(objective)].map((it) => exactMatrix(it)),
    )
    near(fisher!, gaussNewton!, 1e-12)
    const { values } = await exactSpectrum(fisherOf(objective))
    expect(values[0]).toBeGreaterThan(-1e-12)
  })

  test("the empirical Fisher matrix is the second moment of the samples' gradients", async () => {
    const { model, batch } = small()
    const [x, y] = batch
    const n = objectiveOf(model, batch).size
    const expected = new Float64Array(n * n)
    for (let i = 0; i < 60; i++) {
      const sample = [x.narrow(0, i, 1), y.narrow(0, i, 1)] as const
      const { gradient } = await objectiveOf(model, sample).gradient()
      for (let r = 0; r < n; r++)
        for (let c = 0; c < n; c++)
          expected[r * n + c] = expected[r * n + c]! + (gradient[r]! * gradient[c]!) / 60
    }
    near(await exactMatrix(empiricalFisherOf(objectiveOf(model, batch))), expected, 1e-10)
  })

  test("for a linear model under ½-squares, Hessian, Gauss–Newton and Gaussian Fisher are one: XᵀX/N", async () => {
    const [x, y] = [randn([20, 3], { dtype: "float64" }), randn([20, 1], { dtype: "float64" })]
    const model = nn.linear(3, 1, { bias: false }).to("float64")
    const objective = objectiveOf(model, [x, y], { loss: (z, t) => z.sub(t).square().mul(0.5).mean() })
    const expected = await x.t().matmul(x).div(20).data()
    for (const operator of [hessianOf(objective), gaussNewtonOf(objective), fisherOf(objective, "gaussian")])
      near(await exactMatrix(operator), expected, 1e-12)
  })
})

describe("objectives", () => {
  test("several batches of different sizes weigh by their samples", async () => {
    const { model, batch } = small()
    const [x, y] = batch
    const parts: Batch[] = [0, 40].map(
      (at) => [x.narrow(0, at, at ? 20 : 40), y.narrow(0, at, at ? 20 : 40)] as const,
    )
    near(
      await exactMatrix(hessianOf(objectiveOf(model, parts))),
      await exactMatrix(hessianOf(objectiveOf(model, batch))),
      1e-10,
    )
  })

  test("a loss without model will do for the Hessian", async () => {
    const w = tensor([1, 2], { dtype: "float64", requiresGrad: true })
    const objective = objectiveOf((): Tensor => w.select(0, 0).square().mul(w.select(0, 1)), [w])
    expect([...(await exactMatrix(hessianOf(objective)))]).toEqual([4, 2, 2, 0])
    expect(await sharpnessAlongGradient(objective)).toMatchObject({ loss: 2, gradientNorm: Math.sqrt(17) })
    expect(() => gaussNewtonOf(objective)).toThrow(/network/)
  })

  test("the Hessian follows the parameters as they change", async () => {
    const w = tensor([3], { dtype: "float64", requiresGrad: true })
    const hessian = hessianOf(objectiveOf(() => w.pow(3).sum(), [w]))
    for (const at of [3, 1, -2, 5]) {
      noGrad(() => w.fill_(at))
      expect(await hessian.product(Float64Array.of(1))).toEqual(Float64Array.of(6 * at))
    }
  })

  test.each(["eval", "train"] as const)("looking in mode %s changes nothing", async (mode) => {
    const model = nn.sequential(
      nn.linear(2, 6),
      nn.batchNorm1d(6),
      nn.relu(),
      nn.dropout({ p: 0.5 }),
      nn.linear(6, 2),
    )
    const before = await stateOf(model)
    const modes = model.modules().map(({ training }) => training)
    const objective = objectiveOf(model, small("float32").batch, { mode })
    const hessian = hessianOf(objective)
    const v = Float64Array.from({ length: hessian.size }, (_, i) => Math.sin(i))
    const products = [await hessian.product(v), await hessian.product(v), await hessian.product(v)]
    near(products[1]!, products[0]!, 1e-6)
    expect(products[2]).toEqual(products[1])
    await topEigenvalues(hessian, 2)
    expect(await stateOf(model)).toEqual(before)
    expect(model.modules().map(({ training }) => training)).toEqual(modes)
    expect(model.parameters().every(({ requiresGrad, grad }) => requiresGrad && grad === null)).toBe(true)
  })
})

describe("condition numbers", () => {
  test("are exact for small matrices", async () => {
    expect(await conditionNumber(diagonalOperator([4, -8, 2]))).toMatchObject({
      exact: true,
      largest: 8,
      smallest: 2,
    })
  })

  test("are lower bounds for large ones", async () => {
    const values = Array.from({ length: 800 }, (_, i) => (i % 2 ? 1 : -1) * (0.01 + i))
    const found = await conditionNumber(diagonalOperator(values))
    expect(found.exact).toBe(false)
    expect(found.value).toBeLessThanOrEqual(799.01 / 0.01)
    expect(found.value).toBeGreaterThan(20)
  })
})

test("bad input is an error that says so", async () => {
  const operator = diagonalOperator([1, 2])
  await expect(topEigenvalues(operator, 3)).rejects.toThrow(/k is out of its range/)
  await expect(topEigenvalues(operator, 1, { tol: 1 } as object)).rejects.toThrow(/an option/)
  await expect(estimateTrace(operator, { products: 2 })).rejects.toThrow(/products/)
  const { objective } = small()
  await expect(hessianOf(objective).product(new Float64Array(3))).rejects.toThrow(/does not fit/)
  expect(() => objectiveOf(nn.relu() as never, [])).toThrow(/no parameters/)
})

async function stateOf(model: nn.Module<never, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(model.stateDict()).map(async ([name, t]) => [name, await t.data()] as const)
  return Object.fromEntries(await Promise.all(entries))
}

async function randomMatrix(n: number): Promise<{ operator: SymmetricOperator; trace: number }> {
  const half = randn([n, n], { dtype: "float64" })
  const entries = await half.add(half.t()).data()
  const product = (v: Float64Array): Promise<Float64Array> =>
    Promise.resolve(v.map((_, i) => v.reduce((sum, x, j) => sum + Number(entries[i * n + j]) * x, 0)))
  const products = (vectors: readonly Float64Array[]): Promise<Float64Array[]> =>
    Promise.all(vectors.map(product))
  const trace = Array.from({ length: n }, (_, i) => Number(entries[i * n + i])).reduce((a, b) => a + b, 0)
  return { operator: { name: "random", size: n, product, products }, trace }
}

import { beforeEach, describe, expect, test } from "vitest"
import type { Tensor } from "../tensor/index.ts"
import { Generator, grad, hessian, setDefaultDevice, tensor } from "../tensor/index.ts"
import { eigen } from "./behaviour.ts"
import type { Surface } from "./index.ts"
import * as surfaces from "./index.ts"

beforeEach(() => setDefaultDevice("wasm"))

const all: Surface[] = [
  surfaces.quadratic({ condition: 100, rotation: 30 }),
  surfaces.quadratic({ dimension: 5, condition: 1000, rotation: 20 }),
  surfaces.quadratic({ dimension: 1, curvatures: [3] }),
  surfaces.noisyQuadratic({ curvatures: [1, 4], rotation: 45 }),
  surfaces.saddle(),
  surfaces.saddle({ curvature: 1, rotation: 45 }),
  surfaces.monkeySaddle(),
  surfaces.rosenbrock(),
  surfaces.rosenbrock({ dimension: 4, steepness: 10 }),
  surfaces.beale(),
  surfaces.himmelblau(),
  surfaces.rastrigin(),
  surfaces.rastrigin({ dimension: 3 }),
  surfaces.ackley(),
  surfaces.ackley({ dimension: 3 }),
  surfaces.styblinskiTang(),
  surfaces.plateau({ width: 2 }),
  surfaces.ravine(),
  surfaces.custom((x, y) => x.mul(x).mul(3).add(x.mul(y).sin()), { start: [1, 2] }),
]

const eigenvalues = (matrix: number[][]): number[] => eigen(matrix).values.sort((a, b) => a - b)
const at = (point: readonly number[]): Tensor => tensor([...point], { dtype: "float64" })
const numbers = (t: unknown): number[] => Array.from((t as Tensor).dataSync())

/** The start, the corners' neighbourhood and points between. */
function samples({ region, start }: Surface): number[][] {
  const shares = [0.13, 0.41, 0.77]
  return [
    [...start],
    ...shares.map((s) => region.map(([low, high], i) => low + (high - low) * ((s + 0.31 * i) % 1))),
  ]
}

function expectClose(got: readonly number[], want: readonly number[]): void {
  const scale = Math.max(1, ...want.map(Math.abs))
  expect(got.length).toBe(want.length)
  for (const [i, x] of got.entries()) expect(Math.abs(x - want[i]!) / scale).toBeLessThan(1e-12)
}

describe.each(all.map((surface) => [`${surface.name} in ${surface.dimension}`, surface] as const))(
  "%s",
  (_, surface) => {
    test("closed forms are the derivatives of its function", () => {
      for (const point of samples(surface)) {
        expectClose([surface.value(point)], numbers(surface.f(at(point))))
        expectClose(surface.gradient(point), numbers(grad((x: Tensor) => surface.f(x))(at(point))))
        expectClose(surface.hessian(point).flat(), numbers(hessian((x: Tensor) => surface.f(x))(at(point))))
      }
    })

    test("many points at once give what each gives", () => {
      const points = samples(surface)
      const together = numbers(surface.f(tensor([points, points], { dtype: "float64" })))
      expectClose(
        together,
        [...points, ...points].map((point) => surface.value(point)),
      )
    })

    test("minima and saddles are what they are called", () => {
      const scale = Math.hypot(...surface.gradient(surface.start))
      for (const { point, value } of [...surface.minima, ...surface.saddles]) {
        expect(Math.hypot(...surface.gradient(point))).toBeLessThan(1e-12 * (1 + scale))
        expect(value).toBe(surface.value(point))
      }
      // Ackley's hole comes to a point: there is no curvature to look at.
      if (surface.name === "ackley") return
      for (const { point } of surface.minima)
        expect(eigenvalues(surface.hessian(point))[0]).toBeGreaterThan(0)
      if (surface.name === "monkeySaddle") return
      for (const { point } of surface.saddles) {
        const curvatures = eigenvalues(surface.hessian(point))
        expect([curvatures[0]! < 0, curvatures.at(-1)! > 0]).toEqual([true, true])
      }
    })
  },
)

describe("values that are known", () => {
  test("of the minima", () => {
    const lowest = (surface: Surface): number => surface.minima[0]!.value
    for (const surface of [
      surfaces.rosenbrock(),
      surfaces.beale(),
      surfaces.himmelblau(),
      surfaces.rastrigin(),
    ])
      expect(lowest(surface)).toBeCloseTo(0, 12)
    expect(lowest(surfaces.ackley())).toBeCloseTo(0, 12)
    expect(lowest(surfaces.styblinskiTang())).toBeCloseTo(-78.33233140754282, 10)
    expect(surfaces.himmelblau().minima.length + surfaces.himmelblau().saddles.length).toBe(8)
    expect(surfaces.rosenbrock().value([-1.2, 1])).toBeCloseTo(24.2, 12)
  })

  test("the curvatures of a bowl are those asked for, however it is turned", () => {
    for (const rotation of [0, 45, 77]) {
      const bowl = surfaces.quadratic({ dimension: 4, condition: 1000, rotation })
      expectClose(eigenvalues(bowl.hessian(bowl.start)), [1, 10, 100, 1000])
      expect(bowl.value(bowl.start)).toBeCloseTo(1111 / 2, 9)
    }
  })

  test("eigenvectors are unit vectors with A·v = λ·v", () => {
    const matrix = surfaces.quadratic({ dimension: 5, condition: 50, rotation: 25 }).hessian([])
    const { values, vectors } = eigen(matrix)
    for (const [i, v] of vectors.entries()) {
      expect(Math.hypot(...v)).toBeCloseTo(1, 12)
      const product = matrix.map((row) => row.reduce((sum, x, k) => sum + x * v[k]!, 0))
      expectClose(
        product,
        v.map((x) => values[i]! * x),
      )
    }
  })

  test("noise has the mean and the spread that was asked for", () => {
    const noisy = surfaces.noisyQuadratic({ curvatures: [1], noise: 2 })
    const points = tensor(new Float64Array(20_000), { shape: [20_000, 1], requiresGrad: true })
    noisy.noisy!(points, new Generator(1)).sum().backward()
    const slopes = numbers(points.grad)
    const mean = slopes.reduce((sum, x) => sum + x, 0) / slopes.length
    const variance = slopes.reduce((sum, x) => sum + x * x, 0) / slopes.length
    expect(Math.abs(mean)).toBeLessThan(0.06)
    expect(variance).toBeCloseTo(4, 0)
  })
})

describe("bad input", () => {
  test.for<[string, () => unknown]>([
    ["condition", () => surfaces.quadratic({ condition: 0.5 })],
    ["dimension", () => surfaces.quadratic({ dimension: 1.5 })],
    ["contradict", () => surfaces.quadratic({ curvatures: [1, 2], dimension: 3 })],
    ["curvatures[1]", () => surfaces.quadratic({ curvatures: [1, Number.NaN] })],
    ["rotation", () => surfaces.quadratic({ rotation: Number.POSITIVE_INFINITY })],
    ["there is no such option", () => surfaces.quadratic({ kappa: 3 } as never)],
    ["noise", () => surfaces.noisyQuadratic({ noise: -1 })],
    ["curvature", () => surfaces.saddle({ curvature: 0 })],
    ["dimension", () => surfaces.rosenbrock({ dimension: 1 })],
    ["steepness", () => surfaces.rosenbrock({ steepness: Number.NaN })],
    ["dimension", () => surfaces.rastrigin({ dimension: 0 })],
    ["width", () => surfaces.plateau({ width: 0 })],
    ["slope", () => surfaces.ravine({ slope: -1 })],
    ["no start", () => surfaces.custom((x) => x, { start: [] })],
    ["start", () => surfaces.custom((x) => x, { start: [Number.NaN] })],
    ["region", () => surfaces.custom((x) => x, { start: [1], region: [] })],
    ["element by element", () => surfaces.custom(() => 3 as never, { start: [1] }).value([1])],
    ["element by element", () => surfaces.custom((x) => x.reshape([1]), { start: [1] }).value([1])],
  ])("%s", ([message, make]) => expect(make).toThrow(message))
})

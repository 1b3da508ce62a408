import { beforeAll, beforeEach, describe, expect, test } from "vitest"
import * as optim from "../optim/index.ts"
import * as schedules from "../schedules/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { setDefaultDevice, setKernelChecks } from "../tensor/index.ts"
import type { Surface, Trace, TraceOptions } from "./index.ts"
import * as surfaces from "./index.ts"

beforeAll(() => setKernelChecks(false))
beforeEach(() => setDefaultDevice("wasm"))

const { trace } = surfaces
type Make = (parameters: Tensor[]) => surfaces.Traceable

const descent =
  (lr: number): Make =>
  (p) =>
    new optim.SGD(p, { lr })
const heavyBall =
  (lr: number, momentum: number): Make =>
  (p) =>
    new optim.SGD(p, { lr, momentum })

/** Steps until the value has fallen to 1e-12 of the start's: the distance in the bowl to a millionth. */
async function stepsToMinimum(surface: Surface, make: Make, steps = 8000): Promise<number> {
  const enough = surface.value(surface.start) * 1e-12
  const { steps: made, values } = await trace(surface, make, { steps, until: (_, value) => value <= enough })
  expect(values.at(-1)).toBeLessThanOrEqual(enough)
  return made
}

/** What distance shrinks by in a step, measured over the later half of a path. */
function measuredRate({ points }: Trace): number {
  const [half, last] = [Math.floor(points.length / 2), points.length - 1]
  const size = (t: number): number => Math.hypot(...points[t]!)
  return (size(last) / size(half)) ** (1 / (last - half))
}

describe("gradient descent on a quadratic", () => {
  const bowl = surfaces.quadratic({ condition: 20, rotation: 30 })

  test("converges just below 2/λmax and diverges just above", async () => {
    const end = async (lr: number): Promise<Trace> => trace(bowl, descent(lr), { steps: 3000 })
    const below = await end(1.98 / 20)
    expect([below.behaviour, below.values.at(-1)! < 1e-12]).toEqual(["converged", true])
    const above = await end(2.02 / 20)
    expect(above.behaviour).toBe("diverging")
    expect(above.values.at(-1)).toBeGreaterThan(bowl.value(bowl.start))
  })

  test.for([
    [100, 691, 95],
    [1000, 6908, 321],
  ] as const)(
    "κ = %i: %i steps at the best rate, %i with the best momentum",
    async ([kappa, plain, momentum]) => {
      const surface = surfaces.quadratic({ condition: kappa })
      expect(await stepsToMinimum(surface, descent(2 / (1 + kappa)))).toBe(plain)
      const root = Math.sqrt(kappa)
      const best = heavyBall(4 / (1 + root) ** 2, ((root - 1) / (root + 1)) ** 2)
      expect(await stepsToMinimum(surface, best)).toBe(momentum)
    },
  )

  test("with momentum the slope is the spectral radius, which is √β for complex roots", async () => {
    const surface = surfaces.quadratic({ curvatures: [1, 30] })
    for (const [lr, beta] of [
      [0.03, 0.9],
      [0.05, 0.8],
      [0.02, 0.95],
    ] as const) {
      const radius = Math.max(...[1, 30].map((curvature) => spectralRadius(lr * curvature, beta)))
      expect(radius).toBeCloseTo(Math.sqrt(beta), 12)
      expect(measuredRate(await trace(surface, heavyBall(lr, beta), { steps: 200 }))).toBeCloseTo(radius, 1.7)
    }
    // Real roots: the flat direction is overdamped, and the slope is the larger root.
    const real = spectralRadius(0.001, 0.5)
    expect(real).toBeGreaterThan(Math.sqrt(0.5))
    const slow = await trace(surface, heavyBall(0.001, 0.5), { steps: 600 })
    expect(measuredRate(slow)).toBeCloseTo(real, 4)
  })
})

/** Of the matrix that takes (x_t, x_{t−1}) one step on, for curvature times rate `a`: z² − (1 + β − a)·z + β. */
function spectralRadius(a: number, beta: number): number {
  const half = (1 + beta - a) / 2
  const discriminant = half * half - beta
  return discriminant < 0 ? Math.sqrt(beta) : Math.abs(half) + Math.sqrt(discriminant)
}

describe("momentum's equivalent forms", () => {
  test("give the same path after the change of variables", async () => {
    // v = β·v + g, θ −= η·v   is   v = β·v + (1 − β)·g, θ −= η/(1 − β)·v   (dampening, but for the first step)
    const surface = surfaces.rosenbrock({ steepness: 10 })
    const [lr, beta, steps] = [1e-3, 0.9, 100]
    const one = await trace(surface, heavyBall(lr, beta), { steps })
    let v = [0, 0]
    let x = [...surface.start]
    for (let t = 1; t <= steps; t++) {
      const g = surface.gradient(x)
      v = v.map((old, i) => beta * old + (1 - beta) * g[i]!)
      x = x.map((old, i) => old - (lr / (1 - beta)) * v[i]!)
      for (const [i, value] of x.entries()) expect(one.points[t]![i]).toBeCloseTo(value, 10)
    }
  })
})

describe("saddles", () => {
  const saddle = surfaces.saddle({ curvature: 1 })
  const leave = async (make: Make, offset: number): Promise<number> => {
    const options: TraceOptions = { start: [0, offset], steps: 1000, until: ([, y]) => Math.abs(y!) >= 1 }
    return (await trace(saddle, make, options)).steps
  }
  const offsets = [1e-2, 1e-4, 1e-8]

  test("gradient descent leaves after ⌈ln(1/ε)/ln(1 + η)⌉ steps", async () => {
    const steps = await Promise.all(offsets.map((offset) => leave(descent(0.1), offset)))
    expect(steps).toEqual(offsets.map((offset) => Math.ceil(Math.log(1 / offset) / Math.log(1.1))))
    expect(steps).toEqual([49, 97, 194])
  })

  test("momentum leaves sooner, Adam hardly asks how far away it began", async () => {
    const momentum = offsets.map((offset) => leave(heavyBall(0.1, 0.9), offset))
    expect(await Promise.all(momentum)).toEqual([19, 36, 69])
    const adam = offsets.map((offset) => leave((p) => new optim.Adam(p, { lr: 0.1 }), offset))
    for (const steps of await Promise.all(adam)) expect([11, 12]).toContain(steps)
  })
})

describe("noise", () => {
  const many = surfaces.noisyQuadratic({ curvatures: new Array<number>(64).fill(1) })

  /** E[x²] over many coordinates and the steps of the later half. */
  async function floorOf(lr: number | schedules.Schedule, steps: number): Promise<number> {
    const make: Make = (p) => new optim.SGD(p, { lr })
    const { points } = await trace(many, make, { steps, start: new Array<number>(64).fill(0) })
    const late = points.slice(Math.floor(points.length * 0.75)).flat()
    return late.reduce((sum, x) => sum + x * x, 0) / late.length
  }

  test("ends in the floor η/(2 − η), and a rate that falls lowers it", async () => {
    expect(Math.abs((await floorOf(0.5, 400)) / (0.5 / 1.5) - 1)).toBeLessThan(0.05)
    expect(Math.abs((await floorOf(0.1, 800)) / (0.1 / 1.9) - 1)).toBeLessThan(0.1)
    const decayed = await floorOf(schedules.step(0.1, 300), 1200)
    expect(decayed).toBeLessThan(0.0057)
  })
})

describe("adaptive rates", () => {
  const turned = (rotation: number): Surface => surfaces.quadratic({ condition: 50, rotation })

  test("rotation leaves the steps of descent, momentum and Nesterov's momentum as they are", async () => {
    for (const options of [{}, { momentum: 0.7 }, { momentum: 0.7, nesterov: true }]) {
      const make: Make = (p) => new optim.SGD(p, { lr: 0.02, ...options })
      expect(await stepsToMinimum(turned(45), make)).toBe(await stepsToMinimum(turned(0), make))
    }
  })

  test("rotation costs Adagrad dearly: it needs the axes", async () => {
    const adagrad: Make = (p) => new optim.Adagrad(p, { lr: 1.1 })
    const steps = async (rotation: number): Promise<number> => {
      const near = (point: readonly number[]): boolean => Math.hypot(...point) <= 1e-6 * Math.SQRT2
      return (await trace(turned(rotation), adagrad, { steps: 1000, until: near })).steps
    }
    expect(await steps(0)).toBe(6)
    expect(await steps(45)).toBe(500)
  })

  test("Adam's first step is η, and without correction 3.162·η and at its peak, in step 12, 6.57·η", async () => {
    const slope = surfaces.custom((x) => x.mul(1), { start: [0] })
    const lengths = async (biasCorrection: boolean): Promise<number[]> => {
      const make: Make = (p) => new optim.Adam(p, { lr: 1e-3, biasCorrection })
      return (await trace(slope, make, { steps: 40 })).velocities.map(([x]) => -x! / 1e-3)
    }
    for (const length of await lengths(true)) expect(length).toBeCloseTo(1, 4)
    const uncorrected = await lengths(false)
    expect(uncorrected[0]).toBeCloseTo(3.162, 3)
    expect(Math.max(...uncorrected)).toBeCloseTo(6.57, 2)
    expect(uncorrected.indexOf(Math.max(...uncorrected))).toBe(11)
  })
})

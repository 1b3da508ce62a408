import { Random } from "../../base/index.ts"
import { checkNames, checkPositive, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { interrupted, Pace } from "./control.ts"
import { Lanczos } from "./lanczos.ts"
import type { SymmetricOperator } from "./operator.ts"
import { randomSigns, scaled } from "./vector.ts"

export interface SpectralDensityOptions extends Control {
  /** Products for each random vector. Default: 80, or the size of the matrix if that is less. */
  readonly steps?: number
  /** Random vectors. Default: 10. */
  readonly probes?: number
  /** Width of the Gaussian that each point is spread to. Default: 1 % of the spectrum's width. */
  readonly sigma?: number
  /** Places at which the density is given. Default: 401. */
  readonly points?: number
  readonly seed?: number
  /** What an earlier call for the same matrix and seed returned, to add further probes to. */
  readonly resume?: SpectralDensity
}

export interface SpectralDensity {
  /** Evenly spaced, from below the smallest eigenvalue to above the largest one. */
  readonly grid: Float64Array
  /** Share of all eigenvalues for each unit of λ; its integral is 1. */
  readonly density: Float64Array
  readonly sigma: number
  /** Nodes and weights of each probe's quadrature: the density before it is spread. The weights of a probe add up to 1. */
  readonly quadratures: readonly Quadrature[]
  /** Σ weight·node, for each eigenvalue: the trace divided by n. */
  readonly mean: number
  readonly size: number
  readonly products: number
  readonly interrupted: boolean
}

export interface Quadrature {
  readonly nodes: Float64Array
  readonly weights: Float64Array
}

/**
 * How the eigenvalues are spread, by stochastic Lanczos quadrature (Ghorbani, Krishnan & Xiao 2019, arXiv:1901.10159v1; Lin,
 * Saad & Yang 2016). For a random unit vector, m steps of Lanczos give nodes θ_i and weights s_1i² whose first 2m moments are
 * right in expectation:
 *
 *     φ(λ) = mean over probes of Σ_i s_1i²·N(λ; θ_i, σ²)
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range; NABLA_INTERRUPTED when the signal came before the first probe ended
 */
export async function spectralDensity(
  operator: SymmetricOperator,
  options: SpectralDensityOptions = {},
): Promise<SpectralDensity> {
  const { probes = 10, points = 401, seed = 0, sigma, resume } = options
  check(options)
  const steps = Math.min(options.steps ?? 80, operator.size)
  const pace = new Pace(options)
  const quadratures = [...(resume?.quadratures ?? [])]
  const first = quadratures.length
  let products = resume?.products ?? 0
  for (let probe = first; probe < first + probes && !pace.interrupted; probe++) {
    const start = scaled(
      randomSigns(operator.size, new Random(seed).fork(probe)),
      1 / Math.sqrt(operator.size),
    )
    const iteration = new Lanczos(operator, { start })
    // A block that begins after β = 0 has no share of the start vector, so the rest would weigh nothing.
    const ended = (): boolean => iteration.exhausted || iteration.beside[iteration.steps - 1] === 0
    while (iteration.steps < steps && !pace.interrupted) {
      await iteration.step()
      products++
      await pace.tell((probe - first) * steps + iteration.steps, probes * steps)
      if (ended()) break
    }
    // A probe that was cut short is drawn anew when the work is resumed.
    if (!pace.interrupted) quadratures.push(quadratureOf(iteration))
  }
  if (quadratures.length === 0) throw interrupted("the spectrum")
  const shape = spread(quadratures, points, sigma)
  const means = quadratures.map(({ nodes, weights }) =>
    nodes.reduce((sum, node, i) => sum + node * weights[i]!, 0),
  )
  const mean = means.reduce((a, b) => a + b, 0) / means.length
  return { ...shape, quadratures, mean, size: operator.size, products, interrupted: pace.interrupted }
}

function quadratureOf(iteration: Lanczos): Quadrature {
  const { values, vectors } = iteration.ritz()
  return { nodes: values, weights: Float64Array.from(vectors, (s) => s[0]! ** 2) }
}

function spread(
  quadratures: readonly Quadrature[],
  points: number,
  asked: number | undefined,
): Pick<SpectralDensity, "grid" | "density" | "sigma"> {
  const all = quadratures.flatMap(({ nodes }) => [...nodes])
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const width = high - low || Math.abs(high) || 1
  const sigma = asked ?? width / 100
  const [from, to] = [low - 4 * sigma, high + 4 * sigma]
  const grid = Float64Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1))
  const peak = 1 / (sigma * Math.sqrt(2 * Math.PI) * quadratures.length)
  const density = grid.map((at) => {
    let sum = 0
    for (const { nodes, weights } of quadratures)
      for (let i = 0; i < nodes.length; i++) {
        const z = (at - nodes[i]!) / sigma
        if (Math.abs(z) < 8) sum += weights[i]! * peak * Math.exp(-0.5 * z * z)
      }
    return sum
  })
  return { grid, density, sigma }
}

function check(options: SpectralDensityOptions): void {
  const where = "spectralDensity"
  const known = ["steps", "probes", "sigma", "points", "seed", "resume", "signal", "onProgress"]
  checkNames(where, options, known)
  const { steps = 1, probes = 1, points = 2, sigma = 1 } = options
  checkWhole(where, "steps", steps, 1)
  checkWhole(where, "probes", probes, 1)
  checkWhole(where, "points", points, 2)
  checkPositive(where, "sigma", sigma)
}

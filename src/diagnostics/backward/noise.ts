import { NablaError } from "../../base/index.ts"
import type { Module } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { noGrad, stack } from "../../tensor/index.ts"
import type { BatchLoss } from "./per-sample.ts"
import { perSampleGradients } from "./per-sample.ts"

/** How the gradients gᵢ of single examples scatter. */
export interface GradientNoise {
  readonly examples: number
  /** |∇L|², estimated without bias from the batch: (B·|ḡ|² − mean |gᵢ|²)/(B − 1); may come out below 0 in noise. */
  readonly squaredNorm: number
  /** tr Σ, the total variance of one example's gradient, without bias: Σᵢ |gᵢ − ḡ|²/(B − 1). */
  readonly variance: number
  /**
   * The simple noise scale tr Σ/|∇L|² (McCandlish et al. 2018, arXiv:1812.06162): the batch size at which noise and
   * gradient are equally large; larger batches gain little. Infinity when no gradient stands out of the noise.
   */
  readonly noiseScale: number
  /** |ḡ|/√(tr Σ/B): how far the mean gradient of this batch stands out of its own noise. */
  readonly signalToNoise: number
  /** Σ |gᵢ|²/|Σ gᵢ|² (Yin et al. 2018, arXiv:1706.05699): 1/B for equal gradients, 1 for orthogonal ones. */
  readonly diversity: number
  /** Mean cosine of gᵢ and ḡ. */
  readonly alignment: number
}

/** A test whether a batch is large enough, with the smallest batch that would pass it. */
export interface BatchTest {
  readonly passed: boolean
  /** What is compared: at most `limit` passes. */
  readonly value: number
  readonly limit: number
  /** Smallest batch that would pass, by the law variance ∝ 1/B. */
  readonly suggestedBatch: number
}

export interface NoiseReport extends GradientNoise {
  /** The same for each parameter by itself. */
  readonly parameters: Readonly<Record<string, GradientNoise>>
  /** tr Σ/(B·|ḡ|²) ≤ θ² (Byrd et al. 2012, doi:10.1007/s10107-012-0572-5). */
  readonly normTest: BatchTest
  /** Var(gᵢ·ḡ)/(B·|ḡ|⁴) ≤ θ² (Bollapragada et al. 2018, arXiv:1710.11258). */
  readonly innerProductTest: BatchTest
  /** E|gᵢ − (gᵢ·ḡ/|ḡ|²)·ḡ|²/(B·|ḡ|²) ≤ ν² (the same paper). */
  readonly orthogonalityTest: BatchTest
}

export interface NoiseOptions {
  /** Mean loss of a batch. Default: crossEntropy. */
  readonly loss?: BatchLoss
  /** θ of the norm test and the inner-product test. Default: 0.9. */
  readonly theta?: number
  /** ν of the orthogonality test. Default: 5.84. */
  readonly nu?: number
}

/** A symmetric matrix of products gᵢ·gⱼ, row after row. */
interface Gram {
  readonly size: number
  readonly values: Float64Array
}

/**
 * How noisy the gradient of a batch is, from the gradients of its examples: noise scale, signal to noise, diversity, and
 * three tests whether the batch is large enough. All of it follows from the products gᵢ·gⱼ, which are all that is read.
 *
 * @param x [examples, …], at least 2 examples
 * @param y [examples, …]
 * @param options loss crossEntropy; theta 0.9; nu 5.84
 * @throws NABLA_INVALID_ARGUMENT for fewer than 2 examples
 *
 * @example
 * const noise = await gradientNoise(model, x, y)
 * noise.noiseScale // e.g. 230: batches far larger than that are wasted
 */
export async function gradientNoise(
  model: Module<readonly [Tensor], Tensor>,
  x: Tensor,
  y: Tensor,
  { loss, theta = 0.9, nu = 5.84 }: NoiseOptions = {},
): Promise<NoiseReport> {
  const size = x.shape[0] ?? 0
  if (size < 2) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "noise is what tells examples apart",
      where: "gradientNoise",
      expected: "at least 2 examples",
      got: String(size),
    })
  }
  const { gradients } = perSampleGradients(model, x, y, loss)
  const names = Object.keys(gradients)
  const read = await noGrad(() => stack(names.map((name) => products(gradients[name]!)))).data()
  const grams = names.map(
    (_, p): Gram => ({ size, values: Float64Array.from(read.slice(p * size * size, (p + 1) * size * size)) }),
  )
  const whole = added(grams)
  return {
    ...noiseOf(whole),
    parameters: Object.fromEntries(names.map((name, p) => [name, noiseOf(grams[p]!)])),
    ...testsOf(whole, theta * theta, nu * nu),
  }
}

/** gᵢ·gⱼ of one parameter: [examples, examples]. */
function products(gradient: Tensor): Tensor {
  const rows = gradient.detach().reshape([gradient.shape[0]!, -1]).to("float64")
  return rows.matmul(rows.t())
}

function added(grams: readonly Gram[]): Gram {
  const [first] = grams
  const values = Float64Array.from(first!.values, (_, i) =>
    grams.reduce((sum, gram) => sum + gram.values[i]!, 0),
  )
  return { size: first!.size, values }
}

/** What the tests and figures are made of. */
interface Sums {
  /** |gᵢ|² */
  readonly squares: readonly number[]
  /** gᵢ·ḡ */
  readonly along: readonly number[]
  /** |ḡ|² */
  readonly mean: number
}

function sumsOf({ size, values }: Gram): Sums {
  const indices = Array.from({ length: size }, (_, i) => i)
  const along = indices.map((i) => indices.reduce((sum, j) => sum + values[i * size + j]!, 0) / size)
  return {
    squares: indices.map((i) => values[i * size + i]!),
    along,
    mean: along.reduce((sum, value) => sum + value, 0) / size,
  }
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function noiseOf(gram: Gram): GradientNoise {
  const { squares, along, mean } = sumsOf(gram)
  const n = gram.size
  const square = average(squares)
  const squaredNorm = (n * mean - square) / (n - 1)
  const variance = ((square - mean) * n) / (n - 1)
  const cosines = squares.flatMap((value, i) =>
    value > 0 && mean > 0 ? [along[i]! / Math.sqrt(value * mean)] : [],
  )
  return {
    ...{ examples: n, squaredNorm, variance },
    noiseScale: squaredNorm > 0 ? variance / squaredNorm : Infinity,
    signalToNoise: Math.sqrt((mean * n) / variance),
    diversity: square / (n * mean),
    alignment: cosines.length === 0 ? 0 : average(cosines),
  }
}

function testsOf(
  gram: Gram,
  thetaSquare: number,
  nuSquare: number,
): Pick<NoiseReport, "normTest" | "innerProductTest" | "orthogonalityTest"> {
  const { squares, along, mean } = sumsOf(gram)
  const n = gram.size
  const spread = ((average(squares) - mean) * n) / (n - 1)
  const alongSpread = along.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1)
  const across = squares.reduce((sum, value, i) => sum + value - along[i]! ** 2 / mean, 0) / (n - 1)
  const test = (single: number, limit: number): BatchTest => {
    const suggestedBatch = Math.max(1, Math.ceil(single / limit))
    return { passed: single / n <= limit, value: single / n, limit, suggestedBatch }
  }
  return {
    normTest: test(spread / mean, thetaSquare),
    innerProductTest: test(alongSpread / (mean * mean), thetaSquare),
    orthogonalityTest: test(across / mean, nuSquare),
  }
}

import { Random } from "../../base/index.ts"
import { checkNames, checkThat, checkWhole } from "./check.ts"
import type { Control } from "./control.ts"
import { Pace } from "./control.ts"
import type { SymmetricOperator } from "./operator.ts"
import { studentBound } from "./student.ts"
import type { Vector } from "./vector.ts"
import { dot, length, makeOrthogonal, randomSigns, scaled } from "./vector.ts"

export interface TraceOptions extends Control {
  /**
   * "hutchinson": the mean of vᵀ·A·v. "hutch++": a third of the products first find the range of A, whose trace is
   * exact. Default: "hutch++".
   */
  readonly method?: "hutchinson" | "hutch++"
  /** Products with the matrix, at least 6. Default: 60. */
  readonly products?: number
  /** Of the interval. Default: 0.95. */
  readonly confidence?: number
  readonly seed?: number
}

export interface TraceEstimate {
  readonly value: number
  /** Holds the true trace with the stated confidence. */
  readonly interval: readonly [low: number, high: number]
  readonly confidence: number
  /** Of the value. */
  readonly standardError: number
  /** Random vectors that the interval is made of; 0 when the value is exact. */
  readonly samples: number
  readonly products: number
  readonly interrupted: boolean
}

/** Random vectors whose products are computed together. */
const BLOCK = 16

/**
 * The trace of a matrix from products alone, with a confidence interval.
 *
 *     Hutchinson: tr A = E[vᵀ·A·v], entries of v are ±1; variance 2·(|A|² − Σ A_ii²)
 *     Hutch++:    tr A = tr(Qᵀ·A·Q) + E[uᵀ·A·u], u = (I − Q·Qᵀ)·v, Q an orthonormal basis of A·S for random S
 *
 * The interval is mean ± t·s/√m of the m samples, t of Student's distribution. Hutch++ needs O(1/ε) products for a
 * positive semi-definite matrix, Hutchinson O(1/ε²) (Hutchinson 1990; Meyer, Musco, Musco & Woodruff 2020,
 * arXiv:2010.09649v5).
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range
 */
export async function estimateTrace(
  operator: SymmetricOperator,
  options: TraceOptions = {},
): Promise<TraceEstimate> {
  const { method = "hutch++", products = 60, confidence = 0.95, seed = 0 } = options
  const where = "estimateTrace"
  checkNames(where, options, ["method", "products", "confidence", "seed", "signal", "onProgress"])
  checkThat(where, "method", method, "hutchinson, hutch++", ["hutchinson", "hutch++"].includes(method))
  checkWhole(where, "products", products, 6)
  checkThat(where, "confidence", confidence, "0 < confidence < 1", confidence > 0 && confidence < 1)
  const run = { operator, random: new Random(seed), pace: new Pace(options), total: products, done: 0 }
  const range = method === "hutch++" ? await rangeOf(run, Math.floor(products / 3)) : []
  const images = await productsOf(run, range)
  const exact = images.reduce((sum, image, i) => sum + dot(range[i]!, image), 0)
  const samples: number[] = []
  const whole = range.length >= operator.size
  while (!whole && run.done < products && !run.pace.interrupted) {
    const count = Math.min(BLOCK, products - run.done)
    const drawn = Array.from({ length: count }, () => {
      const v = randomSigns(operator.size, run.random)
      makeOrthogonal(v, range)
      return v
    })
    const along = await productsOf(run, drawn)
    samples.push(...along.map((image, i) => dot(drawn[i]!, image)))
  }
  return {
    ...summarise(exact, samples, whole, confidence),
    products: run.done,
    interrupted: run.pace.interrupted,
  }
}

interface Run {
  readonly operator: SymmetricOperator
  readonly random: Random
  readonly pace: Pace
  readonly total: number
  done: number
}

async function productsOf(run: Run, vectors: readonly Vector[]): Promise<Vector[]> {
  const out: Vector[] = []
  for (let at = 0; at < vectors.length && !run.pace.interrupted; at += BLOCK) {
    const some = vectors.slice(at, at + BLOCK)
    out.push(...(await run.operator.products(some)))
    run.done += some.length
    await run.pace.tell(run.done, run.total)
  }
  return out
}

/** An orthonormal basis of what A makes of random vectors. */
async function rangeOf(run: Run, count: number): Promise<Vector[]> {
  const { operator, random } = run
  const drawn = Array.from({ length: Math.min(count, operator.size) }, () =>
    randomSigns(operator.size, random),
  )
  const basis: Vector[] = []
  for (const image of await productsOf(run, drawn)) {
    const before = length(image)
    makeOrthogonal(image, basis)
    const left = length(image)
    // What is left of a vector within the span is rounding, and has no direction.
    if (left > 1e-6 * before) basis.push(scaled(image, 1 / left))
  }
  return basis
}

function summarise(
  exact: number,
  samples: readonly number[],
  whole: boolean,
  confidence: number,
): Omit<TraceEstimate, "products" | "interrupted"> {
  const count = samples.length
  const mean = count === 0 ? 0 : samples.reduce((a, b) => a + b, 0) / count
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0)
  const standardError = whole ? 0 : count < 2 ? Infinity : Math.sqrt(squares / (count - 1) / count)
  const reach = whole ? 0 : count < 2 ? Infinity : studentBound(confidence, count - 1) * standardError
  const value = exact + mean
  return { value, interval: [value - reach, value + reach], confidence, standardError, samples: count }
}

import type { Tensor } from "../../../tensor/index.ts"
import type { Patient } from "../patient.ts"

/** The gradient of the loss that one parameter got in a few batches. */
export interface ParameterGradient {
  readonly path: string
  readonly shape: readonly number[]
  readonly elements: number
  readonly requiresGrad: boolean
  /** Whether the backward pass reached it. */
  readonly reached: boolean
  /** Over the batches together; 0 where it was not reached. */
  readonly rms: number
  /** |g| of the mean gradient of the batches. */
  readonly norm: number
  /** Entries that were 0 in all batches. */
  readonly zeros: number
  readonly finite: boolean
  /** |w| */
  readonly weight: number
}

export interface GradientSizes {
  readonly parameters: readonly ParameterGradient[]
  /** Why there was no backward pass: null if there was one. */
  readonly failed: string | null
}

const BATCHES = 4

/** What reaches each parameter: a pass forward and backward for each of a few batches, in training mode. */
export function gradientSizes(patient: Patient): Promise<GradientSizes> {
  return patient.measure("gradient sizes", async () => {
    const { model, loss } = patient
    const named = model.namedParameters()
    const sums = named.map(([, { shape }]) => new Float64Array(shape.reduce((n, size) => n * size, 1)))
    const squares = sums.map((values) => new Float64Array(values.length))
    const reached = named.map(() => false)
    const batches = patient.batches.slice(0, BATCHES)
    model.train()
    for (const [x, y] of batches) {
      for (const [, parameter] of named) parameter.grad = null
      try {
        loss(model.forward(x), y).backward()
      } catch (error) {
        return { parameters: [], failed: error instanceof Error ? error.message : String(error) }
      }
      for (const [p, [, { grad }]] of named.entries()) {
        if (grad === null) continue
        reached[p] = true
        add(await grad.data(), sums[p]!, squares[p]!, batches.length)
      }
    }
    const parameters = named.map(async ([path, parameter], p) => ({
      path,
      ...{ shape: parameter.shape, requiresGrad: parameter.requiresGrad, reached: reached[p]! },
      ...(await sized(parameter, sums[p]!, squares[p]!)),
    }))
    return { parameters: await Promise.all(parameters), failed: null }
  })
}

function add(values: ArrayLike<number>, sums: Float64Array, squares: Float64Array, batches: number): void {
  for (let i = 0; i < sums.length; i++) {
    sums[i]! += values[i]! / batches
    squares[i]! += values[i]! ** 2 / batches
  }
}

async function sized(parameter: Tensor, sums: Float64Array, squares: Float64Array) {
  const total = squares.reduce((sum, value) => sum + value, 0)
  return {
    elements: sums.length,
    rms: Math.sqrt(total / Math.max(1, sums.length)),
    norm: length(sums),
    zeros: squares.filter((value) => value === 0).length,
    finite: Number.isFinite(total),
    weight: length(await parameter.data()),
  }
}

function length(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2
  return Math.sqrt(sum)
}

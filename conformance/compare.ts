/** Compares values with reference values and says where they differ. */
import type { TensorData } from "./case.ts"
import type { Tolerance } from "./tolerance.ts"
import type { FloatType } from "./torch/nabla.ts"

export interface Values {
  shape: readonly number[]
  data: ArrayLike<number | boolean>
}

export interface Difference {
  /** Error divided by what is allowed: at most 1 passes. */
  ratio: number
  /** |got - expected| at the worst place. */
  error: number
  /** null when everything agrees. */
  message: string | null
}

/** `Number` also reads "NaN" and "Infinity". */
export function decodeNumber(value: number | string | boolean): number {
  return Number(value)
}

export function compareValues(
  got: Values,
  expected: TensorData,
  tolerance: Tolerance,
  float: FloatType,
): Difference {
  const size = got.data.length
  if (got.shape.join() !== expected.shape.join() || size !== expected.data.length) {
    const message = `shape: expected [${expected.shape}], got [${got.shape}] (${size} values)`
    return { ratio: Number.POSITIVE_INFINITY, error: Number.POSITIVE_INFINITY, message }
  }
  const isFloat = expected.dtype === "float64"
  const allowed = isFloat ? tolerance : { relative: 0, absolute: 0 }
  // In float32 a value beyond its range is an infinity, as it must be.
  const round = isFloat && float === "float32" ? Math.fround : (value: number) => value
  let worst = { ratio: 0, error: 0, at: 0 }
  let wrong = 0
  for (let at = 0; at < size; at++) {
    const reference = decodeNumber(expected.data[at])
    const here = differenceOf(Number(got.data[at]), reference, round, allowed)
    if (here.ratio > 1) wrong++
    if (here.ratio > worst.ratio) worst = { ...here, at }
  }
  const message = wrong === 0 ? null : describe(got, expected, wrong, worst)
  return { ratio: worst.ratio, error: worst.error, message }
}

function differenceOf(
  got: number,
  reference: number,
  round: (value: number) => number,
  allowed: Tolerance,
): { ratio: number; error: number } {
  const same = got === reference || (Number.isNaN(got) && Number.isNaN(reference))
  if (same || got === round(reference)) return { ratio: 0, error: 0 }
  const error = Math.abs(got - reference)
  const bound = allowed.absolute + allowed.relative * Math.abs(reference)
  if (!Number.isFinite(error) || !(bound < Number.POSITIVE_INFINITY)) {
    return { ratio: Number.POSITIVE_INFINITY, error: Number.POSITIVE_INFINITY }
  }
  return { ratio: bound === 0 ? Number.POSITIVE_INFINITY : error / bound, error }
}

function describe(
  got: Values,
  expected: TensorData,
  wrong: number,
  worst: { at: number; error: number },
): string {
  const place = positionOf(worst.at, expected.shape)
  const lines = [
    `${wrong} of ${expected.data.length} values differ, most at [${place}]: ` +
      `expected ${expected.data[worst.at]}, got ${Number(got.data[worst.at])} (error ${worst.error.toExponential(2)})`,
    `expected ${listValues(expected.data)}`,
    `got      ${listValues(got.data)}`,
  ]
  return lines.join("\n")
}

function positionOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat
  return shape
    .map((_, dim) => {
      const size = shape[shape.length - 1 - dim]
      const index = rest % size
      rest = (rest - index) / size
      return index
    })
    .reverse()
}

const longestList = 12

export function listValues(data: ArrayLike<number | string | boolean>): string {
  const shown = Array.from({ length: Math.min(data.length, longestList) }, (_, at) => shortNumber(data[at]))
  return `[${shown.join(", ")}${data.length > longestList ? ", …" : ""}]`
}

function shortNumber(value: number | string | boolean): string {
  const number = decodeNumber(value)
  return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(10)))
}

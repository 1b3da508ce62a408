/** Collects what one case checked: failures with expected and got, and how near the others came to failing. */
import { isTensorData, type TensorData } from "./case.ts"
import { compareValues, type Values } from "./compare.ts"
import type { Tolerance } from "./tolerance.ts"
import { type FloatType, isTensor } from "./torch/nabla.ts"

export interface Failure {
  what: string
  message: string
}

export interface Margin {
  what: string
  ratio: number
  error: number
}

/** Thrown by a runner for a case that cannot be judged in this run; the reason is printed. */
export class Skip extends Error {}

export class Checker {
  readonly failures: Failure[] = []
  readonly margins: Margin[] = []
  private readonly float: FloatType

  constructor(float: FloatType) {
    this.float = float
  }

  /** Compares a tensor, a number or a list of numbers with what the file says. */
  compare(what: string, got: unknown, expected: unknown, tolerance: Tolerance): void {
    this.attempt(what, () => {
      const reference = toTensorData(expected)
      const difference = compareValues(toValues(got), reference, tolerance, this.float)
      this.margins.push({ what, ratio: difference.ratio, error: difference.error })
      if (difference.message !== null) this.fail(what, difference.message)
    })
  }

  /** Compares two lists item by item; a null in `expected` is not compared. */
  compareList(
    what: string,
    got: readonly unknown[],
    expected: readonly unknown[],
    tolerance: Tolerance,
  ): void {
    if (got.length !== expected.length) {
      this.fail(what, `expected ${expected.length} results, got ${got.length}`)
      return
    }
    expected.forEach((reference, at) => {
      const label = expected.length === 1 ? what : `${what}[${at}]`
      if (reference !== null) this.compare(label, got[at], reference, tolerance)
    })
  }

  /** Something that is not a comparison of values. */
  require(what: string, holds: boolean, message: string): void {
    this.margins.push({ what, ratio: holds ? 0 : Number.POSITIVE_INFINITY, error: 0 })
    if (!holds) this.fail(what, message)
  }

  /** An error in one part of a case fails that part; the others are still checked. */
  attempt(what: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      if (error instanceof Skip) throw error
      this.fail(what, errorText(error))
    }
  }

  private fail(what: string, message: string): void {
    this.failures.push({ what, message })
  }
}

export function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

function toTensorData(expected: unknown): TensorData {
  if (isTensorData(expected)) return expected
  if (Array.isArray(expected)) return { shape: [expected.length], dtype: "float64", data: expected }
  if (typeof expected === "number" || typeof expected === "string") {
    return { shape: [], dtype: "float64", data: [expected] }
  }
  throw new TypeError(`no reference value: ${JSON.stringify(expected)}`)
}

function toValues(got: unknown): Values {
  if (isTensor(got)) return { shape: got.shape, data: got.dataSync() }
  if (typeof got === "number" || typeof got === "bigint" || typeof got === "boolean") {
    return { shape: [], data: [Number(got)] }
  }
  if (Array.isArray(got) || ArrayBuffer.isView(got)) {
    const data = Array.from(got as unknown as ArrayLike<number>)
    return { shape: [data.length], data }
  }
  throw new TypeError(`a tensor or number expected, got ${got === null ? "None" : typeof got}`)
}

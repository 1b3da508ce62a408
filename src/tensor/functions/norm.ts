import type { DType } from "../../base/index.ts"
import { NablaError, normalizeDims } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { floatType, requireTensor } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf } from "../tensor.ts"
import { sub } from "./arithmetic.ts"
import { sqrtFlatAtZero } from "./elementwise.ts"
import type { Dims, KeepDim } from "./reduction.ts"
import { finishReduction } from "./reduction.ts"

export interface VectorNormOptions extends KeepDim {
  /** Order of the norm (default 2); ∞ and −∞ are the largest and the smallest |x|, 0 counts what is not zero. */
  readonly ord?: number
  /** Dimensions that hold a vector (default: all). */
  readonly dim?: Dims
  /** Type that the elements are converted to first. */
  readonly dtype?: DType
}

/** (Σ|x|^ord)^(1/ord). Where the norm, or for ord < 2 an element, is 0, the derivative is 0: PyTorch's subgradient. */
export const vectorNorm = composed("vectorNorm", (input: Tensor, options: VectorNormOptions = {}): Tensor => {
  const { ord = 2, dim, dtype } = options
  const dims = normalizeDims(dim, requireTensor(input, "vectorNorm").ndim, "vectorNorm")
  const n = ops.cast(nodeOf(input), dtype ?? floatType(input.dtype))
  return finishReduction(normOf(n, ord, dims), input.shape, dims, options)
})

function normOf(n: Node, ord: number, dims: readonly number[]): Node {
  switch (ord) {
    case 2:
      return sqrtFlatAtZero(ops.sum(ops.mul(n, n), dims))
    case 1:
      return ops.sum(ops.abs(n), dims)
    case 0:
      return ops.sum(ops.cast(ops.ne(n, ops.constantLike(n, 0)), n.aval.dtype), dims)
    case Infinity:
      return ops.maxReduce(ops.abs(n), dims, "even")
    case -Infinity:
      return ops.minReduce(ops.abs(n), dims, "even")
    case 3:
    case 4:
      return powerFlatAtZero(ops.sum(wholePower(ops.abs(n), ord), dims), 1 / ord)
    default:
      return ord > 0
        ? powerFlatAtZero(ops.sum(powerFlatAtZero(ops.abs(n), ord), dims), 1 / ord)
        : power(ops.sum(power(ops.abs(n), ord), dims), 1 / ord)
  }
}

const power = (x: Node, exponent: number): Node => ops.pow(x, ops.constantLike(x, exponent))

const wholePower = (x: Node, exponent: number): Node =>
  exponent === 1 ? x : ops.mul(wholePower(x, exponent - 1), x)

/** xᵖ for x ≥ 0 where 0 has the derivatives 0. */
function powerFlatAtZero(x: Node, exponent: number): Node {
  const zero = ops.constantLike(x, 0)
  const vanished = ops.eq(x, zero)
  return ops.where(vanished, zero, power(ops.where(vanished, ops.constantLike(x, 1), x), exponent))
}

export interface NormOptions extends KeepDim {
  /** Order of the norm (default 2, which "fro" also names). */
  readonly p?: number | "fro" | "nuc"
  readonly dim?: Dims
  readonly dtype?: DType
}

/** The norm of all elements, or of the vectors along dimensions: see `vectorNorm`. */
export const norm = composed("norm", (input: Tensor, { p = 2, ...options }: NormOptions = {}): Tensor => {
  if (p === "nuc") {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the nuclear norm is one of matrices",
      where: "norm",
      expected: 'a number or "fro"',
      got: '"nuc"',
      hint: 'use linalg.matrixNorm(input, { ord: "nuc" })',
    })
  }
  return vectorNorm(input, { ...options, ord: p === "fro" ? 2 : p })
})

export interface DistanceOptions {
  /** Order of the norm (default 2). */
  readonly p?: number
}

/** The norm of input − other. */
export const dist = composed(
  "dist",
  (input: Tensor, other: Tensor, { p = 2 }: DistanceOptions = {}): Tensor => {
    return vectorNorm(sub(input, other), { ord: p })
  },
)

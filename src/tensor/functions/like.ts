import type { Shape } from "../../base/index.ts"
import type { TensorOptions } from "../creation.ts"
import { full } from "../creation.ts"
import type { Tensor } from "../tensor.ts"

/** Zeros of a new shape in the type of a tensor. */
export function newZeros(input: Tensor, size: Shape, options: TensorOptions = {}): Tensor {
  return newFull(input, size, 0, options)
}

/** Ones of a new shape in the type of a tensor. */
export function newOnes(input: Tensor, size: Shape, options: TensorOptions = {}): Tensor {
  return newFull(input, size, 1, options)
}

/** One value everywhere in a new shape, in the type of a tensor. */
export function newFull(
  input: Tensor,
  size: Shape,
  fillValue: number | boolean,
  options: TensorOptions = {},
): Tensor {
  return full(size, fillValue, { dtype: input.dtype, ...options })
}

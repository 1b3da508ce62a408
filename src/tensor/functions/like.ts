import type { Shape } from "../../base/index.ts"
import { composed } from "../composed.ts"
import type { TensorOptions } from "../creation.ts"
import { full } from "../creation.ts"
import type { Tensor } from "../tensor.ts"

/** Zeros of a new shape in the type of a tensor. */
export const newZeros = composed(
  "newZeros",
  (input: Tensor, size: Shape, options: TensorOptions = {}): Tensor => {
    return newFull(input, size, 0, options)
  },
)

/** Ones of a new shape in the type of a tensor. */
export const newOnes = composed(
  "newOnes",
  (input: Tensor, size: Shape, options: TensorOptions = {}): Tensor => {
    return newFull(input, size, 1, options)
  },
)

/** One value everywhere in a new shape, in the type of a tensor. */
export const newFull = composed(
  "newFull",
  (input: Tensor, size: Shape, fillValue: number | boolean, options: TensorOptions = {}): Tensor => {
    return full(size, fillValue, { dtype: input.dtype, ...options })
  },
)

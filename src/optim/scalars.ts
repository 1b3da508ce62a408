import type { DType } from "../base/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { hostNumber, isCapturing, tensor } from "../tensor/index.ts"

/**
 * The numbers of a group's steps as 0-d tensors. The k-th number asked for in a step is kept for the next one: as long
 * as it stays the same, nothing new goes to the device. Two equal numbers are two tensors all the same, so that the
 * form of the step's program does not depend on which numbers happen to be equal.
 */
export class ScalarInputs {
  private readonly dtype: DType
  private readonly kept: { value: number; tensor: Tensor }[] = []
  private next = 0

  constructor(dtype: DType) {
    this.dtype = dtype
  }

  /** Before each step. */
  restart(): void {
    this.next = 0
  }

  take(make: () => number): Tensor {
    if (isCapturing()) return hostNumber(make, this.dtype)
    const value = make()
    const at = this.next++
    const known = this.kept[at]
    if (known !== undefined && Object.is(known.value, value)) return known.tensor
    const made = tensor(value, { dtype: this.dtype })
    this.kept[at] = { value, tensor: made }
    return made
  }
}

/** The type that numbers for a list of tensors need. */
export function widestType(tensors: readonly Tensor[]): DType {
  return tensors.some(({ dtype }) => dtype === "float64") ? "float64" : "float32"
}

import { isFloating } from "../../base/index.ts"
import type { Patient } from "./patient.ts"

/** The class of each example: of int32 targets, or of a column that holds 0 and 1 only. Null for anything else. */
export async function classLabels(patient: Patient): Promise<Int32Array | null> {
  const [, y] = patient.sample
  if (y.ndim > 2 || (y.ndim === 2 && y.shape[1] !== 1)) return null
  const values = await y.data()
  if (isFloating(y.dtype) && !Array.from(values).every((value) => value === 0 || value === 1)) return null
  return Int32Array.from(values)
}

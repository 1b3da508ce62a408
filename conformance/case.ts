/** The schema of the reference files, as far as every category shares it. */

/** A tensor as the files write it: flat, row-major; numbers that JSON cannot hold are strings ("NaN", "Infinity"). */
export interface TensorData {
  shape: number[]
  dtype: "float64" | "int64" | "bool"
  data: (number | string)[]
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type TensorMap = Record<string, TensorData>

export interface Case {
  name: string
  options: Record<string, Json>
  inputs: TensorMap
  expected: Record<string, Json>
  note?: string
}

/** A case of a category that adds fields of its own. */
export type CaseOf<Fields> = Case & Fields

/** `null` stands for an output that is absent or not differentiable. */
export type TensorList = (TensorData | null)[]

export function isTensorData(value: unknown): value is TensorData {
  return (
    typeof value === "object" && value !== null && "shape" in value && "data" in value && "dtype" in value
  )
}

/** A field of `expected`, or undefined; its type is what the schema says of it. */
export function expectedField<T>(testCase: Case, name: string): T | undefined {
  return testCase.expected[name] as T | undefined
}

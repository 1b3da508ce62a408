/** The element types of a tensor. */
export type DType = "float32" | "float64" | "int32" | "bool"

/** Typed arrays that hold tensor values on the host. A bool is one byte (0 or 1) on the host. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array

export const dtypes: readonly DType[] = ["float32", "float64", "int32", "bool"]

/**
 * Bytes of one element in device memory. A bool takes four, so that every type but float64 has four lanes in a
 * 128-bit vector and a storage type in WGSL.
 */
export function byteSize(dtype: DType): number {
  return dtype === "float64" ? 8 : 4
}

export function isFloating(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64"
}

/** Category rank in PyTorch's promotion: bool < integer < floating. */
function category(dtype: DType): number {
  return dtype === "bool" ? 0 : dtype === "int32" ? 1 : 2
}

/** Result type of an operation on two tensors of these types: the higher category, then the wider type. */
export function promoteTypes(a: DType, b: DType): DType {
  if (a === b) return a
  if (category(a) !== category(b)) return category(a) > category(b) ? a : b
  return "float64"
}

/**
 * Result type of an operation on a tensor and a JavaScript number or boolean: the tensor's type, unless the number is
 * of a higher category (PyTorch's rule for Python scalars).
 */
export function promoteWithScalar(dtype: DType, scalar: number | boolean): DType {
  if (typeof scalar === "boolean") return dtype
  if (isFloating(dtype)) return dtype
  if (!Number.isInteger(scalar)) return "float32"
  return dtype === "bool" ? "int32" : dtype
}

/** A zeroed host array for `length` elements of a type. */
export function hostArray(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(length)
    case "float64":
      return new Float64Array(length)
    case "int32":
      return new Int32Array(length)
    case "bool":
      return new Uint8Array(length)
  }
}

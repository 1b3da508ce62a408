/** Reference data → tensors of nabla and Python values. */
import { isTensorData, type Json, type TensorData, type TensorMap } from "./case.ts"
import { decodeNumber } from "./compare.ts"
import type { Value } from "./python/values.ts"
import { type FloatType, nabla, type Tensor } from "./torch/nabla.ts"

export function decodeTensor(data: TensorData, float: FloatType): Tensor {
  const values = Float64Array.from(data.data, decodeNumber)
  return nabla.tensor(values, { shape: data.shape, dtype: nablaDtype(data, float) })
}

/** nabla's integers are 32 bits wide; floats take the dtype of the run. */
function nablaDtype(data: TensorData, float: FloatType): string {
  if (data.dtype === "int64") return "int32"
  return data.dtype === "bool" ? "bool" : float
}

export function decodeTensors(map: TensorMap, float: FloatType): Map<string, Tensor> {
  return new Map(Object.entries(map).map(([name, data]) => [name, decodeTensor(data, float)]))
}

const nonFinite = new Set(["NaN", "Infinity", "-Infinity"])

/** An option as a Python value. JSON does not tell 2 from 2.0: an integral number is an int. */
export function decodeOption(option: Json, float: FloatType): Value {
  if (option === null || typeof option === "boolean") return option
  if (typeof option === "number") return Number.isInteger(option) ? BigInt(option) : option
  if (typeof option === "string") return nonFinite.has(option) ? Number(option) : option
  if (Array.isArray(option)) return option.map((item) => decodeOption(item, float))
  if (isTensorData(option)) return decodeTensor(option, float)
  return new Map<Value, Value>(Object.entries(option).map(([key, item]) => [key, decodeOption(item, float)]))
}

export function decodeOptions(options: Record<string, Json>, float: FloatType): [string, Value][] {
  return Object.entries(options).map(([name, option]) => [name, decodeOption(option, float)])
}

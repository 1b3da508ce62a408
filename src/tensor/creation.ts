import type { DType, Shape, TypedArray } from "../base/index.ts"
import { checkShape, formatShape, hostArray, NablaError, numel } from "../base/index.ts"
import { cast, constant, eq, iota } from "../ops/index.ts"
import type { Tensor } from "./tensor.ts"
import { wrap, wrapHost } from "./tensor.ts"

/** Numbers or booleans nested to any depth, the same length at each level. */
export type Nested = number | boolean | readonly Nested[]

export interface TensorOptions {
  readonly dtype?: DType
  readonly requiresGrad?: boolean
}

function finish(t: Tensor, { requiresGrad }: TensorOptions): Tensor {
  return requiresGrad ? t.requiresGrad_() : t
}

function typeOfArray(data: TypedArray): DType {
  if (data instanceof Float32Array) return "float32"
  if (data instanceof Float64Array) return "float64"
  return data instanceof Int32Array ? "int32" : "bool"
}

function isTyped(data: unknown): data is TypedArray {
  return (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array
  )
}

/**
 * A tensor of given values: a typed array (copied; with `shape`), or numbers or booleans nested to any depth. Numbers
 * make float32, booleans bool, unless `dtype` says otherwise. A Uint8Array makes bool unless `dtype` says otherwise.
 */
export function tensor(
  data: TypedArray | Nested,
  options: TensorOptions & { readonly shape?: Shape } = {},
): Tensor {
  const flat: number[] = []
  const shape = isTyped(data) ? [data.length] : measure(data, flat)
  const source = isTyped(data) ? data : flat
  const dtype =
    options.dtype ?? (isTyped(data) ? typeOfArray(data) : holdsBooleans(data) ? "bool" : "float32")
  const wanted = options.shape ?? shape
  checkShape(wanted, "tensor")
  if (numel(wanted) !== source.length) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the number of values does not fit the shape",
      where: "tensor",
      expected: `${numel(wanted)} values for shape ${formatShape(wanted)}`,
      got: `${source.length} values`,
    })
  }
  return finish(wrapHost(convert(source, dtype), wanted, dtype), options)
}

function convert(source: ArrayLike<number>, dtype: DType): TypedArray {
  const out = hostArray(dtype, source.length)
  if (dtype === "bool") for (let i = 0; i < source.length; i++) out[i] = source[i] === 0 ? 0 : 1
  else out.set(source)
  return out
}

function holdsBooleans(data: Nested): boolean {
  let first = data
  while (Array.isArray(first)) first = first[0] as Nested
  return typeof first === "boolean"
}

/** Flattens nested arrays and returns their shape; rows of different length are an error. */
function measure(data: Nested, flat: number[]): number[] {
  if (typeof data === "number" || typeof data === "boolean") {
    flat.push(Number(data))
    return []
  }
  if (!Array.isArray(data)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "these are no values of a tensor",
      where: "tensor",
      expected: "numbers or booleans, nested arrays of them, or a typed array",
      got: data === null ? "null" : typeof data,
    })
  }
  const shapes = (data as readonly Nested[]).map((row) => measure(row, flat))
  const [first] = shapes
  for (const shape of shapes) {
    if (formatShape(shape) !== formatShape(first!)) {
      throw new NablaError("NABLA_SHAPE_MISMATCH", {
        message: "the rows of the nested array differ in length",
        where: "tensor",
        expected: `rows of shape ${formatShape(first!)}`,
        got: `a row of shape ${formatShape(shape)}`,
      })
    }
  }
  return [shapes.length, ...(first ?? [])]
}

export function full(shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor {
  checkShape(shape, "full")
  const dtype = options.dtype ?? (typeof value === "boolean" ? "bool" : "float32")
  return finish(wrap(constant(Number(value), shape, dtype)), options)
}

export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options)
}

export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options)
}

export function fullLike(t: Tensor, value: number, options: TensorOptions = {}): Tensor {
  return full(t.shape, value, { dtype: t.dtype, ...options })
}

export function zerosLike(t: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(t, 0, options)
}

export function onesLike(t: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(t, 1, options)
}

/** start, start + step, … below end (above, for negative steps). Whole numbers make int32, others float32. */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  const from = end === undefined ? 0 : start
  const to = end ?? start
  if (step === 0 || !Number.isFinite(to) || !Number.isFinite(from) || !Number.isFinite(step)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "arange needs finite bounds and a step other than 0",
      where: "arange",
      got: `start ${from}, end ${to}, step ${step}`,
    })
  }
  const length = Math.max(0, Math.ceil((to - from) / step))
  const whole = Number.isInteger(from) && Number.isInteger(step) && Number.isInteger(to)
  const dtype = options.dtype ?? (whole ? "int32" : "float32")
  const data = hostArray(dtype, length)
  for (let i = 0; i < length; i++) data[i] = from + i * step
  return finish(wrapHost(data, [length], dtype), options)
}

/** `steps` values from start to end, both included. */
export function linspace(start: number, end: number, steps: number, options: TensorOptions = {}): Tensor {
  const dtype = options.dtype ?? "float32"
  const data = hostArray(dtype, steps)
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  for (let i = 0; i < steps; i++) data[i] = i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step
  return finish(wrapHost(data, [steps], dtype), options)
}

/** base^start … base^end. */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions & { readonly base?: number } = {},
): Tensor {
  const exponents = linspace(start, end, steps, { dtype: "float64" }).dataSync()
  const dtype = options.dtype ?? "float32"
  return tensor(
    Float64Array.from(exponents, (e) => (options.base ?? 10) ** e),
    { ...options, dtype },
  )
}

/** The identity matrix of n rows and m columns. */
export function eye(n: number, m = n, options: TensorOptions = {}): Tensor {
  checkShape([n, m], "eye")
  const shape = [n, m]
  return finish(wrap(cast(eq(iota(shape, [0]), iota(shape, [1])), options.dtype ?? "float32")), options)
}

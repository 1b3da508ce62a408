import type { DType, Shape, TypedArray } from "../base/index.ts"
import { checkShape, formatShape, hostArray, NablaError, numel } from "../base/index.ts"
import * as ops from "../ops/index.ts"
import { composed } from "./composed.ts"
import { Tensor, wrap, wrapHost } from "./tensor.ts"

/** Numbers or booleans nested to any depth, the same length at each level; the innermost rows may be typed arrays. */
export type Nested = number | boolean | TypedData | readonly Nested[]

/** Typed arrays that make a tensor. */
export type TypedData =
  | TypedArray
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array

export interface TensorOptions {
  readonly dtype?: DType
  readonly requiresGrad?: boolean
}

function finish(t: Tensor, { requiresGrad }: TensorOptions): Tensor {
  return requiresGrad ? t.requiresGrad_() : t
}

function isTyped(data: unknown): data is TypedData {
  return ArrayBuffer.isView(data) && !(data instanceof DataView)
}

/** Type of a tensor of a typed array's values. A Uint8Array is how bools are given back, so that it makes bools. */
function typeOfArray(data: TypedData): DType {
  if (data instanceof Float32Array) return "float32"
  if (data instanceof Float64Array) return "float64"
  return data instanceof Uint8Array ? "bool" : "int32"
}

/**
 * A tensor of given values: a typed array (copied; with `shape`), or numbers or booleans nested to any depth. Numbers
 * make float32, booleans bool, typed arrays the type of their kind, unless `dtype` says otherwise. (A Uint8Array makes
 * bool, as `data()` gives bools back; say `dtype` for pixels.) A tensor is copied without its derivative.
 *
 * @throws NABLA_SHAPE_MISMATCH when rows differ in length or the values do not fit `shape`
 * @throws NABLA_INVALID_ARGUMENT for a number that int32 cannot hold
 */
export const tensor = composed(
  "tensor",
  (data: TypedData | Nested | Tensor, options: TensorOptions & { readonly shape?: Shape } = {}): Tensor => {
    if (data instanceof Tensor) {
      const copy = ops.detach(ops.cast(data.node, options.dtype ?? data.dtype))
      return finish(wrap(options.shape === undefined ? copy : ops.reshape(copy, options.shape)), options)
    }
    const flat: number[] = []
    const shape = isTyped(data) ? [data.length] : measure(data, flat)
    const source = isTyped(data) ? data : flat
    const dtype = options.dtype ?? typeOfData(data)
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
  },
)

function convert(source: ArrayLike<number | bigint>, dtype: DType): TypedArray {
  const out = hostArray(dtype, source.length)
  if (dtype === "bool") for (let i = 0; i < source.length; i++) out[i] = Number(source[i]) === 0 ? 0 : 1
  else if (source instanceof Float32Array || source instanceof Float64Array || source instanceof Int32Array) {
    out.set(source)
  } else for (let i = 0; i < source.length; i++) out[i] = Number(source[i])
  if (dtype === "int32") checkWhole(source, out)
  return out
}

/** A float is cut towards zero as in PyTorch, but a number that does not fit is an error. */
function checkWhole(source: ArrayLike<number | bigint>, out: TypedArray): void {
  if (source instanceof Int32Array) return
  for (let i = 0; i < out.length; i++) {
    if (out[i] === Math.trunc(Number(source[i]))) continue
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a value does not fit into int32",
      where: "tensor",
      expected: "-2147483648 … 2147483647",
      got: String(source[i]),
    })
  }
}

function typeOfData(data: Nested): DType {
  let first = data
  while (Array.isArray(first)) first = first[0] as Nested
  if (isTyped(first)) return typeOfArray(first)
  return typeof first === "boolean" ? "bool" : "float32"
}

/** Flattens nested arrays and returns their shape; rows of different length are an error. */
function measure(data: Nested, flat: number[]): number[] {
  if (typeof data === "number" || typeof data === "boolean") {
    flat.push(Number(data))
    return []
  }
  if (isTyped(data)) {
    for (const value of data) flat.push(Number(value))
    return [data.length]
  }
  if (!Array.isArray(data)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "these are no values of a tensor",
      where: "tensor",
      expected: "numbers or booleans, nested arrays of them, a typed array or a tensor",
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

/** The same number (float32) or truth value everywhere. */
export const full = composed(
  "full",
  (shape: Shape, value: number | boolean, options: TensorOptions = {}): Tensor => {
    checkShape(shape, "full")
    const dtype = options.dtype ?? (typeof value === "boolean" ? "bool" : "float32")
    return finish(wrap(ops.constant(filler(value, dtype), shape, dtype)), options)
  },
)

function filler(value: number | boolean, dtype: DType): number {
  if (dtype === "bool") return Number(Boolean(value))
  return dtype === "int32" ? Math.trunc(Number(value)) : Number(value)
}

/** Zeros (false). */
export const zeros = composed("zeros", (shape: Shape, options: TensorOptions = {}): Tensor => {
  return full(shape, 0, options)
})

/** Ones (true). */
export const ones = composed("ones", (shape: Shape, options: TensorOptions = {}): Tensor => {
  return full(shape, 1, options)
})

/** A tensor whose values do not matter: zeros, since nothing in nabla is left uninitialised. */
export const empty = composed("empty", (shape: Shape, options: TensorOptions = {}): Tensor => {
  return zeros(shape, options)
})

/** The same value everywhere, in the shape and type of another tensor. */
export const fullLike = composed(
  "fullLike",
  (t: Tensor, value: number | boolean, options: TensorOptions = {}): Tensor => {
    return full(t.shape, value, { dtype: t.dtype, ...options })
  },
)

/** Zeros in the shape and type of another tensor. */
export const zerosLike = composed("zerosLike", (t: Tensor, options: TensorOptions = {}): Tensor => {
  return fullLike(t, 0, options)
})

/** Ones in the shape and type of another tensor. */
export const onesLike = composed("onesLike", (t: Tensor, options: TensorOptions = {}): Tensor => {
  return fullLike(t, 1, options)
})

/** A tensor in the shape and type of another one whose values do not matter: zeros. */
export const emptyLike = composed("emptyLike", (t: Tensor, options: TensorOptions = {}): Tensor => {
  return zerosLike(t, options)
})

/**
 * start, start + step, … below end (above, for negative steps); with one number, 0 … end - 1. Whole numbers make int32,
 * others float32.
 */
export const arange = composed(
  "arange",
  (start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor => {
    const from = end === undefined ? 0 : start
    const to = end ?? start
    if (step === 0 || ![from, to, step].every(Number.isFinite)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "arange needs finite bounds and a step other than 0",
        where: "arange",
        got: `start ${from}, end ${to}, step ${step}`,
      })
    }
    const length = Math.max(0, Math.ceil((to - from) / step))
    const dtype = options.dtype ?? ([from, to, step].every(Number.isInteger) ? "int32" : "float32")
    const data = hostArray(dtype, length)
    for (let i = 0; i < length; i++) data[i] = from + i * step
    return finish(wrapHost(data, [length], dtype), options)
  },
)

/** Evenly spaced numbers as doubles, both ends exact. */
function spaced(start: number, end: number, steps: number, where: string): Float64Array {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the number of values is not a whole number ≥ 0",
      where,
      expected: "steps ≥ 0",
      got: String(steps),
    })
  }
  const step = steps > 1 ? (end - start) / (steps - 1) : 0
  return Float64Array.from({ length: steps }, (_, i) =>
    i < steps / 2 ? start + i * step : end - (steps - 1 - i) * step,
  )
}

/** `steps` values from start to end, both included, evenly spaced. */
export const linspace = composed(
  "linspace",
  (start: number, end: number, steps: number, options: TensorOptions = {}): Tensor => {
    return tensor(spaced(start, end, steps, "linspace"), { dtype: "float32", ...options })
  },
)

/** base^start … base^end, `steps` values with evenly spaced exponents (base 10 unless it is given). */
export const logspace = composed(
  "logspace",
  (
    start: number,
    end: number,
    steps: number,
    options: TensorOptions & { readonly base?: number } = {},
  ): Tensor => {
    const { base = 10, ...rest } = options
    const powers = spaced(start, end, steps, "logspace").map((exponent) => base ** exponent)
    return tensor(powers, { dtype: "float32", ...rest })
  },
)

/** The identity matrix of n rows and m columns. */
export const eye = composed("eye", (n: number, m = n, options: TensorOptions = {}): Tensor => {
  checkShape([n, m], "eye")
  const shape = [n, m]
  const diagonal = ops.eq(ops.iota(shape, [0]), ops.iota(shape, [1]))
  return finish(wrap(ops.cast(diagonal, options.dtype ?? "float32")), options)
})

import type { Shape } from "../base/index.ts"
import { checkShape, NablaError, Random } from "../base/index.ts"
import { fromHost } from "../engine/index.ts"
import type { Node } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import type { TensorOptions } from "./creation.ts"
import type { Tensor } from "./tensor.ts"
import { wrap } from "./tensor.ts"

/**
 * A stream of random tensors: the seed is the key of a counter-based generator, each call takes the next block of
 * counters. Equal seeds give equal bits on every device and at every thread count.
 */
export class Generator {
  private key: Int32Array
  private calls = 0

  constructor(seed = 0) {
    this.key = keyOf(seed)
  }

  manualSeed(seed: number): this {
    this.key = keyOf(seed)
    this.calls = 0
    return this
  }

  /** What is needed to continue the stream. */
  get state(): { readonly key: readonly [number, number]; readonly calls: number } {
    return { key: [this.key[0]!, this.key[1]!], calls: this.calls }
  }

  set state({ key, calls }: { readonly key: readonly [number, number]; readonly calls: number }) {
    this.key = Int32Array.from(key)
    this.calls = calls
  }

  /** 32 random bits for each element, as int32. */
  bits(shape: Shape): Node {
    const counter = Int32Array.of(this.calls | 0, Math.floor(this.calls / 2 ** 32) | 0)
    this.calls++
    return ops.randomBits(fromHost(this.key.slice(), [2], "int32"), fromHost(counter, [2], "int32"), shape)
  }
}

function keyOf(seed: number): Int32Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "a seed is a whole number ≥ 0",
      where: "manualSeed",
      expected: "0 … 2^53 - 1",
      got: String(seed),
    })
  }
  return Int32Array.of(seed | 0, Math.floor(seed / 2 ** 32) | 0)
}

const defaultGenerator = new Generator(new Random(Date.now()).uint32())

/** Seeds the generator that random functions use when none is given. */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed)
}

export interface RandomOptions extends TensorOptions {
  readonly generator?: Generator
}

function finish(node: Node, { dtype = "float32", requiresGrad }: TensorOptions): Tensor {
  const t = wrap(ops.cast(node, dtype))
  return requiresGrad ? t.requiresGrad_() : t
}

/** Uniform on [0, 1) with 24 bits. */
function uniform24(bits: Node): Node {
  const top = ops.shiftRight(bits, ops.constantLike(bits, 8))
  return ops.scale(ops.cast(top, "float64"), 2 ** -24)
}

/** Uniform on the open interval (0, 1) with 32 bits. */
function uniform32(bits: Node): Node {
  const signed = ops.cast(bits, "float64")
  const positive = ops.add(signed, ops.constantLike(signed, 2 ** 31 + 0.5))
  return ops.scale(positive, 2 ** -32)
}

/** Uniform on [0, 1). */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  checkShape(shape, "rand")
  return finish(uniform24((options.generator ?? defaultGenerator).bits(shape)), options)
}

/** Standard normal. */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  checkShape(shape, "randn")
  return finish(normalQuantile(uniform32((options.generator ?? defaultGenerator).bits(shape))), options)
}

/** Whole numbers low … high - 1. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  checkShape(shape, "randint")
  const u = uniform32((options.generator ?? defaultGenerator).bits(shape))
  const value = ops.add(ops.floor(ops.scale(u, high - low)), ops.constantLike(u, low))
  return finish(value, { dtype: "int32", ...options })
}

function polynomial(x: Node, coefficients: readonly number[]): Node {
  let sum = ops.constantLike(x, coefficients.at(-1)!)
  for (let i = coefficients.length - 2; i >= 0; i--)
    sum = ops.add(ops.mul(sum, x), ops.constantLike(x, coefficients[i]!))
  return sum
}

/**
 * ln x for 0 < x < 1, from additions, products and quotients of doubles alone, so that every device gives the same
 * bits. x is scaled by powers of two to m in [√½, √2); ln m = 2·artanh((m − 1)/(m + 1)).
 */
function exactLog(x: Node): Node {
  let mantissa = x
  let exponent = ops.constantLike(x, 0)
  for (const shift of [32, 16, 8, 4, 2, 1]) {
    const small = ops.lt(mantissa, ops.constantLike(x, 2 ** -shift))
    mantissa = ops.where(small, ops.scale(mantissa, 2 ** shift), mantissa)
    exponent = ops.where(small, ops.sub(exponent, ops.constantLike(x, shift)), exponent)
  }
  const low = ops.lt(mantissa, ops.constantLike(x, Math.SQRT1_2))
  mantissa = ops.where(low, ops.scale(mantissa, 2), mantissa)
  exponent = ops.where(low, ops.sub(exponent, ops.constantLike(x, 1)), exponent)
  const one = ops.constantLike(x, 1)
  const s = ops.div(ops.sub(mantissa, one), ops.add(mantissa, one))
  const series = polynomial(
    ops.mul(s, s),
    Array.from({ length: 11 }, (_, i) => 2 / (2 * i + 1)),
  )
  return ops.add(ops.scale(exponent, Math.LN2), ops.mul(s, series))
}

// Wichura (1988), algorithm AS 241 (PPND16), Applied Statistics 37, 477–484.
const central = {
  numerator: [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  denominator: [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
  ],
}
const middle = {
  numerator: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  denominator: [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
}
const tail = {
  numerator: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  denominator: [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
}

/** Quantile function of the standard normal: turns one uniform number into one normal number. */
function normalQuantile(p: Node): Node {
  const rational = (x: Node, { numerator, denominator }: typeof central): Node =>
    ops.div(polynomial(x, numerator), polynomial(x, denominator))
  const q = ops.sub(p, ops.constantLike(p, 0.5))
  const inner = ops.mul(q, rational(ops.sub(ops.constantLike(q, 0.180625), ops.mul(q, q)), central))
  const upper = ops.gt(q, ops.constantLike(q, 0))
  const edge = ops.where(upper, ops.sub(ops.constantLike(p, 1), p), p)
  const r = ops.sqrt(ops.neg(exactLog(edge)))
  const near = rational(ops.sub(r, ops.constantLike(r, 1.6)), middle)
  const far = rational(ops.sub(r, ops.constantLike(r, 5)), tail)
  const size = ops.where(ops.le(r, ops.constantLike(r, 5)), near, far)
  const outer = ops.where(upper, size, ops.neg(size))
  return ops.where(ops.le(ops.abs(q), ops.constantLike(q, 0.425)), inner, outer)
}

import type { DType } from "../../base/index.ts"
import { formatShape, hostArray, NablaError, normalizeDim } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { broadcastArguments, floatType, resultType } from "../arguments.ts"
import { composed } from "../composed.ts"
import type { Tensor } from "../tensor.ts"
import { nodeOf, wrap, wrapHost } from "../tensor.ts"
import { vectorNorm } from "./norm.ts"

/**
 * Discrete Fourier transforms of any length in O(n log n). There is no complex type: a complex tensor is a real one
 * with a last dimension of size 2, (real, imaginary), which `dim` does not count. `rfft` takes real numbers, the others
 * complex ones; `complex(x)` makes them from real ones.
 */

export interface FftOptions {
  /** Length of the transform: the signal is cut or filled with zeros to it. */
  readonly n?: number
  /** Dimension of the signal, not counting the pairs (default: the last). */
  readonly dim?: number
  /** Where the factor 1/n goes: to the inverse ("backward", default), to the transform, or its root to both. */
  readonly norm?: FftNorm
}

export type FftNorm = "backward" | "ortho" | "forward"

/** Pairs (real, imaginary); without `imag` the imaginary parts are 0. */
export const complex = composed("complex", (real: Tensor, imag?: Tensor): Tensor => {
  const dtype = floatType(imag === undefined ? real.dtype : resultType(real, imag))
  const parts = broadcastArguments("fft.complex", imag === undefined ? [real] : [real, imag], dtype)
  return wrap(pairs(parts[0]!, parts[1] ?? ops.constantLike(parts[0]!, 0)))
})

function pairs(re: Node, im: Node): Node {
  const column = (x: Node): Node => ops.reshape(x, [...x.shape, 1])
  return ops.cat([column(re), column(im)], re.shape.length)
}

function complexNode(input: Tensor, where: string): Node {
  if (input.ndim >= 2 && input.shape.at(-1) === 2) return ops.cast(nodeOf(input), floatType(input.dtype))
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "a complex tensor has a last dimension of size 2: the real and the imaginary part",
    where,
    expected: "[…, n, 2]",
    got: formatShape(input.shape),
    hint: "make one from real numbers with fft.complex(x), or use fft.rfft",
  })
}

function part(z: Node, which: number): Node {
  return ops.reshape(ops.sliceDim(z, z.shape.length - 1, which, 1), z.shape.slice(0, -1))
}

function pairPart(input: Tensor, which: number, where: string): Tensor {
  if (input.shape.at(-1) === 2) return wrap(part(nodeOf(input), which))
  return wrap(part(complexNode(input, where), which))
}

/** Real parts of complex numbers. */
export const real = composed("real", (input: Tensor): Tensor => {
  return pairPart(input, 0, "fft.real")
})

/** Imaginary parts of complex numbers. */
export const imag = composed("imag", (input: Tensor): Tensor => {
  return pairPart(input, 1, "fft.imag")
})

/** |z|, with derivative 0 at 0. */
export const abs = composed("abs", (input: Tensor): Tensor => {
  return vectorNorm(input, { dim: -1 })
})

/** The product of complex numbers, elementwise; the arguments broadcast. */
export const multiply = composed("multiply", (input: Tensor, other: Tensor): Tensor => {
  const where = "fft.multiply"
  const [x, y] = broadcastArguments(where, [input, other], floatType(resultType(input, other)))
  const [a, b, c, d] = [part(x!, 0), part(x!, 1), part(y!, 0), part(y!, 1)]
  return wrap(pairs(ops.sub(ops.mul(a, c), ops.mul(b, d)), ops.add(ops.mul(a, d), ops.mul(b, c))))
})

/** Factor of a transform of length n. */
function factor(n: number, norm: FftNorm, inverse: boolean): number {
  if (norm === "ortho") return 1 / Math.sqrt(n)
  return (norm === "forward") === inverse ? 1 : 1 / n
}

function checkLength(n: number, where: string): void {
  if (Number.isInteger(n) && n >= 1) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "a transform has at least one element",
    where,
    expected: "a length n of at least 1",
    got: String(n),
  })
}

/** Cut or filled with zeros to a length along one dimension. */
function resized(x: Node, dim: number, n: number): Node {
  const size = x.shape[dim]!
  if (size === n) return x
  if (size > n) return ops.sliceDim(x, dim, 0, n)
  const zeros = x.shape.map(() => 0)
  const shape = x.shape.map((s, i) => (i === dim ? n : s))
  return ops.pad(x, { shape, low: zeros, interior: zeros, value: 0 })
}

/** Transform along one dimension of a complex node, not normalised. */
function transformAlong(z: Node, dim: number, inverse: boolean): Node {
  const last = z.shape.length - 2
  const order = z.shape.map((_, i) => (i === dim ? last : i === last ? dim : i))
  return ops.permute(ops.dft(ops.permute(z, order), inverse), order)
}

function transform(input: Tensor, options: FftOptions, inverse: boolean, where: string): Tensor {
  const z = complexNode(input, where)
  const dim = normalizeDim(options.dim ?? -1, input.ndim - 1, where)
  const n = options.n ?? z.shape[dim]!
  checkLength(n, where)
  const out = transformAlong(resized(z, dim, n), dim, inverse)
  return wrap(ops.scale(out, factor(n, options.norm ?? "backward", inverse)))
}

/** X_k = Σ_j x_j·e^(−2πi·jk/n) of complex x. */
export const fft = composed("fft", (input: Tensor, options: FftOptions = {}): Tensor => {
  return transform(input, options, false, "fft.fft")
})

/** x_j = 1/n·Σ_k X_k·e^(2πi·jk/n) of complex X. */
export const ifft = composed("ifft", (input: Tensor, options: FftOptions = {}): Tensor => {
  return transform(input, options, true, "fft.ifft")
})

/** The transform of real numbers: the first ⌊n/2⌋ + 1 of its complex elements, of which the others are conjugates. */
export const rfft = composed("rfft", (input: Tensor, options: FftOptions = {}): Tensor => {
  const where = "fft.rfft"
  const dim = normalizeDim(options.dim ?? -1, input.ndim, where)
  const x = ops.cast(nodeOf(input), floatType(input.dtype))
  const n = options.n ?? x.shape[dim]!
  checkLength(n, where)
  const signal = resized(x, dim, n)
  const out = transformAlong(pairs(signal, ops.constantLike(signal, 0)), dim, false)
  const half = ops.sliceDim(out, dim, 0, Math.floor(n / 2) + 1)
  return wrap(ops.scale(half, factor(n, options.norm ?? "backward", false)))
})

/** Inverse of rfft: real numbers from half of their transform; n is 2·(elements − 1) unless it is given. */
export const irfft = composed("irfft", (input: Tensor, options: FftOptions = {}): Tensor => {
  const where = "fft.irfft"
  const z = complexNode(input, where)
  const dim = normalizeDim(options.dim ?? -1, input.ndim - 1, where)
  const n = options.n ?? 2 * (z.shape[dim]! - 1)
  checkLength(n, where)
  const half = resized(z, dim, Math.floor(n / 2) + 1)
  const mirrored = ops.flip(ops.sliceDim(half, dim, 1, n - half.shape[dim]!), [dim])
  const conjugate = pairs(part(mirrored, 0), ops.neg(part(mirrored, 1)))
  const out = part(transformAlong(ops.cat([half, conjugate], dim), dim, true), 0)
  return wrap(ops.scale(out, factor(n, options.norm ?? "backward", true)))
})

export interface FftnOptions {
  /** Lengths of the transforms, one for each of `dim`. */
  readonly s?: readonly number[]
  /** Dimensions, not counting the pairs (default: all; for fft2 and ifft2 the last two). */
  readonly dim?: readonly number[]
  readonly norm?: FftNorm
}

function alongAll(input: Tensor, options: FftnOptions, each: typeof fft): Tensor {
  const rank = input.ndim - 1
  const count = options.s?.length ?? rank
  const dims = options.dim ?? Array.from({ length: count }, (_, i) => rank - count + i)
  const { norm = "backward" } = options
  return dims.reduce((z, dim, i) => {
    const n = options.s?.[i]
    return each(z, n === undefined ? { dim, norm } : { n, dim, norm })
  }, input)
}

/** Transform along several dimensions. */
export const fftn = composed("fftn", (input: Tensor, options: FftnOptions = {}): Tensor => {
  return alongAll(input, options, fft)
})

/** Inverse of fftn. */
export const ifftn = composed("ifftn", (input: Tensor, options: FftnOptions = {}): Tensor => {
  return alongAll(input, options, ifft)
})

/** Transform along two dimensions, the last two unless `dim` says otherwise. */
export const fft2 = composed("fft2", (input: Tensor, options: FftnOptions = {}): Tensor => {
  return alongAll(input, { dim: [-2, -1], ...options }, fft)
})

/** Inverse of fft2. */
export const ifft2 = composed("ifft2", (input: Tensor, options: FftnOptions = {}): Tensor => {
  return alongAll(input, { dim: [-2, -1], ...options }, ifft)
})

export interface FrequencyOptions {
  /** Time between two elements (default 1). */
  readonly d?: number
  readonly dtype?: DType
}

/** Frequency of each element of a transform of length n, in cycles per unit of d: 0, 1, …, −2, −1 over n·d. */
export function fftfreq(n: number, { d = 1, dtype = "float32" }: FrequencyOptions = {}): Tensor {
  checkLength(n, "fft.fftfreq")
  const data = hostArray(dtype, n)
  for (let k = 0; k < n; k++) data[k] = (k < n / 2 ? k : k - n) / (n * d)
  return wrapHost(data, [n], dtype)
}

/** Frequencies of the elements of rfft: 0, 1, …, ⌊n/2⌋ over n·d. */
export function rfftfreq(n: number, { d = 1, dtype = "float32" }: FrequencyOptions = {}): Tensor {
  checkLength(n, "fft.rfftfreq")
  const data = hostArray(dtype, Math.floor(n / 2) + 1)
  for (let k = 0; k < data.length; k++) data[k] = k / (n * d)
  return wrapHost(data, [data.length], dtype)
}

/** Moves the zero frequency to the middle of dimensions, which are counted as those of a real tensor are. */
export const fftshift = composed("fftshift", (input: Tensor, dim: number | readonly number[]): Tensor => {
  return shifted(input, dim, (size) => Math.floor(size / 2))
})

/** Inverse of fftshift. */
export const ifftshift = composed("ifftshift", (input: Tensor, dim: number | readonly number[]): Tensor => {
  return shifted(input, dim, (size) => Math.ceil(size / 2))
})

function shifted(input: Tensor, dim: number | readonly number[], by: (size: number) => number): Tensor {
  let node = nodeOf(input)
  for (const d of typeof dim === "number" ? [dim] : dim) {
    const at = normalizeDim(d, input.ndim, "fft.fftshift")
    const size = node.shape[at]!
    const split = size - by(size)
    if (split === 0 || split === size) continue
    node = ops.cat([ops.sliceDim(node, at, split, size - split), ops.sliceDim(node, at, 0, split)], at)
  }
  return wrap(node)
}

import type { DType } from "../base/index.ts"
import { hostArray } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { StoredValue, sourceNode } from "../graph/index.ts"

/** Constants of Fourier transforms: computed once for each length, on the host, in double precision. */

interface Table {
  readonly re: Float64Array
  readonly im: Float64Array
  /** The table as a tensor of pairs. */
  node(dtype: DType): Node
}

const LARGEST_RADIX = 13
/** Tables kept; they are only a cache. */
const LIMIT = 64

/** Radices of the stages for length n, or null when a prime factor is too large for a stage of its own. */
export function factorize(n: number): number[] | null {
  const radices: number[] = []
  let rest = n
  for (const radix of [4, 2, 3, 5, 7, 11, LARGEST_RADIX]) {
    for (; rest % radix === 0; rest /= radix) radices.push(radix)
  }
  if (rest > 1) return null
  return radices.length === 0 ? [1] : radices
}

function remember<T>(cache: Map<string, T>, key: string, make: () => T): T {
  let found = cache.get(key)
  if (found === undefined) {
    found = make()
    if (cache.size >= LIMIT) cache.clear()
    cache.set(key, found)
  }
  return found
}

/** A tensor [n, 2] of the numbers that `pair` gives for each row. */
function tableNode(n: number, dtype: DType, pair: (i: number) => readonly [number, number]): Node {
  const data = hostArray(dtype, 2 * n)
  for (let i = 0; i < n; i++) data.set(pair(i), 2 * i)
  return sourceNode([n, 2], dtype, new StoredValue(dtype, data.length, data))
}

/** e^(−2πi·t/n), exact at the quarters of the circle. */
function root(t: number, n: number): [re: number, im: number] {
  const quarters = (4 * t) / n
  if (Number.isInteger(quarters)) return [[1, 0, -1, 0][quarters % 4]!, [0, -1, 0, 1][quarters % 4]!]
  const angle = (-2 * Math.PI * t) / n
  return [Math.cos(angle), Math.sin(angle)]
}

const roots = new Map<string, Table>()

/** e^(−2πi·t/n) for t = 0 … n−1. */
export function rootsOfUnity(n: number): Table {
  return remember(roots, String(n), () => {
    const [re, im] = [new Float64Array(n), new Float64Array(n)]
    for (let t = 0; t < n; t++) [re[t], im[t]] = root(t, n) as [number, number]
    const nodes = new Map<DType, Node>()
    const node = (dtype: DType): Node => {
      const known = nodes.get(dtype) ?? tableNode(n, dtype, (t) => [re[t]!, im[t]!])
      nodes.set(dtype, known)
      return known
    }
    return { re, im, node }
  })
}

/** Constants c to multiply by: (Re c, Re c) for the number itself and (−Im c, Im c) for its swapped parts. */
interface Factors {
  readonly real: Node
  readonly imaginary: Node
}

function factors(re: Float64Array, im: Float64Array, dtype: DType): Factors {
  return {
    real: tableNode(re.length, dtype, (i) => [re[i]!, re[i]!]),
    imaginary: tableNode(re.length, dtype, (i) => [-im[i]!, im[i]!]),
  }
}

export interface ChirpTables {
  /** Length of the convolution: a power of two. */
  readonly length: number
  /** e^(∓πi·k²/n) */
  readonly chirp: Factors
  /** Transform of the conjugate chirp, wrapped around. */
  readonly spectrum: Factors
}

const chirps = new Map<string, ChirpTables>()

export function chirpTables(n: number, dtype: DType, inverse: boolean): ChirpTables {
  return remember(chirps, `${n},${dtype},${inverse}`, () => {
    const length = 2 ** Math.ceil(Math.log2(2 * n - 1))
    const [re, im] = [new Float64Array(n), new Float64Array(n)]
    const [wrappedRe, wrappedIm] = [new Float64Array(length), new Float64Array(length)]
    const sign = inverse ? -1 : 1
    for (let k = 0; k < n; k++) {
      // k² is taken modulo 2n while it is still exact.
      const [c, s] = root((k * k) % (2 * n), 2 * n)
      re[k] = c
      im[k] = sign * s
      for (const at of [k, (length - k) % length]) {
        wrappedRe[at] = re[k]!
        wrappedIm[at] = -im[k]!
      }
    }
    transform(wrappedRe, wrappedIm)
    return { length, chirp: factors(re, im, dtype), spectrum: factors(wrappedRe, wrappedIm, dtype) }
  })
}

/** The transform of a power of two on the host, in place. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length
  if (n === 1) return
  const half = n / 2
  const part = (from: Float64Array, odd: number): Float64Array =>
    Float64Array.from({ length: half }, (_, i) => from[2 * i + odd]!)
  const [evenRe, evenIm, oddRe, oddIm] = [part(re, 0), part(im, 0), part(re, 1), part(im, 1)]
  transform(evenRe, evenIm)
  transform(oddRe, oddIm)
  for (let k = 0; k < half; k++) {
    const [c, s] = root(k, n)
    const tRe = c * oddRe[k]! - s * oddIm[k]!
    const tIm = c * oddIm[k]! + s * oddRe[k]!
    re[k] = evenRe[k]! + tRe
    im[k] = evenIm[k]! + tIm
    re[k + half] = evenRe[k]! - tRe
    im[k + half] = evenIm[k]! - tIm
  }
}

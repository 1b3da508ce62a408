import { numel } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import type { Code, Expr, Scalar } from "../kernel/index.ts"
import * as ir from "../kernel/index.ts"
import { add, mul, scale } from "./arithmetic.ts"
import { expand } from "./broadcast.ts"
import { chirpTables, factorize, rootsOfUnity } from "./fourier-tables.ts"
import type { Primitive, RoutineFrame } from "./record.ts"
import { loop, plus, times } from "./routine.ts"
import { flip, pad, sliceDim } from "./views.ts"

/**
 * Discrete Fourier transforms. A complex number is a pair (real, imaginary) in a last dimension of size 2; transforms
 * run along the dimension before it.
 */
export interface DftAttrs {
  /** The sign of the exponent is + in the inverse. */
  readonly inverse: boolean
}

/**
 * X_k = Σ_j x_j·e^(∓2πi·jk/n), not normalised, for lengths whose prime factors are small, by Stockham's algorithm of
 * mixed radix. Inputs: x and the n-th roots of unity. The map is linear, and its transpose is the inverse transform.
 */
export const dftOp: Primitive<DftAttrs> = {
  name: "dft",
  key: ({ inverse }) => String(inverse),
  shape: ([x]) => x!,
  jvp: ([t], { inputs: [, roots] }, attrs) => (t === null ? null : makeNode(dftOp, [t!, roots!], attrs)),
  vjp: (ct, { inputs: [, roots] }, { inverse }) => [
    makeNode(dftOp, [ct, roots!], { inverse: !inverse }),
    null,
  ],
  vmap: (inputs, _, __, attrs) => makeNode(dftOp, inputs, attrs),
  lower: { kind: "routine", emit: emitDft },
}

/** Complex numbers in a buffer. */
interface Signal {
  readonly buffer: number
  readonly offset: Expr
}

interface Complex {
  readonly re: Expr
  readonly im: Expr
}

function emitDft({ code, attrs, output, arguments: [source, roots], result }: RoutineFrame<DftAttrs>): void {
  const n = output.shape.at(-2)!
  const type = code.typeOf(result)
  const radices = factorize(n)!
  const scratch = radices.length > 1 ? [code.scratch(type, 2 * n), code.scratch(type, 2 * n)] : []
  loop(code, 0, numel(output.shape.slice(0, -2)), (batch) => {
    const offset = code.bind(times(batch, 2 * n))
    let from: Signal = { buffer: source!, offset }
    let stride = 1
    radices.forEach((radix, i) => {
      const last = i === radices.length - 1
      const to = last ? { buffer: result, offset } : { buffer: scratch[i % 2]!, offset: ir.int(0) }
      emitStage(code, { n, radix, stride, type, from, to, roots: roots!, inverse: attrs.inverse })
      from = to
      stride *= radix
    })
  })
}

interface Stage {
  readonly n: number
  readonly radix: number
  /** Product of the radices of the stages before. */
  readonly stride: number
  readonly type: Scalar
  readonly from: Signal
  readonly to: Signal
  readonly roots: number
  readonly inverse: boolean
}

/**
 * y[q + s·(r·p + k)] = w^(p·k·s)·Σ_j x[q + s·(p + m·j)]·w_r^(j·k) with stride s, radix r, m = n/(r·s) and w the first
 * n-th root of unity: one digit of the index is transformed and moves to its place.
 */
function emitStage(code: Code, stage: Stage): void {
  const { n, radix, stride, from, to, roots, inverse } = stage
  const rest = n / radix / stride
  const at = (signal: Signal, index: Expr): Expr => plus(signal.offset, times(index, 2))
  const load = (buffer: number, address: Expr): Complex => ({
    re: code.bind(code.load(buffer, address)),
    im: code.bind(code.load(buffer, plus(address, 1))),
  })
  loop(code, 0, rest, (p) => {
    const twiddles = Array.from({ length: radix }, (_, k) => {
      const root = load(roots, code.bind(times(p, 2 * k * stride)))
      return inverse ? { re: root.re, im: code.bind(ir.unary("neg", root.im)) } : root
    })
    loop(code, 0, stride, (q) => {
      const x = Array.from({ length: radix }, (_, j) =>
        load(from.buffer, code.bind(at(from, plus(q, times(plus(p, rest * j), stride))))),
      )
      for (let k = 0; k < radix; k++) {
        const sum = butterfly(code, stage, x, k)
        const { re, im } = k === 0 ? sum : product(code, sum, twiddles[k]!)
        const target = code.bind(at(to, plus(q, times(plus(times(p, radix), k), stride))))
        code.store(to.buffer, target, re)
        code.store(to.buffer, plus(target, 1), im)
      }
    })
  })
}

/** Σ_j x_j·w_r^(j·k), with the few roots written out as constants. */
function butterfly(code: Code, { radix, type, inverse }: Stage, x: readonly Complex[], k: number): Complex {
  const { re, im } = rootsOfUnity(radix)
  let sum = x[0]!
  for (let j = 1; j < radix; j++) {
    const at = (j * k) % radix
    const term = timesConstant(x[j]!, type, re[at]!, inverse ? -im[at]! : im[at]!)
    sum = { re: code.bind(ir.add(sum.re, term.re)), im: code.bind(ir.add(sum.im, term.im)) }
  }
  return sum
}

function timesConstant(x: Complex, type: Scalar, re: number, im: number): Complex {
  const neg = (e: Expr): Expr => ir.unary("neg", e)
  const by = (e: Expr, factor: number): Expr => ir.mul(e, ir.constant(type, factor))
  if (im === 0) return re === 1 ? x : re === -1 ? { re: neg(x.re), im: neg(x.im) } : x
  if (re === 0) return im === 1 ? { re: neg(x.im), im: x.re } : { re: x.im, im: neg(x.re) }
  return { re: ir.sub(by(x.re, re), by(x.im, im)), im: ir.add(by(x.re, im), by(x.im, re)) }
}

function product(code: Code, a: Complex, b: Complex): Complex {
  return {
    re: code.bind(ir.sub(ir.mul(a.re, b.re), ir.mul(a.im, b.im))),
    im: code.bind(ir.add(ir.mul(a.re, b.im), ir.mul(a.im, b.re))),
  }
}

/** Transform along the dimension before the last, of any length n ≥ 1 in O(n log n). */
export function dft(x: Node, inverse: boolean): Node {
  const n = x.shape.at(-2)!
  if (x.aval.size === 0) return x
  if (factorize(n) === null) return bluestein(x, inverse)
  return makeNode(dftOp, [x, rootsOfUnity(n).node(x.aval.dtype)], { inverse })
}

/** x·c for constants c along the dimension before the last: (x, i·x)·(Re c, Im c). */
function timesTable(x: Node, { real, imaginary }: { real: Node; imaginary: Node }): Node {
  const swapped = flip(x, [x.shape.length - 1])
  return add(mul(x, expand(real, x.shape)), mul(swapped, expand(imaginary, x.shape)))
}

/**
 * Lengths with a large prime factor: since jk = (j² + k² − (k−j)²)/2, the transform is a convolution with a chirp
 * (Bluestein 1970), which is computed by transforms of a power of two.
 */
function bluestein(x: Node, inverse: boolean): Node {
  const last = x.shape.length - 1
  const n = x.shape[last - 1]!
  const { length, chirp, spectrum } = chirpTables(n, x.aval.dtype, inverse)
  const zeros = x.shape.map(() => 0)
  const shape = x.shape.map((size, i) => (i === last - 1 ? length : size))
  const wide = pad(timesTable(x, chirp), { shape, low: zeros, interior: zeros, value: 0 })
  const convolved = dft(timesTable(dft(wide, false), spectrum), true)
  return scale(timesTable(sliceDim(convolved, last - 1, 0, n), chirp), 1 / length)
}

import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import type { KernelBuilder, Scalar, Value } from "../kernel/index.ts"
import { mul, unary, unaryOp } from "./arithmetic.ts"
import { elementwise } from "./elementwise.ts"
import type { Primitive } from "./record.ts"

/** ln |Γ|, its derivative ψ, and the derivatives of that: polygamma(n) = ψ⁽ⁿ⁾, each the derivative of the one before. */

export const lgammaOp = unaryOp("lgamma", "lgamma", 60, (t, _, { inputs: [x] }) => mul(t, digamma(x!)))
export const digammaOp = unaryOp("digamma", "digamma", 60, (t, _, { inputs: [x] }) =>
  mul(t, polygamma(1, x!)),
)
export const lgamma = unary(lgammaOp)
export const digamma = unary(digammaOp)

export interface PolygammaAttrs {
  /** Order of the derivative of ψ, at least 1. */
  readonly n: number
}

export const polygammaOp: Primitive<PolygammaAttrs> = elementwise<PolygammaAttrs>({
  name: "polygamma",
  key: ({ n }) => String(n),
  cost: 150,
  value: (b, [x], { n }, type) => new Polygamma(b, type, n).value(x!),
  derivative: (t, _, { inputs: [x] }, { n }) => mul(t, polygamma(n + 1, x!)),
})

export function polygamma(n: number, x: Node): Node {
  return n === 0 ? digamma(x) : makeNode(polygammaOp, [x], { n })
}

/** B₂, B₄, … B₁₆ */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510]

/** From here on the asymptotic series is exact to the last digits. */
const LARGE = 10

/** (a + 1)·(a + 2)·…·b */
function factorialRatio(b: number, a: number): number {
  let product = 1
  for (let i = a + 1; i <= b; i++) product *= i
  return product
}

/** Writes ψ⁽ⁿ⁾(x) for one n ≥ 1 into a kernel. */
class Polygamma {
  private readonly b: KernelBuilder
  private readonly type: Scalar
  private readonly n: number

  constructor(b: KernelBuilder, type: Scalar, n: number) {
    this.b = b
    this.type = type
    this.n = n
  }

  private constant(value: number): Value {
    return this.b.constant(this.type, value)
  }

  private add(x: Value, y: Value): Value {
    return this.b.binary("add", x, y)
  }

  private sub(x: Value, y: Value): Value {
    return this.b.binary("sub", x, y)
  }

  private mul(x: Value, y: Value): Value {
    return this.b.binary("mul", x, y)
  }

  private power(x: Value, n: number): Value {
    return n === 1 ? x : this.mul(this.power(x, n - 1), x)
  }

  private polynomial(coefficients: readonly number[], x: Value): Value {
    return coefficients.reduceRight<Value>(
      (sum, c) => this.add(this.mul(sum, x), this.constant(c)),
      this.constant(0),
    )
  }

  /**
   * Below ½ by reflection, which follows from ψ(1 − x) − ψ(x) = π·cot πx by n derivatives:
   * ψ⁽ⁿ⁾(x) = (−1)ⁿ·ψ⁽ⁿ⁾(1 − x) − π·dⁿ/dxⁿ cot πx.
   */
  value(x: Value): Value {
    const { b, n } = this
    const reflected = b.compare("lt", x, this.constant(0.5))
    const usual = this.fromHalf(b.select(reflected, this.sub(this.constant(1), x), x))
    const turned = n % 2 === 0 ? usual : b.unary("neg", usual)
    return b.select(reflected, this.sub(turned, this.cotangentTerm(x)), usual)
  }

  /** Recurrence ψ⁽ⁿ⁾(z) = ψ⁽ⁿ⁾(z + 1) + (−1)ⁿ⁺¹·n!/zⁿ⁺¹ until z ≥ 10, then the series (Abramowitz & Stegun 6.4.11). */
  private fromHalf(start: Value): Value {
    const { b, n } = this
    const sign = n % 2 === 0 ? -1 : 1
    const numerator = this.constant(sign * factorialRatio(n, 0))
    let z = start
    let sum = this.constant(0)
    for (let i = 0; i < LARGE; i++) {
      const small = b.compare("lt", z, this.constant(LARGE))
      const term = b.binary("div", numerator, this.power(z, n + 1))
      sum = this.add(sum, b.select(small, term, this.constant(0)))
      z = b.select(small, this.add(z, this.constant(1)), z)
    }
    const r = b.binary("div", this.constant(1), z)
    // (n−1)! + n!/(2z) + Σ B₂ₖ·(2k+n−1)!/(2k)! / z²ᵏ, all times 1/zⁿ
    const coefficients = BERNOULLI.map((B, k) => sign * B * factorialRatio(2 * k + 1 + n, 2 * k + 2))
    const head = this.polynomial([sign * factorialRatio(n - 1, 0), (sign * factorialRatio(n, 0)) / 2], r)
    const square = this.mul(r, r)
    const series = this.mul(square, this.polynomial(coefficients, square))
    return this.add(sum, this.mul(this.add(head, series), this.power(r, n)))
  }

  /** π·dⁿ/dxⁿ cot πx = πⁿ⁺¹·Pₙ(cot πx) with P₀(c) = c, Pₙ₊₁(c) = −(1 + c²)·Pₙ′(c). */
  private cotangentTerm(x: Value): Value {
    const { b } = this
    let coefficients = [0, 1]
    for (let i = 0; i < this.n; i++) {
      const slope = coefficients.slice(1).map((c, k) => c * (k + 1))
      const next = new Array<number>(slope.length + 2).fill(0)
      slope.forEach((c, k) => {
        next[k]! -= c
        next[k + 2]! -= c
      })
      coefficients = next
    }
    // The whole part goes first, since sin and cos lose digits for large arguments.
    const angle = this.mul(this.sub(x, b.unary("round", x)), this.constant(Math.PI))
    const cotangent = b.binary("div", b.unary("cos", angle), b.unary("sin", angle))
    return this.mul(this.polynomial(coefficients, cotangent), this.constant(Math.PI ** (this.n + 1)))
  }
}

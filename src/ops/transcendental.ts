import type { Node } from "../graph/index.ts"
import {
  add,
  binary,
  binaryOp,
  div,
  eq,
  le,
  mul,
  neg,
  scale,
  sub,
  unary,
  unaryOp,
  where,
} from "./arithmetic.ts"
import { constantLike } from "./broadcast.ts"
import { elementwise } from "./elementwise.ts"
import type { NoAttrs, Primitive } from "./record.ts"

/** Functions with their derivatives beside them. `y` is the result, `x` the argument; t is the incoming tangent. */

const one = (x: Node): Node => constantLike(x, 1)
const square = (x: Node): Node => mul(x, x)

/** Record of a function of one variable with derivative f′(x), which may be given through the result y. */
/* @__NO_SIDE_EFFECTS__ */
function smooth(name: Parameters<typeof unaryOp>[1], cost: number, derivative: (x: Node, y: Node) => Node) {
  return unaryOp(name, name, cost, (t, _, node) => mul(t, derivative(node.inputs[0]!, node)))
}

// √x: 1/(2√x), infinite at 0
export const sqrtOp = unaryOp("sqrt", "sqrt", 6, (t, _, y) => div(t, scale(y, 2)))
// eˣ: eˣ
export const expOp = smooth("exp", 12, (_, y) => y)
// 2ˣ: ln2·2ˣ
export const exp2Op = smooth("exp2", 12, (_, y) => scale(y, Math.LN2))
// eˣ − 1: y + 1
export const expm1Op = smooth("expm1", 14, (_, y) => add(y, one(y)))
// ln x: 1/x
export const logOp = unaryOp("log", "log", 14, (t, _, { inputs: [x] }) => div(t, x!))
export const log2Op = unaryOp("log2", "log2", 14, (t, _, { inputs: [x] }) => div(t, scale(x!, Math.LN2)))
export const log10Op = unaryOp("log10", "log10", 14, (t, _, { inputs: [x] }) => div(t, scale(x!, Math.LN10)))
// ln(1 + x): 1/(1 + x)
export const log1pOp = unaryOp("log1p", "log1p", 16, (t, _, { inputs: [x] }) => div(t, add(x!, one(x!))))
// sin: cos, cos: −sin, tan: 1 + tan²
export const sinOp = smooth("sin", 14, (x) => cos(x))
export const cosOp = smooth("cos", 14, (x) => neg(sin(x)))
export const tanOp = smooth("tan", 30, (_, y) => add(square(y), one(y)))
// asin: 1/√(1−x²), acos: −1/√(1−x²), atan: 1/(1+x²)
export const asinOp = unaryOp("asin", "asin", 30, (t, _, { inputs: [x] }) =>
  div(t, sqrt(sub(one(x!), square(x!)))),
)
export const acosOp = unaryOp("acos", "acos", 30, (t, _, { inputs: [x] }) =>
  neg(div(t, sqrt(sub(one(x!), square(x!))))),
)
export const atanOp = unaryOp("atan", "atan", 30, (t, _, { inputs: [x] }) => div(t, add(square(x!), one(x!))))
// sinh: cosh, cosh: sinh, tanh: 1 − tanh²
export const sinhOp = smooth("sinh", 30, (x) => cosh(x))
export const coshOp = smooth("cosh", 30, (x) => sinh(x))
export const tanhOp = smooth("tanh", 14, (_, y) => sub(one(y), square(y)))
// asinh: 1/√(x²+1), acosh: 1/√(x²−1), atanh: 1/(1−x²)
export const asinhOp = unaryOp("asinh", "asinh", 30, (t, _, { inputs: [x] }) =>
  div(t, sqrt(add(square(x!), one(x!)))),
)
export const acoshOp = unaryOp("acosh", "acosh", 30, (t, _, { inputs: [x] }) =>
  div(t, sqrt(sub(square(x!), one(x!)))),
)
export const atanhOp = unaryOp("atanh", "atanh", 30, (t, _, { inputs: [x] }) =>
  div(t, sub(one(x!), square(x!))),
)
// erf: 2/√π·e^(−x²)
const gauss = (x: Node): Node => scale(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))
export const erfOp = smooth("erf", 20, (x) => gauss(x))
export const erfcOp = smooth("erfc", 40, (x) => neg(gauss(x)))
// erf⁻¹: √π/2·e^(y²)
export const erfinvOp = smooth("erfinv", 40, (_, y) => scale(exp(square(y)), Math.sqrt(Math.PI) / 2))
// σ(x) = 1/(1 + e^(−x)): σ·(1 − σ). A primitive, since the derivative of the formula is ∞/∞ for large −x.
export const sigmoidOp: Primitive<NoAttrs> = elementwise<NoAttrs>({
  name: "sigmoid",
  cost: 18,
  value: (b, [x], _, type) => {
    const unit = b.constant(type, 1)
    return b.binary("div", unit, b.binary("add", unit, b.unary("exp", b.unary("neg", x!))))
  },
  derivative: (t, _, y) => mul(t, mul(y, sub(one(y), y))),
})

export const sqrt = unary(sqrtOp)
export const exp = unary(expOp)
export const exp2 = unary(exp2Op)
export const expm1 = unary(expm1Op)
export const log = unary(logOp)
export const log2 = unary(log2Op)
export const log10 = unary(log10Op)
export const log1p = unary(log1pOp)
export const sin = unary(sinOp)
export const cos = unary(cosOp)
export const tan = unary(tanOp)
export const asin = unary(asinOp)
export const acos = unary(acosOp)
export const atan = unary(atanOp)
export const sinh = unary(sinhOp)
export const cosh = unary(coshOp)
export const tanh = unary(tanhOp)
export const asinh = unary(asinhOp)
export const acosh = unary(acoshOp)
export const atanh = unary(atanhOp)
export const erf = unary(erfOp)
export const erfc = unary(erfcOp)
export const erfinv = unary(erfinvOp)
export const sigmoid = unary(sigmoidOp)

/**
 * aᵇ. ∂a: b·a^(b−1), 0 where b = 0; ∂b: aᵇ·ln a, 0 where a = 0 and b ≥ 0 (PyTorch's choices at the kinks).
 */
export const powOp = binaryOp("pow", "pow", 40, (t, i, node) => {
  const [a, b] = node.inputs
  const zero = constantLike(t, 0)
  if (i === 0) {
    const slope = mul(b!, pow(a!, sub(b!, one(b!))))
    return where(eq(b!, constantLike(b!, 0)), zero, mul(t, slope))
  }
  const flat = eq(a!, constantLike(a!, 0))
  const nonNegative = le(constantLike(b!, 0), b!)
  const safe = where(flat, one(a!), a!)
  const usual = mul(t, mul(node, log(safe)))
  const atZero = where(nonNegative, zero, mul(t, mul(node, log(a!))))
  return where(flat, atZero, usual)
})
export const pow = binary(powOp)

// atan2(y, x): x/(x²+y²)·dy − y/(x²+y²)·dx
export const atan2Op = binaryOp("atan2", "atan2", 40, (t, i, { inputs: [y, x] }) => {
  const r2 = add(square(x!), square(y!))
  return i === 0 ? mul(t, div(x!, r2)) : neg(mul(t, div(y!, r2)))
})
export const atan2 = binary(atan2Op)

// √(a² + b²): a/h·da + b/h·db
export const hypotOp = binaryOp("hypot", "hypot", 40, (t, i, node) => mul(t, div(node.inputs[i]!, node)))
export const hypot = binary(hypotOp)

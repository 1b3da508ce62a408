import { NablaError } from "../../base/index.ts"
import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { activation } from "../activation-calls.ts"
import { composed } from "../composed.ts"
import type { Tensor, TensorLike } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import { binary, floatNode, floatResult, real } from "./elementwise.ts"

/** Error function 2/√π·∫₀ˣ e^(−t²) dt. */
export const erf = real("erf", ops.erf)
/** 1 − erf(x), exact for large x. */
export const erfc = real("erfc", ops.erfc)
/** The x with erf(x) = y; ±∞ at ±1, NaN beyond. */
export const erfinv = real("erfinv", ops.erfinv)
/** ln |Γ(x)| */
export const lgamma = real("lgamma", ops.lgamma)
/** ψ(x) = Γ′(x)/Γ(x) */
export const digamma = real("digamma", ops.digamma)
/** 1/(1 + e^(−x)) */
export const sigmoid = activation(
  "sigmoid",
  [
    [-Infinity, -4.5849],
    [4.5849, Infinity],
  ],
  real("sigmoid", ops.sigmoid),
)

function checkOrder(n: number, least: number, where: string): void {
  if (Number.isInteger(n) && n >= least) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the order is no whole number in the range",
    where,
    expected: `a whole number ≥ ${least}`,
    got: String(n),
  })
}

/** The n-th derivative of digamma. */
export function polygamma(n: number, input: Tensor): Tensor {
  checkOrder(n, 0, "polygamma")
  return wrap(ops.polygamma(n, floatNode(input, "polygamma")))
}

/** ln of the p-dimensional gamma function: p(p−1)/4·ln π + Σⱼ ln Γ(x − (j−1)/2), j = 1 … p. */
export const mvlgamma = composed("mvlgamma", (input: Tensor, p: number): Tensor => {
  checkOrder(p, 1, "mvlgamma")
  const x = floatNode(input, "mvlgamma")
  let sum = ops.constantLike(x, ((p * (p - 1)) / 4) * Math.log(Math.PI))
  for (let j = 0; j < p; j++) sum = ops.add(sum, ops.lgamma(ops.sub(x, ops.constantLike(x, j / 2))))
  return wrap(sum)
})

export interface LogitOptions {
  /** The argument is first clamped to eps … 1 − eps. */
  readonly eps?: number | null
}

/** ln(x/(1 − x)), the inverse of sigmoid. NaN outside 0 … 1 unless clamped. */
export const logit = composed("logit", (input: Tensor, { eps }: LogitOptions = {}): Tensor => {
  let x = floatNode(input, "logit")
  if (eps !== undefined && eps !== null) {
    const [low, high] = [ops.constantLike(x, eps), ops.constantLike(x, 1 - eps)]
    x = ops.where(ops.lt(x, low), low, ops.where(ops.gt(x, high), high, x))
  }
  return wrap(ops.sub(ops.log(x), ops.log1p(ops.neg(x))))
})

/** x·log(y), where `log` is −∞ at `pole`; 0 where x is 0, unless y is NaN. */
function timesLog(log: (y: Node) => Node, pole: number): (x: Node, y: Node) => Node {
  return (x, y) => {
    const none = ops.eq(x, ops.constantLike(x, 0))
    const noLog = ops.or(ops.le(y, ops.constantLike(y, pole)), ops.eq(y, ops.constantLike(y, Infinity)))
    // There the logarithm of a harmless number is multiplied by 0; elsewhere ∂x is the logarithm also at x = 0.
    const safe = ops.where(ops.and(none, noLog), ops.constantLike(y, pole + 1), y)
    return ops.mul(x, log(safe))
  }
}

/** input·ln(other), and 0 where the input is 0, even if other is 0. */
export const xlogy = composed("xlogy", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("xlogy", timesLog(ops.log, 0), input, other, floatResult(input, other))
})

/** input·ln(1 + other), and 0 where the input is 0. */
export const xlog1py = composed("xlog1py", (input: TensorLike, other: TensorLike): Tensor => {
  return binary("xlog1py", timesLog(ops.log1p, -1), input, other, floatResult(input, other))
})

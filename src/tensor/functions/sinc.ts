import type { Node } from "../../graph/index.ts"
import * as ops from "../../ops/index.ts"
import { real } from "./elementwise.ts"

/** (−1)ᵏ·π²ᵏ/(2k+1)!, enough of them for |x| ≤ ½ in double precision. */
const SERIES = Array.from({ length: 13 }, (_, k) => {
  let term = 1
  for (let i = 1; i <= k; i++) term *= -(Math.PI ** 2) / (2 * i * (2 * i + 1))
  return term
})

/**
 * sin(πx)/(πx), 1 at 0. Near 0 by its series in x², since the quotient's derivatives lose all their digits there.
 */
export const sinc = real("sinc", (x) => {
  const near = ops.le(ops.abs(x), ops.constantLike(x, 0.5))
  const one = ops.constantLike(x, 1)
  const angle = ops.scale(ops.where(near, one, x), Math.PI)
  return ops.where(near, series(ops.where(near, x, one)), ops.div(ops.sin(angle), angle))
})

function series(x: Node): Node {
  const square = ops.mul(x, x)
  return SERIES.reduceRight<Node>(
    (sum, c) => ops.add(ops.mul(sum, square), ops.constantLike(x, c)),
    ops.constantLike(x, 0),
  )
}

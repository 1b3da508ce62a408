import { backward } from "./backward.ts"
import * as arithmetic from "./functions/arithmetic.ts"
import * as contraction from "./functions/contraction.ts"
import * as math from "./functions/math.ts"
import * as reduce from "./functions/reduce.ts"
import * as shape from "./functions/shape.ts"
import { Tensor } from "./tensor.ts"

/** A function whose first argument is a tensor, as a method of that tensor. */
type Method<F> = F extends (input: never, ...rest: infer R) => infer T ? (...rest: R) => T : never
type MethodsOf<M> = { [K in keyof M]: Method<M[K]> }

const { finiteMaximum: _, variance, ...reductions } = reduce
const functions = { ...arithmetic, ...contraction, ...math, ...reductions, ...shape, var: variance, backward }

export type TensorMethods = MethodsOf<typeof functions>

declare module "./tensor.ts" {
  interface Tensor extends TensorMethods {}
}

for (const [name, f] of Object.entries(functions)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return (f as (input: Tensor, ...rest: never[]) => unknown)(this, ...rest)
    },
    writable: true,
    configurable: true,
  })
}

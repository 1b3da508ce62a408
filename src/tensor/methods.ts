// Every method that a tensor can have. Programs that count bytes do without this file: see core-methods.ts.
import "./core-methods.ts"

import { attach } from "./attach.ts"
import { backward } from "./backward.ts"
import * as contraction from "./functions/contraction.ts"
import * as convert from "./functions/convert.ts"
import * as matrix from "./functions/matrix.ts"
import * as numeric from "./functions/numeric.ts"
import { where } from "./functions/select.ts"
import * as structural from "./functions/structural.ts"
import { unfold } from "./functions/windowed.ts"
import { registerHook, retainGrad } from "./hooks.ts"
import * as places from "./in-place.ts"
import { describe, toArray } from "./printing.ts"
import type { Tensor, TensorLike } from "./tensor.ts"

/** A function whose first argument is a tensor, as a method of that tensor; it may have up to three overloads. */
type Method<F> = F extends {
  (input: never, ...a: infer A): infer X
  (input: never, ...b: infer B): infer Y
  (input: never, ...c: infer C): infer Z
}
  ? { (...a: A): X; (...b: B): Y; (...c: C): Z }
  : F extends (input: never, ...rest: infer R extends readonly unknown[]) => infer T
    ? (...rest: R) => T
    : never
type MethodsOf<M> = { [K in keyof M]: Method<M[K]> }

// Functions whose first argument is not the tensor that PyTorch has the method of.
const turned = {
  polygamma: (input: Tensor, n: number): Tensor => numeric.polygamma(n, input),
  where: (input: Tensor, condition: Tensor, other: TensorLike): Tensor => where(condition, input, other),
}
const { polygamma: _, ...numbers } = numeric
const functions = {
  ...numbers,
  ...contraction,
  ...matrix,
  ...structural,
  ...convert,
  ...turned,
  var: numeric.variance,
  unfold,
  toArray,
  toString: describe,
  backward,
  registerHook,
  retainGrad,
}

const { assign: __, inPlace: ___, inPlaceNames: ____, ...writers } = places

type Forms = MethodsOf<typeof functions>
/** The forms with a trailing underscore of functions that have one. */
type InPlaceForms = { [K in places.InPlaceName as `${K}_`]: Forms[K] }
export type TensorMethods = Forms & InPlaceForms & MethodsOf<typeof writers>

declare module "./tensor.ts" {
  interface Tensor extends TensorMethods {
    /** The tensor with its dimensions in reverse order. */
    readonly T: Tensor
    /** The matrices transposed: the last two dimensions exchanged. */
    readonly mT: Tensor
  }
}

attach({ ...functions, ...writers })

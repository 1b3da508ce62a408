import { NablaError } from "../base/index.ts"
import { attach } from "./attach.ts"
import { backward } from "./backward.ts"
import { gelu, leakyRelu, logsigmoid, relu, silu, softplus } from "./functions/activation.ts"
import * as arithmetic from "./functions/arithmetic.ts"
import { clamp, maximum, minimum } from "./functions/bounds.ts"
import { allclose, eq, equal, ge, gt, isfinite, isnan, le, lt, ne } from "./functions/compare.ts"
import { bmm, dot, matmul, mm, mv } from "./functions/contraction.ts"
import * as convert from "./functions/convert.ts"
import { gather, indexSelect } from "./functions/gather.ts"
import { index } from "./functions/indexing.ts"
import { logicalAnd, logicalNot, logicalOr } from "./functions/logic.ts"
import { maskedFill } from "./functions/mask.ts"
import { abs, ceil, cos, exp, floor, log, log1p, neg, round, sign, sin, tanh } from "./functions/math.ts"
import { pow, reciprocal, rsqrt, sqrt, square } from "./functions/power.ts"
import { all, amax, amin, any, argmax, argmin, max, mean, min, prod, sum } from "./functions/reduce.ts"
import { where } from "./functions/select.ts"
import {
  clone,
  contiguous,
  detach,
  expand,
  expandAs,
  flatten,
  permute,
  reshape,
  squeeze,
  t,
  transpose,
  unflatten,
  unsqueeze,
  view,
} from "./functions/shape.ts"
import { logSoftmax, logsumexp, softmax } from "./functions/softmax.ts"
import { sigmoid } from "./functions/special.ts"
import { chunk, narrow, select, split, unbind } from "./functions/split.ts"
import { std, variance } from "./functions/variance.ts"
import { unfold } from "./functions/windowed.ts"
import { registerHook, retainGrad } from "./hooks.ts"
import { bernoulli_, copy_, exponential_, fill_, normal_, uniform_, zero_ } from "./in-place.ts"
import { furtherMethods } from "./method-names.ts"
import { describe, toArray } from "./printing.ts"
import type { TensorLike } from "./tensor.ts"
import { Tensor } from "./tensor.ts"

/** The methods that every tensor has: what networks, optimizers and training loops are written with. */
const core = {
  ...arithmetic,
  ...convert,
  ...{ abs, ceil, cos, exp, floor, log, log1p, neg, round, sign, sin, tanh },
  ...{ pow, reciprocal, rsqrt, sqrt, square, clamp, maximum, minimum },
  ...{ gelu, leakyRelu, logsigmoid, relu, sigmoid, silu, softplus, logSoftmax, logsumexp, softmax },
  ...{ allclose, eq, equal, ge, gt, isfinite, isnan, le, lt, ne, logicalAnd, logicalNot, logicalOr },
  ...{ all, amax, amin, any, argmax, argmin, max, mean, min, prod, std, sum, var: variance },
  ...{ bmm, dot, matmul, mm, mv },
  ...{ clone, contiguous, detach, expand, expandAs, flatten, permute, reshape, squeeze, t, transpose },
  ...{ unflatten, unfold, unsqueeze, view, chunk, narrow, select, split, unbind },
  ...{ gather, index, indexSelect, maskedFill },
  ...{ bernoulli_, copy_, exponential_, fill_, normal_, uniform_, zero_ },
  ...{ toArray, toString: describe, backward, registerHook, retainGrad },
  where: (input: Tensor, condition: Tensor, other: TensorLike): Tensor => where(condition, input, other),
}

function missing(name: string): () => never {
  return () => {
    throw new NablaError("NABLA_METHOD_NOT_LOADED", {
      message: `this program was put together without the method ${name}`,
      where: name,
    })
  }
}

attach(Object.fromEntries(furtherMethods.map((name) => [name, missing(name)])))
attach(core)

/** What Node's console shows, found by this name in every environment. */
Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: Tensor) {
    return describe(this)
  },
  configurable: true,
})

Object.defineProperties(Tensor.prototype, {
  T: {
    get(this: Tensor) {
      return permute(this, this.shape.map((_, i) => i).reverse())
    },
  },
  mT: {
    get(this: Tensor) {
      return transpose(this, -2, -1)
    },
  },
})

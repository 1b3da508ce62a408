import type { DType } from "../base/index.ts"
import { formatShape, NablaError, promoteTypes, sameShape } from "../base/index.ts"
import { aliasNode, sourceNode } from "../graph/index.ts"
import * as ops from "../ops/index.ts"
import { toNode, valueNode } from "./arguments.ts"
import type { RandomOptions } from "./random.ts"
import { bernoulliLike, exponential, normal, uniform } from "./random.ts"
import type { TensorLike } from "./tensor.ts"
import { isGradEnabled, type Tensor, wrap } from "./tensor.ts"

/**
 * In-place forms: the handle of a tensor is pointed at the result of the function. Other handles keep their values,
 * views too, since tensors share no memory; what was computed from the former value keeps its derivative.
 */

/** The functions that have a form with a trailing underscore. */
export const inPlaceNames = [
  "abs",
  "acos",
  "acosh",
  "add",
  "addcdiv",
  "addcmul",
  "asin",
  "asinh",
  "atan",
  "atanh",
  "ceil",
  "clamp",
  "cos",
  "cosh",
  "cumprod",
  "cumsum",
  "digamma",
  "div",
  "elu",
  "erf",
  "erfc",
  "erfinv",
  "exp",
  "exp2",
  "expm1",
  "floor",
  "fmod",
  "frac",
  "hypot",
  "indexAdd",
  "indexCopy",
  "indexFill",
  "indexPut",
  "leakyRelu",
  "lerp",
  "lgamma",
  "log",
  "log10",
  "log1p",
  "log2",
  "logicalAnd",
  "logicalNot",
  "logicalOr",
  "logicalXor",
  "logit",
  "maskedFill",
  "maskedScatter",
  "mul",
  "nanToNum",
  "neg",
  "pow",
  "reciprocal",
  "relu",
  "remainder",
  "round",
  "rsqrt",
  "scatter",
  "scatterAdd",
  "scatterReduce",
  "sigmoid",
  "sign",
  "sin",
  "sinc",
  "sinh",
  "sqrt",
  "square",
  "sub",
  "tan",
  "tanh",
  "tril",
  "triu",
  "trunc",
  "xlogy",
] as const

export type InPlaceName = (typeof inPlaceNames)[number]

/** Points a tensor at a new value of its own shape and type. */
export function assign(target: Tensor, result: Tensor, where: string): Tensor {
  if (target.requiresGrad && isGradEnabled()) {
    throw new NablaError("NABLA_IN_PLACE", {
      message: "a tensor that requires gradients cannot change in place while derivatives are recorded",
      where,
    })
  }
  if (!sameShape(result.shape, target.shape)) {
    throw new NablaError("NABLA_IN_PLACE", {
      message: "the result has another shape than the tensor",
      where,
      expected: formatShape(target.shape),
      got: formatShape(result.shape),
      hint: "use the form without the trailing underscore",
    })
  }
  checkHolds(target.dtype, result.dtype, where)
  const node = ops.cast(result.node, target.dtype)
  if (!target.requiresGrad) target.replace(node)
  // A leaf needs a node of its own: the result's may stand for other tensors as well.
  else if (node.value === null) target.replace(aliasNode(node))
  else target.replace(sourceNode(node.shape, target.dtype, node.value, true))
  return target
}

/** A result of a lower category, or of another width, is converted; a float does not go into whole numbers. */
function checkHolds(own: DType, result: DType, where: string): void {
  const floats = own === "float32" || own === "float64"
  if (floats || promoteTypes(own, result) === own) return
  throw new NablaError("NABLA_IN_PLACE", {
    message: `a result of type ${result} does not fit into a tensor of type ${own}`,
    where,
    expected: own,
    got: result,
    hint: "use the form without the trailing underscore",
  })
}

/** Copies another tensor's values, broadcast and converted to the type of this one. */
export function copy_(target: Tensor, source: TensorLike): Tensor {
  const node = toNode(source, target.dtype)
  return assign(target, wrap(expandTo(node, target, "copy_")), "copy_")
}

function expandTo(node: ReturnType<typeof toNode>, target: Tensor, where: string): typeof node {
  const offset = target.ndim - node.shape.length
  const fits = offset >= 0 && node.shape.every((size, i) => size === 1 || size === target.shape[i + offset])
  if (fits) return ops.expand(node, target.shape)
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the values do not broadcast to the tensor's shape",
    where,
    expected: formatShape(target.shape),
    got: formatShape(node.shape),
  })
}

/** Sets every element to one value. */
export function fill_(target: Tensor, value: TensorLike): Tensor {
  return assign(target, wrap(expandTo(valueNode(value, target.dtype, "fill_"), target, "fill_")), "fill_")
}

/** Sets every element to 0. */
export function zero_(target: Tensor): Tensor {
  return assign(target, wrap(ops.constantLike(target.node, 0)), "zero_")
}

/** Draws every element from the uniform distribution on [low, high). */
export function uniform_(target: Tensor, low = 0, high = 1, options: RandomOptions = {}): Tensor {
  return assign(target, uniform(low, high, target.shape, { ...options, dtype: target.dtype }), "uniform_")
}

/** Draws every element from a normal distribution. */
export function normal_(target: Tensor, mean = 0, std = 1, options: RandomOptions = {}): Tensor {
  return assign(target, normal(mean, std, target.shape, { ...options, dtype: target.dtype }), "normal_")
}

/** Draws every element from an exponential distribution. */
export function exponential_(target: Tensor, rate = 1, options: RandomOptions = {}): Tensor {
  return assign(target, exponential(rate, target.shape, { ...options, dtype: target.dtype }), "exponential_")
}

/** Sets every element to 1 with probability p, otherwise to 0. */
export function bernoulli_(target: Tensor, p = 0.5, options: RandomOptions = {}): Tensor {
  return assign(target, bernoulliLike(target, p, options), "bernoulli_")
}

/** The in-place form of a function whose first argument is the tensor. */
export function inPlace(
  name: string,
  f: (target: Tensor, ...rest: never[]) => unknown,
): (target: Tensor, ...rest: never[]) => Tensor {
  return (target, ...rest) => assign(target, f(target, ...rest) as Tensor, `${name}_`)
}

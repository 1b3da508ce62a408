import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  arange,
  div,
  eq,
  full,
  ge,
  logicalAnd,
  logicalOr,
  lt,
  mul,
  ne,
  reshape,
  sub,
  where,
} from "../../tensor/index.ts"
import { checkClassWeight, knownValues } from "./check.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

/** What losses against class indices share. */
export interface ClassOptions extends LossOptions {
  /** A factor for each class, of shape [C]. Default: 1 for all. */
  readonly weight?: Tensor
  /** Samples of this class count for nothing (class indices only). Default: -100. */
  readonly ignoreIndex?: number
}

const IGNORED = -100

/** The dimension of the classes: 1, or 0 without a batch. */
export function classDim(where: string, input: Tensor): number {
  if (input.ndim > 0) return input.ndim === 1 ? 0 : 1
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the input has no dimension of classes",
    where,
    expected: "[N, C], [C] or [N, C, …]",
    got: formatShape(input.shape),
  })
}

/** [C] as [1, C, 1, …]: along the dimension of the classes. */
export function alongClasses(values: Tensor, like: Tensor, dim: number): Tensor {
  return reshape(
    values,
    like.shape.map((size, i) => (i === dim ? size : 1)),
  )
}

/** Whether each class is the one that the labels name: bool, of the shape of `like`. */
export function isLabel(target: Tensor, like: Tensor, dim: number): Tensor {
  return eq(alongClasses(arange(like.shape[dim]!), like, dim), target.unsqueeze(dim))
}

/**
 * −w[y]·((1 − ε)·logits[y] + ε·mean of logits), by labels y; the mean divides by the sum of the weights.
 *
 * @param logits log-probabilities [N, C, …]
 */
export function labelLoss(
  where_: string,
  logits: Tensor,
  target: Tensor,
  { weight, ignoreIndex = IGNORED, reduction }: ClassOptions,
  labelSmoothing = 0,
): Tensor {
  const dim = classDim(where_, logits)
  const classes = logits.shape[dim]!
  checkClassWeight(where_, weight, classes)
  checkLabels(where_, logits, target, dim, ignoreIndex)
  const chosen = isLabel(target, logits, dim)
  const pick = (values: Tensor): Tensor => where(chosen, values, 0).sum(dim)
  const factor = weight === undefined ? null : alongClasses(weight, logits, dim)
  const weighted = factor === null ? logits : mul(logits, factor)
  const likelihood = pick(weighted)
  const smoothed =
    labelSmoothing === 0
      ? likelihood
      : mul(likelihood, 1 - labelSmoothing).add(mul(weighted.sum(dim), labelSmoothing / classes))
  const bound = (value: number): Tensor => full([], value, { dtype: "int32" })
  const counted = ne(target, bound(ignoreIndex))
  const outside = logicalAnd(counted, logicalOr(lt(target, 0), ge(target, bound(classes))))
  const losses = where(outside, Number.NaN, where(counted, sub(0, smoothed), 0))
  return reduce(where_, losses, reduction, () => {
    const share =
      factor === null ? counted.to(logits.dtype) : where(counted, pick(factor.expand(logits.shape)), 0)
    return div(losses.sum(), share.sum())
  })
}

/** Labels without the dimension of classes, of type int32, and in range where their values are at hand. */
export function checkLabels(
  where: string,
  input: Tensor,
  target: Tensor,
  dim: number,
  ignored: number | null,
): void {
  const shape = input.shape.filter((_, i) => i !== dim)
  if (!sameShape(target.shape, shape)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the target does not fit the input",
      where,
      expected: `class indices of shape ${formatShape(shape)}, or probabilities of shape ${formatShape(input.shape)}`,
      got: `${target.dtype} ${formatShape(target.shape)}`,
    })
  }
  checkIndexType(where, target)
  const classes = input.shape[dim]!
  checkRange(where, target, (label) => label === ignored || (label >= 0 && label < classes), {
    expected: `0 … ${classes - 1} for an input of shape ${formatShape(input.shape)}`,
  })
}

export function checkIndexType(where: string, target: Tensor): void {
  if (target.dtype === "int32") return
  throw new NablaError("NABLA_INVALID_DTYPE", {
    message: "class indices are whole numbers",
    where,
    expected: "int32",
    got: target.dtype,
    hint: 'make them with { dtype: "int32" }, or convert them with .to("int32")',
  })
}

/** Labels whose values are at hand must be good ones. */
export function checkRange(
  where: string,
  target: Tensor,
  good: (label: number, index: number) => boolean,
  { expected }: { readonly expected: string },
): void {
  const labels = knownValues(target)
  if (labels === null) return
  const bad = labels.findIndex((label: number, index: number) => !good(label, index))
  if (bad < 0) return
  throw new NablaError("NABLA_LABEL_RANGE", {
    message: "a label is outside of the classes",
    where,
    expected,
    got: `${labels[bad]} at index ${bad} of the target`,
  })
}

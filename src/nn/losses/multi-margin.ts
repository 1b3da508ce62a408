import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  arange,
  clamp,
  composed,
  cumprod,
  div,
  eq,
  gather,
  ge,
  logicalAnd,
  logicalNot,
  logsigmoid,
  mul,
  neg,
  sub,
  where,
} from "../../tensor/index.ts"
import type { BceOptions } from "./binary-cross-entropy.ts"
import { checkClassWeight, checkSameShape } from "./check.ts"
import { checkIndexType, checkLabels, checkRange, isLabel } from "./class-indices.ts"
import type { MarginOptions } from "./hinge.ts"
import { aboveZero } from "./hinge.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface MultiMarginOptions extends MarginOptions {
  /** Power of each violation: 1 (default) or 2. */
  readonly p?: 1 | 2
  /** A factor for each class, of shape [C]. Default: 1 for all. */
  readonly weight?: Tensor
}

function checkRows(where_: string, input: Tensor): void {
  if (input.ndim === 1 || input.ndim === 2) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the input needs rows of class scores",
    where: where_,
    expected: "[N, C] or [C]",
    got: formatShape(input.shape),
  })
}

/**
 * The hinge loss of several classes: the score of the right one is to be ahead of each other by a margin.
 *
 * ℓₙ = Σ_{i ≠ yₙ} w[yₙ]·max(0, margin − xₙ[yₙ] + xₙ[i])^p / C; margin 1, p 1; loss = mean (or sum) of ℓ
 *
 * Shapes: input [N, C] and target [N] of int32, or [C] and [] → [], or the target's shape with `reduction: "none"`.
 *
 * Paper: Crammer & Singer 2001, On the algorithmic implementation of multiclass kernel-based vector machines, JMLR 2.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together
 * @throws NABLA_LABEL_RANGE for a label outside of 0 … C − 1, when the labels are known
 * @throws NABLA_INVALID_ARGUMENT for another power
 *
 * @example nn.multiMargin(tensor([[0.1, 0.2, 0.4]]), tensor([2], { dtype: "int32" })).itemSync() // 0.5
 */
export const multiMargin = composed(
  "multiMargin",
  (input: Tensor, target: Tensor, options: MultiMarginOptions = {}): Tensor => {
    const { margin = 1, p = 1, weight, reduction } = options
    checkRows("multiMargin", input)
    const classes = input.shape.at(-1)!
    checkPower(p)
    checkClassWeight("multiMargin", weight, classes)
    checkLabels("multiMargin", input, target, input.ndim - 1, null)
    const right = isLabel(target, input, input.ndim - 1)
    const pick = (values: Tensor): Tensor => where(right, values, 0).sum(-1, { keepdim: true })
    const violation = aboveZero(sub(add(input, margin), pick(input)))
    const power = p === 2 ? mul(violation, violation) : violation
    const factor = weight === undefined ? power : mul(power, pick(weight.expand(input.shape)))
    return reduce("multiMargin", div(where(right, 0, factor).sum(-1), classes), reduction)
  },
)

function checkPower(p: number): void {
  if (p === 1 || p === 2) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such power",
    where: "multiMargin",
    expected: "p: 1 | 2",
    got: String(p),
  })
}

/**
 * The hinge loss of samples with several labels: the score of each label is to be ahead of each other class by 1.
 *
 * ℓₙ = Σ_{j label of n} Σ_{i no label of n} max(0, 1 − (xₙ[j] − xₙ[i])) / C; loss = mean (or sum) of ℓ
 *
 * Shapes: input [N, C] and target [N, C] of int32: the labels, then −1 as the end of the list; or [C] and [C].
 * → [], or [N] with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 * @throws NABLA_LABEL_RANGE for a label outside of −1 … C − 1, when the labels are known
 *
 * @example
 * nn.multiLabelMargin(tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, 1]], { dtype: "int32" })).itemSync() // 0.85
 */
export const multiLabelMargin = composed(
  "multiLabelMargin",
  (input: Tensor, target: Tensor, { reduction }: LossOptions = {}): Tensor => {
    checkRows("multiLabelMargin", input)
    checkSameShape("multiLabelMargin", input, target)
    checkIndexType("multiLabelMargin", target)
    const classes = input.shape.at(-1)!
    checkRange("multiLabelMargin", target, (label) => label >= -1 && label < classes, {
      expected: `-1 … ${classes - 1} for an input of shape ${formatShape(input.shape)}`,
    })
    // What stands behind the first −1 is no label.
    const listed = eq(cumprod(ge(target, 0).to("int32"), -1), 1)
    const named = logicalAnd(listed.unsqueeze(-1), eq(target.unsqueeze(-1), arange(classes)))
    const isNamed = named.any(-2)
    const scores = gather(input, -1, clamp(target, { min: 0 }))
    // [.., j, i]: how much the score of label j falls short of being 1 ahead of class i.
    const violation = aboveZero(add(sub(input.unsqueeze(-2), scores.unsqueeze(-1)), 1))
    const compared = logicalAnd(listed.unsqueeze(-1), logicalNot(isNamed).unsqueeze(-2))
    const losses = div(where(compared, violation, 0).sum([-2, -1]), classes)
    return reduce("multiLabelMargin", losses, reduction)
  },
)

/**
 * A binary cross-entropy for each class, from logits: for samples with several labels.
 *
 * ℓₙ = −1/C·Σ_c w[c]·(y[n, c]·ln σ(x[n, c]) + (1 − y[n, c])·ln σ(−x[n, c])); loss = mean (or sum) of ℓ
 *
 * Shapes: input and target [*, C] → [], or [*] with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example nn.multiLabelSoftMargin(zeros([1, 2]), tensor([[1, 0]])).itemSync() // 0.6931…
 */
export const multiLabelSoftMargin = composed(
  "multiLabelSoftMargin",
  (input: Tensor, target: Tensor, { weight, reduction }: BceOptions = {}): Tensor => {
    checkSameShape("multiLabelSoftMargin", input, target)
    const losses = neg(add(mul(target, logsigmoid(input)), mul(sub(1, target), logsigmoid(neg(input)))))
    const weighted = weight === undefined ? losses : mul(losses, weight)
    return reduce("multiLabelSoftMargin", weighted.mean(-1), reduction)
  },
)

import type { Shape, TypedArray } from "../../base/index.ts"
import { formatShape, isFloating, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  arange,
  composed,
  div,
  eq,
  full,
  ge,
  logicalAnd,
  logicalOr,
  logSoftmax,
  lt,
  mul,
  ne,
  reshape,
  sub,
  where,
} from "../../tensor/index.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface CrossEntropyOptions extends LossOptions {
  /** A factor for each class, of shape [C]. Default: 1 for all. */
  readonly weight?: Tensor
  /** Samples of this class count for nothing (class indices only). Default: -100. */
  readonly ignoreIndex?: number
  /** Share ε of the target that is spread evenly over all classes. Default: 0. */
  readonly labelSmoothing?: number
}

/**
 * Cross-entropy of softmax(input) against classes, computed from logits without overflow.
 *
 * For class indices y: ℓₙ = −w[yₙ]·ln softmax(inputₙ)[yₙ]; mean = Σℓₙ / Σw[yₙ].
 * For probabilities p: ℓₙ = −Σ_c w[c]·p[n, c]·ln softmax(inputₙ)[c]; mean = Σℓₙ / N.
 * With label smoothing ε the target is (1 − ε)·target + ε/C.
 *
 * Shapes: input [N, C], [C], or [N, C, d₁, …]; target without the dimension C (int32 class indices), or of the input's
 * shape (probabilities).
 *
 * @throws NABLA_SHAPE_MISMATCH when the target fits in neither way
 * @throws NABLA_LABEL_RANGE for a label outside of 0 … C − 1, when the labels are known; labels that are computed are
 *   not looked at, and a wrong one makes the loss NaN
 *
 * @example nn.crossEntropy(tensor([[2, 0, 0]]), tensor([0], { dtype: "int32" })).itemSync() // 0.2395…
 */
export const crossEntropy = composed(
  "crossEntropy",
  (input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor => {
    const dim = classDim(input)
    const { labelSmoothing = 0, weight } = options
    checkOptions(input, dim, weight, labelSmoothing)
    const logits = logSoftmax(input, dim)
    // [C] as [1, C, 1, …]: along the dimension of the classes.
    const line = input.shape.map((size, i) => (i === dim ? size : 1))
    const factor = weight === undefined ? null : reshape(weight, line)
    if (isFloating(target.dtype) && sameShape(input.shape, target.shape)) {
      return againstProbabilities(logits, target, dim, factor, options)
    }
    checkLabels(input, target, dim, options.ignoreIndex ?? IGNORED)
    return againstLabels(logits, target, dim, line, factor, options)
  },
)

const IGNORED = -100

function classDim(input: Tensor): number {
  if (input.ndim > 0) return input.ndim === 1 ? 0 : 1
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the input has no dimension of classes",
    where: "crossEntropy",
    expected: "[N, C], [C] or [N, C, …]",
    got: formatShape(input.shape),
  })
}

function againstProbabilities(
  logits: Tensor,
  target: Tensor,
  dim: number,
  factor: Tensor | null,
  { labelSmoothing = 0, reduction }: CrossEntropyOptions,
): Tensor {
  const classes = logits.shape[dim]!
  const smoothed =
    labelSmoothing === 0 ? target : add(mul(target, 1 - labelSmoothing), labelSmoothing / classes)
  const products = mul(smoothed, factor === null ? logits : mul(logits, factor))
  const losses = sub(0, products.sum(dim))
  // Σ/N over all samples and positions, which is the mean of the losses.
  return reduce("crossEntropy", losses, reduction)
}

function againstLabels(
  logits: Tensor,
  target: Tensor,
  dim: number,
  line: Shape,
  factor: Tensor | null,
  { ignoreIndex = IGNORED, labelSmoothing = 0, reduction }: CrossEntropyOptions,
): Tensor {
  const classes = line[dim]!
  const column = target.unsqueeze(dim)
  const chosen = eq(reshape(arange(classes), line), column)
  const pick = (values: Tensor): Tensor => where(chosen, values, 0).sum(dim)
  const weighted = factor === null ? logits : mul(logits, factor)
  const likelihood = pick(weighted)
  const smoothed =
    labelSmoothing === 0
      ? likelihood
      : add(mul(likelihood, 1 - labelSmoothing), mul(weighted.sum(dim), labelSmoothing / classes))
  const bound = (value: number): Tensor => full([], value, { dtype: "int32" })
  const counted = ne(target, bound(ignoreIndex))
  const outside = logicalAnd(counted, logicalOr(lt(target, 0), ge(target, bound(classes))))
  const losses = where(outside, Number.NaN, where(counted, sub(0, smoothed), 0))
  return reduce("crossEntropy", losses, reduction, () => {
    const share =
      factor === null ? counted.to(logits.dtype) : where(counted, pick(factor.expand(logits.shape)), 0)
    return div(losses.sum(), share.sum())
  })
}

function checkOptions(input: Tensor, dim: number, weight: Tensor | undefined, smoothing: number): void {
  const classes = input.shape[dim]!
  if (weight !== undefined && !sameShape(weight.shape, [classes])) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the weight needs one factor for each class",
      where: "crossEntropy",
      expected: `[${classes}]`,
      got: formatShape(weight.shape),
    })
  }
  if (smoothing >= 0 && smoothing <= 1) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "labelSmoothing is a share",
    where: "crossEntropy",
    expected: "0 … 1",
    got: String(smoothing),
  })
}

function checkLabels(input: Tensor, target: Tensor, dim: number, ignored: number): void {
  const shape = input.shape.filter((_, i) => i !== dim)
  if (!sameShape(target.shape, shape)) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "the target does not fit the input",
      where: "crossEntropy",
      expected: `class indices of shape ${formatShape(shape)}, or probabilities of shape ${formatShape(input.shape)}`,
      got: `${target.dtype} ${formatShape(target.shape)}`,
    })
  }
  if (target.dtype !== "int32") {
    throw new NablaError("NABLA_INVALID_DTYPE", {
      message: "class indices are whole numbers",
      where: "crossEntropy",
      expected: "int32",
      got: target.dtype,
      hint: 'make them with { dtype: "int32" }, or convert them with .to("int32")',
    })
  }
  const labels = knownValues(target)
  if (labels === null) return
  const classes = input.shape[dim]!
  const bad = labels.findIndex((label: number) => label !== ignored && (label < 0 || label >= classes))
  if (bad < 0) return
  throw new NablaError("NABLA_LABEL_RANGE", {
    message: "a label is outside of the classes",
    where: "crossEntropy",
    expected: `0 … ${classes - 1} for an input of shape ${formatShape(input.shape)}`,
    got: `${labels[bad]} at index ${bad} of the target`,
  })
}

/** The elements of a tensor if they are at hand without computing or moving anything. */
function knownValues(t: Tensor): TypedArray | null {
  return t.node.value?.host ?? null
}

import { broadcastShapes, formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  composed,
  eq,
  minimum,
  mul,
  neg,
  pairwiseDistance,
  sqrt,
  sub,
  where,
} from "../../tensor/index.ts"
import { checkSameShape } from "./check.ts"
import type { MarginOptions } from "./hinge.ts"
import { aboveZero } from "./hinge.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

/** Keeps the cosine of a vector of zeros finite. */
const TINY = 1e-12

/**
 * For pairs of vectors: similar ones (y = 1) are to point in one direction, others (y = −1) are not.
 *
 * ℓₙ = 1 − cos(aₙ, bₙ) for yₙ = 1, max(0, cos(aₙ, bₙ) − margin) for yₙ = −1; margin 0; loss = mean (or sum) of ℓ
 *
 * Shapes: input1 and input2 [N, D], target [N]; or [D] and []. → [], or the target's shape with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together
 *
 * @example nn.cosineEmbedding(tensor([[1, 0]]), tensor([[0, 2]]), tensor([1])).itemSync() // 1
 */
export const cosineEmbedding = composed(
  "cosineEmbedding",
  (input1: Tensor, input2: Tensor, target: Tensor, options: MarginOptions = {}): Tensor => {
    const { margin = 0, reduction } = options
    checkSameShape("cosineEmbedding", input1, input2, "input2")
    checkTargetShape("cosineEmbedding", target, input1.shape.slice(0, -1))
    const lengths = (x: Tensor): Tensor => mul(x, x).sum(-1).add(TINY)
    const cosine = mul(input1, input2)
      .sum(-1)
      .div(sqrt(mul(lengths(input1), lengths(input2))))
    const losses = where(
      eq(target, 1),
      sub(1, cosine),
      where(eq(target, -1), aboveZero(sub(cosine, margin)), 0),
    )
    return reduce("cosineEmbedding", losses, reduction)
  },
)

function checkTargetShape(where_: string, target: Tensor, expected: readonly number[]): void {
  if (sameShape(target.shape, expected)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the target needs one label for each pair",
    where: where_,
    expected: formatShape(expected),
    got: formatShape(target.shape),
  })
}

/**
 * For pairs of scores: the first is to be the larger one (y = 1) or the smaller one (y = −1).
 *
 * ℓᵢ = max(0, −yᵢ·(x1ᵢ − x2ᵢ) + margin); margin 0; loss = mean (or sum) of ℓ
 *
 * Shapes: input1 and input2 of one shape; the target of that shape, or one that broadcasts to it. → [], or that shape
 * with `reduction: "none"`.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together
 *
 * @example nn.marginRanking(tensor([1, 1]), tensor([3, 0]), tensor([1, 1])).itemSync() // 1
 */
export const marginRanking = composed(
  "marginRanking",
  (input1: Tensor, input2: Tensor, target: Tensor, options: MarginOptions = {}): Tensor => {
    const { margin = 0, reduction } = options
    checkSameShape("marginRanking", input1, input2, "input2")
    const whole = broadcastShapes(input1.shape, target.shape, "marginRanking")
    checkTargetShape("marginRanking", sameShape(whole, input1.shape) ? input1 : target, input1.shape)
    return reduce("marginRanking", aboveZero(add(mul(neg(target), sub(input1, input2)), margin)), reduction)
  },
)

export interface TripletOptions extends MarginOptions {
  /** Whether the negative is compared with the nearer of anchor and positive (Balntas et al. 2016). Default: false. */
  readonly swap?: boolean
}

export interface TripletMarginOptions extends TripletOptions {
  /** Order of the norm. Default: 2. */
  readonly p?: number
  /** Added to each difference, which keeps the derivative finite. Default: 1e-6. */
  readonly eps?: number
}

export interface TripletDistanceOptions extends TripletOptions {
  /** Distance of two batches of vectors: [N, …] and [N, …] → [N]. Default: the Euclidean one, pairwiseDistance. */
  readonly distanceFunction?: (a: Tensor, b: Tensor) => Tensor
}

/**
 * An anchor is to be nearer to its positive than to its negative, by a margin.
 *
 * ℓₙ = max(0, margin + d(anchorₙ, positiveₙ) − d(anchorₙ, negativeₙ)), d = ‖a − b + eps‖ₚ; margin 1;
 * loss = mean (or sum) of ℓ
 *
 * Shapes: three times [N, D] → [], or [N] with `reduction: "none"`; likewise [D] → [].
 *
 * Paper: Schroff et al. 2015, FaceNet, arXiv:1503.03832v3; swap: Balntas et al. 2016, doi:10.5244/C.30.119.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes differ
 *
 * @example
 * const [anchor, positive, negative] = [zeros([1, 2]), ones([1, 2]), ones([1, 2])]
 * nn.tripletMargin(anchor, positive, negative).itemSync() // 1
 */
export const tripletMargin = composed(
  "tripletMargin",
  (anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletMarginOptions = {}): Tensor => {
    const { p = 2, eps = 1e-6, ...rest } = options
    checkSameShape("tripletMargin", anchor, positive, "positive")
    checkSameShape("tripletMargin", anchor, negative, "negative")
    const distance = (a: Tensor, b: Tensor): Tensor => pairwiseDistance(a, b, { p, eps })
    return triplet("tripletMargin", [anchor, positive, negative], distance, rest)
  },
)

/**
 * tripletMargin with a distance of one's own.
 *
 * Shapes: whatever the distance takes; it gives a value for each triplet.
 *
 * @example
 * const manhattan = (a: Tensor, b: Tensor) => a.sub(b).abs().sum(-1)
 * nn.tripletMarginWithDistance(anchor, positive, negative, { distanceFunction: manhattan })
 */
export const tripletMarginWithDistance = composed(
  "tripletMarginWithDistance",
  (anchor: Tensor, positive: Tensor, negative: Tensor, options: TripletDistanceOptions = {}): Tensor => {
    const { distanceFunction = pairwiseDistance, ...rest } = options
    const distance = (a: Tensor, b: Tensor): Tensor => distanceFunction(a, b)
    return triplet("tripletMarginWithDistance", [anchor, positive, negative], distance, rest)
  },
)

function triplet(
  where_: string,
  [anchor, positive, negative]: readonly [Tensor, Tensor, Tensor],
  distance: (a: Tensor, b: Tensor) => Tensor,
  { margin = 1, swap = false, reduction }: TripletOptions & LossOptions,
): Tensor {
  const near = distance(anchor, positive)
  const far = distance(anchor, negative)
  const least = swap ? minimum(far, distance(positive, negative)) : far
  return reduce(where_, aboveZero(add(sub(near, least), margin)), reduction)
}

import type { CosineSimilarityOptions, PairwiseDistanceOptions, Tensor } from "../../tensor/index.ts"
import {
  cosineSimilarity as cosineSimilarityOf,
  pairwiseDistance as pairwiseDistanceOf,
} from "../functional.ts"
import { Configured } from "./configured.ts"

type Pair = readonly [x1: Tensor, x2: Tensor]

/**
 * The cosine of the angle between vectors.
 *
 * y = x₁·x₂/(max(‖x₁‖, eps)·max(‖x₂‖, eps))
 *
 * Shapes: two tensors that broadcast, [*, D, *] → [*, *], without the dimension of the vectors. Values in [−1, 1].
 *
 * @param options dim 1: that dimension; eps 1e-8: least norm to divide by
 *
 * @example nn.cosineSimilarity({ dim: 0 }).forward(tensor([1, 0]), tensor([3, 4])) // 0.6
 */
export class CosineSimilarity extends Configured<CosineSimilarityOptions, Pair> {
  constructor(options: CosineSimilarityOptions = {}) {
    super(options, ["dim", "eps"])
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarityOf(x1, x2, this.options)
  }
}

/**
 * The distance between vectors, along the last dimension.
 *
 * y = ‖x₁ − x₂ + eps‖ₚ
 *
 * Shapes: two tensors that broadcast, [*, D] → [*], or [*, 1] with keepdim. Values in [0, ∞).
 *
 * @param options p 2: order of the norm; eps 1e-6: keeps the derivative finite where the vectors are equal; keepdim false
 *
 * @example nn.pairwiseDistance({ eps: 0 }).forward(tensor([[3, 4]]), tensor([[0, 0]])) // [5]
 */
export class PairwiseDistance extends Configured<PairwiseDistanceOptions, Pair> {
  constructor(options: PairwiseDistanceOptions = {}) {
    super(options, ["p", "eps", "keepdim"])
  }

  override forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistanceOf(x1, x2, this.options)
  }
}

export const cosineSimilarity = (options?: CosineSimilarityOptions): CosineSimilarity =>
  new CosineSimilarity(options)
export const pairwiseDistance = (options?: PairwiseDistanceOptions): PairwiseDistance =>
  new PairwiseDistance(options)

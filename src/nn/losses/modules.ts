import type { Tensor } from "../../tensor/index.ts"
import { checkNames } from "../check.ts"
import type { Members } from "../module.ts"
import { inSnakeCase, Module } from "../module.ts"
import { Buffer } from "../parameter.ts"
import type { HuberOptions, SmoothL1Options } from "./absolute.ts"
import { huber, l1, smoothL1 } from "./absolute.ts"
import type { BceOptions, BceWithLogitsOptions } from "./binary-cross-entropy.ts"
import { bce, bceWithLogits } from "./binary-cross-entropy.ts"
import type { ClassOptions } from "./class-indices.ts"
import type { CrossEntropyOptions } from "./cross-entropy.ts"
import { crossEntropy } from "./cross-entropy.ts"
import type { CtcOptions, Lengths } from "./ctc.ts"
import { ctc } from "./ctc.ts"
import type { FocalOptions } from "./focal.ts"
import { focal } from "./focal.ts"
import type { HingeOptions, MarginOptions } from "./hinge.ts"
import { hinge, hingeEmbedding, softMargin } from "./hinge.ts"
import type { KlDivOptions } from "./kl-div.ts"
import { klDiv } from "./kl-div.ts"
import type { GaussianNllOptions, PoissonNllOptions } from "./likelihood.ts"
import { gaussianNll, poissonNll } from "./likelihood.ts"
import { mse } from "./mse.ts"
import type { MultiMarginOptions } from "./multi-margin.ts"
import { multiLabelMargin, multiLabelSoftMargin, multiMargin } from "./multi-margin.ts"
import { nll } from "./nll.ts"
import type { TripletDistanceOptions, TripletMarginOptions } from "./ranking.ts"
import { cosineEmbedding, marginRanking, tripletMargin, tripletMarginWithDistance } from "./ranking.ts"
import type { LossOptions } from "./reduction.ts"

/*
 * The losses as modules, with PyTorch's names: a loss with its options, which a model can hold. The function of the
 * same name says what is computed, the shapes and the errors.
 */

type Pair = readonly [input: Tensor, target: Tensor]

/** A loss function with fixed options. Tensors among them (weights of classes) are buffers, as in PyTorch. */
abstract class Loss<Options extends object, Args extends readonly unknown[] = Pair> extends Module<
  Args,
  Tensor
> {
  /** A factor for each class or element, or null. */
  readonly weight: Buffer | null
  /** A factor for the positive part, or null. */
  readonly posWeight: Buffer | null
  readonly options: Options
  readonly #compute: (...args: [...Args, Options]) => Tensor

  constructor(
    compute: (...args: [...Args, Options]) => Tensor,
    options: Options,
    known: readonly (keyof Options & string)[],
  ) {
    super()
    checkNames(new.target.name, options, known)
    const { weight, posWeight, ...rest } = options as Options & BceWithLogitsOptions
    this.weight = weight === undefined ? null : new Buffer(weight)
    this.posWeight = posWeight === undefined ? null : new Buffer(posWeight)
    this.options = rest as Options
    this.#compute = compute
  }

  protected override members(): Members {
    return inSnakeCase(this)
  }

  override forward(...args: Args): Tensor {
    const { weight, posWeight } = this
    const tensors = { ...(weight && { weight }), ...(posWeight && { posWeight }) }
    return this.#compute(...args, { ...this.options, ...tensors })
  }
}

/** Squared error; see mse. @example new nn.MSELoss().forward(tensor([1, 2]), tensor([0, 0])) // 2.5 */
export class MSELoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(mse, options, ["reduction"])
  }
}

/** Absolute error; see l1. @example new nn.L1Loss().forward(tensor([1, -2]), tensor([0, 0])) // 1.5 */
export class L1Loss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(l1, options, ["reduction"])
  }
}

/**
 * Squared error near 0, absolute beyond; see smoothL1.
 *
 * @example new nn.SmoothL1Loss({ beta: 0.5 }).forward(tensor([1, -2]), tensor([0, 0]))
 */
export class SmoothL1Loss extends Loss<SmoothL1Options> {
  constructor(options: SmoothL1Options = {}) {
    super(smoothL1, options, ["reduction", "beta"])
  }
}

/**
 * Squared error near 0, absolute beyond; see huber.
 *
 * @example new nn.HuberLoss({ delta: 0.5 }).forward(tensor([1, -2]), tensor([0, 0]))
 */
export class HuberLoss extends Loss<HuberOptions> {
  constructor(options: HuberOptions = {}) {
    super(huber, options, ["reduction", "delta"])
  }
}

/**
 * Cross-entropy of logits against classes or probabilities; see crossEntropy.
 *
 * Attributes: `weight` [C], a buffer, or null.
 *
 * @example new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }).forward(logits, labels)
 */
export class CrossEntropyLoss extends Loss<CrossEntropyOptions> {
  constructor(options: CrossEntropyOptions = {}) {
    super(crossEntropy, options, ["reduction", "weight", "ignoreIndex", "labelSmoothing"])
  }
}

/**
 * Negative log-likelihood of classes; see nll. Attributes: `weight` [C], a buffer, or null.
 *
 * @example new nn.NLLLoss().forward(logSoftmax(randn([4, 3]), 1), tensor([0, 2, 1, 1], { dtype: "int32" }))
 */
export class NLLLoss extends Loss<ClassOptions> {
  constructor(options: ClassOptions = {}) {
    super(nll, options, ["reduction", "weight", "ignoreIndex"])
  }
}

/**
 * Cross-entropy of probabilities; see bce. Attributes: `weight`, a buffer, or null.
 *
 * @example new nn.BCELoss().forward(rand([4]), tensor([0, 1, 1, 0]))
 */
export class BCELoss extends Loss<BceOptions> {
  constructor(options: BceOptions = {}) {
    super(bce, options, ["reduction", "weight"])
  }
}

/**
 * Cross-entropy of binary logits; see bceWithLogits. Attributes: `weight` and `posWeight`, buffers, or null.
 *
 * @example new nn.BCEWithLogitsLoss().forward(randn([4]), tensor([0, 1, 1, 0]))
 */
export class BCEWithLogitsLoss extends Loss<BceWithLogitsOptions> {
  constructor(options: BceWithLogitsOptions = {}) {
    super(bceWithLogits, options, ["reduction", "weight", "posWeight"])
  }
}

/**
 * Cross-entropy that plays down easy samples; see focal. Attributes: `weight` [C], a buffer, or null.
 *
 * @example new nn.FocalLoss({ gamma: 2 }).forward(randn([4]), tensor([0, 1, 1, 0]))
 */
export class FocalLoss extends Loss<FocalOptions> {
  constructor(options: FocalOptions = {}) {
    super(focal, options, ["reduction", "weight", "ignoreIndex", "gamma", "alpha"])
  }
}

/**
 * Kullback–Leibler divergence; see klDiv.
 *
 * @example new nn.KLDivLoss({ reduction: "batchmean" }).forward(logSoftmax(randn([4, 3]), 1), softmax(randn([4, 3]), 1))
 */
export class KLDivLoss extends Loss<KlDivOptions> {
  constructor(options: KlDivOptions = {}) {
    super(klDiv, options, ["reduction", "logTarget"])
  }
}

/**
 * The loss of a support vector machine; see hinge.
 *
 * @example new nn.HingeLoss().forward(randn([4]), tensor([1, -1, 1, -1]))
 */
export class HingeLoss extends Loss<HingeOptions> {
  constructor(options: HingeOptions = {}) {
    super(hinge, options, ["reduction", "margin", "squared"])
  }
}

/**
 * For distances of similar and other pairs; see hingeEmbedding.
 *
 * @example new nn.HingeEmbeddingLoss().forward(rand([4]), tensor([1, -1, 1, -1]))
 */
export class HingeEmbeddingLoss extends Loss<MarginOptions> {
  constructor(options: MarginOptions = {}) {
    super(hingeEmbedding, options, ["reduction", "margin"])
  }
}

/**
 * The logistic loss for labels −1 and 1; see softMargin.
 *
 * @example new nn.SoftMarginLoss().forward(randn([4]), tensor([1, -1, 1, -1]))
 */
export class SoftMarginLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(softMargin, options, ["reduction"])
  }
}

/**
 * For pairs of vectors by their angle; see cosineEmbedding.
 *
 * @example new nn.CosineEmbeddingLoss().forward(randn([2, 5]), randn([2, 5]), tensor([1, -1]))
 */
export class CosineEmbeddingLoss extends Loss<MarginOptions, readonly [Tensor, Tensor, Tensor]> {
  constructor(options: MarginOptions = {}) {
    super(cosineEmbedding, options, ["reduction", "margin"])
  }
}

/**
 * For pairs of scores; see marginRanking.
 *
 * @example new nn.MarginRankingLoss({ margin: 0.1 }).forward(randn([3]), randn([3]), tensor([1, -1, 1]))
 */
export class MarginRankingLoss extends Loss<MarginOptions, readonly [Tensor, Tensor, Tensor]> {
  constructor(options: MarginOptions = {}) {
    super(marginRanking, options, ["reduction", "margin"])
  }
}

/**
 * For anchors, positives and negatives; see tripletMargin.
 *
 * @example new nn.TripletMarginLoss().forward(randn([4, 8]), randn([4, 8]), randn([4, 8]))
 */
export class TripletMarginLoss extends Loss<TripletMarginOptions, readonly [Tensor, Tensor, Tensor]> {
  constructor(options: TripletMarginOptions = {}) {
    super(tripletMargin, options, ["reduction", "margin", "p", "eps", "swap"])
  }
}

/**
 * tripletMargin with a distance of one's own; see tripletMarginWithDistance.
 *
 * @example new nn.TripletMarginWithDistanceLoss({ margin: 0.5 }).forward(randn([4, 8]), randn([4, 8]), randn([4, 8]))
 */
export class TripletMarginWithDistanceLoss extends Loss<
  TripletDistanceOptions,
  readonly [Tensor, Tensor, Tensor]
> {
  constructor(options: TripletDistanceOptions = {}) {
    super(tripletMarginWithDistance, options, ["reduction", "margin", "swap", "distanceFunction"])
  }
}

/**
 * The hinge loss of several classes; see multiMargin. Attributes: `weight` [C], a buffer, or null.
 *
 * @example new nn.MultiMarginLoss().forward(randn([2, 3]), tensor([0, 2], { dtype: "int32" }))
 */
export class MultiMarginLoss extends Loss<MultiMarginOptions> {
  constructor(options: MultiMarginOptions = {}) {
    super(multiMargin, options, ["reduction", "margin", "p", "weight"])
  }
}

/**
 * The hinge loss of samples with several labels; see multiLabelMargin.
 *
 * @example new nn.MultiLabelMarginLoss().forward(randn([1, 4]), tensor([[3, 0, -1, 1]], { dtype: "int32" }))
 */
export class MultiLabelMarginLoss extends Loss<LossOptions> {
  constructor(options: LossOptions = {}) {
    super(multiLabelMargin, options, ["reduction"])
  }
}

/**
 * A binary cross-entropy for each class; see multiLabelSoftMargin. Attributes: `weight` [C], a buffer, or null.
 *
 * @example new nn.MultiLabelSoftMarginLoss().forward(randn([2, 3]), tensor([[1, 0, 1], [0, 0, 1]]))
 */
export class MultiLabelSoftMarginLoss extends Loss<BceOptions> {
  constructor(options: BceOptions = {}) {
    super(multiLabelSoftMargin, options, ["reduction", "weight"])
  }
}

/**
 * Negative log-likelihood of counts; see poissonNll.
 *
 * @example new nn.PoissonNLLLoss().forward(randn([4]), tensor([0, 2, 1, 3]))
 */
export class PoissonNLLLoss extends Loss<PoissonNllOptions> {
  constructor(options: PoissonNllOptions = {}) {
    super(poissonNll, options, ["reduction", "logInput", "full", "eps"])
  }
}

/**
 * Negative log-likelihood under normal distributions; see gaussianNll.
 *
 * @example new nn.GaussianNLLLoss().forward(randn([4]), randn([4]), rand([4]).add(0.1))
 */
export class GaussianNLLLoss extends Loss<GaussianNllOptions, readonly [Tensor, Tensor, Tensor]> {
  constructor(options: GaussianNllOptions = {}) {
    super(gaussianNll, options, ["reduction", "full", "eps"])
  }
}

/**
 * Connectionist temporal classification; see ctc.
 *
 * @example new nn.CTCLoss().forward(logSoftmax(randn([6, 1, 3]), 2), tensor([[1, 2]], { dtype: "int32" }), [6], [2])
 */
export class CTCLoss extends Loss<CtcOptions, readonly [Tensor, Tensor, Lengths, Lengths]> {
  constructor(options: CtcOptions = {}) {
    super(ctc, options, ["reduction", "blank", "zeroInfinity"])
  }
}

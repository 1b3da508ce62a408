import { formatShape, NablaError } from "../../base/index.ts"
import type { Generator, RandomOptions, Tensor } from "../../tensor/index.ts"
import {
  arange,
  clamp,
  composed,
  gamma,
  logicalAnd,
  noGrad,
  rand,
  randperm,
  where,
} from "../../tensor/index.ts"
import type { SoftTargetOptions } from "./soft-targets.ts"
import { softTargets } from "./soft-targets.ts"

export interface MixingOptions extends SoftTargetOptions {
  /** Parameter of the distribution Beta(α, α) of the share λ; the larger, the nearer to ½. */
  readonly alpha?: number
  /** Draws from this generator instead of the default one. */
  readonly generator?: Generator
}

/** What is drawn for a batch: each sample's partner, and the share λ that it keeps of itself. */
interface Draw {
  readonly partner: Tensor
  readonly share: Tensor
  readonly random: RandomOptions
}

function draw(where_: string, input: Tensor, { alpha = 1, generator }: MixingOptions): Draw {
  if (!(alpha > 0)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the Beta distribution needs a positive parameter",
      where: where_,
      expected: "alpha > 0",
      got: String(alpha),
    })
  }
  const random = { dtype: input.dtype, generator }
  const partner = randperm(input.shape[0]!, { generator })
  // X/(X + Y) is distributed as Beta(α, α) when X and Y are as Gamma(α). The least number guards against 0/0.
  const [x, y] = [0, 1].map(() => clamp(gamma(alpha, 1, [1], random), { min: 1e-30 }))
  return { partner, share: x!.div(x!.add(y!)), random }
}

const blend = (a: Tensor, b: Tensor, share: Tensor): Tensor => b.add(a.sub(b).mul(share))

function checkBatch(where_: string, input: Tensor, target: Tensor, least: number): void {
  if (input.ndim >= least && target.ndim >= 1 && input.shape[0] === target.shape[0]) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "inputs and targets are no batch together",
    where: where_,
    expected: least > 2 ? "images [N, C, H, W] and N targets" : "inputs [N, …] and N targets",
    got: `${formatShape(input.shape)} and ${formatShape(target.shape)}`,
  })
}

/**
 * Mixes each sample of a batch with another one: inputs and targets alike, with one share λ for the batch.
 *
 * x′ = λ·x + (1 − λ)·x[partner], y′ = λ·y + (1 − λ)·y[partner], λ ~ Beta(α, α), α = 0.2 by default
 *
 * Shapes: input [N, …], target [N] of int32 (with numClasses) or probabilities [N, C] → input [N, …] and probabilities
 * [N, C], which crossEntropy takes. Everything is drawn in the graph, so that a compiled step draws anew each time.
 *
 * Paper: Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization, arXiv:1710.09412v2.
 *
 * @throws NABLA_SHAPE_MISMATCH when input and target are of different lengths
 * @throws NABLA_INVALID_ARGUMENT when alpha is not positive, or the number of classes is not known
 *
 * @example
 * const [mixed, soft] = nn.mixup(images, labels, { numClasses: 10 })
 * nn.crossEntropy(model.forward(mixed), soft)
 */
export const mixup = composed(
  "mixup",
  (input: Tensor, target: Tensor, options: MixingOptions = {}): [input: Tensor, target: Tensor] =>
    noGrad(() => {
      checkBatch("mixup", input, target, 1)
      const soft = softTargets("mixup", target, options)
      const { partner, share } = draw("mixup", input, { alpha: 0.2, ...options })
      const other = (t: Tensor): Tensor => t.indexSelect(0, partner)
      const shared = share.reshape(input.shape.map(() => 1))
      return [blend(input, other(input), shared), blend(soft, other(soft), share.to(soft.dtype))]
    }),
)

/**
 * Replaces a rectangle of each image by that of another one; targets mix by area, with one rectangle for the batch.
 *
 * The rectangle has a share 1 − λ of the area, λ ~ Beta(α, α), α = 1 by default, and a uniform centre; what lies outside
 * of the image is cut off, and λ becomes the share that is left of the image itself.
 *
 * Shapes: input [N, C, H, W], target [N] of int32 (with numClasses) or probabilities [N, C] → images and probabilities
 * [N, C], which crossEntropy takes. Everything is drawn in the graph, so that a compiled step draws anew each time.
 *
 * Paper: Yun et al. 2019, CutMix, arXiv:1905.04899v2.
 *
 * @throws NABLA_SHAPE_MISMATCH when the input is no batch of images, or has another length than the target
 * @throws NABLA_INVALID_ARGUMENT when alpha is not positive, or the number of classes is not known
 *
 * @example const [mixed, soft] = nn.cutmix(images, labels, { numClasses: 10 })
 */
export const cutmix = composed(
  "cutmix",
  (input: Tensor, target: Tensor, options: MixingOptions = {}): [input: Tensor, target: Tensor] =>
    noGrad(() => {
      checkBatch("cutmix", input, target, 4)
      const soft = softTargets("cutmix", target, options)
      const { partner, share, random } = draw("cutmix", input, options)
      const side = share.mul(-1).add(1).sqrt()
      const spans = input.shape.slice(2).map((size) => span(size, side, random))
      const inside = logicalAnd(spans[0]!.unsqueeze(1), spans[1]!)
      const mixed = where(inside, input.indexSelect(0, partner), input)
      const kept = inside.logicalNot().to(soft.dtype).mean()
      return [mixed, blend(soft, soft.indexSelect(0, partner), kept)]
    }),
)

/** Which of `size` places lie in an interval of a share of them around a uniform centre. */
function span(size: number, share: Tensor, random: RandomOptions): Tensor {
  const width = share.mul(size).floor()
  const centre = rand([1], random).mul(size).floor()
  const start = centre.sub(width.mul(0.5).floor())
  const places = arange(size, undefined, undefined, { dtype: share.dtype })
  return logicalAnd(places.ge(start), places.lt(start.add(width)))
}

import type { Tensor } from "../../tensor/index.ts"
import { checkNames, checkRange } from "../check.ts"
import { covarianceOf } from "./moments.ts"
import type { PrincipalAxes } from "./whitening.ts"
import { Axes, axesOf, principalAxes, whiteningScales } from "./whitening.ts"

export interface ZCAOptions {
  /** What is added to each variance, as a share of their mean. Default: 1e-6. */
  readonly epsilon?: number
}

/**
 * Whitening that stays closest to the data: y = Uᵀ·(Λ + ε·λ̄)^(−½)·U·(x − μ). The covariance is the identity as after
 * PCA whitening, but the axes are turned back, so that images still look like images.
 *
 * C = Uᵀ·Λ·U is the covariance of the training data, gathered in one pass over it; λ̄ is the mean variance. Shape: as the
 * input, all dimensions after the first are features.
 *
 * Bell & Sejnowski, "The independent components of natural scenes are edge filters" (1997).
 *
 * @throws NABLA_INVALID_ARGUMENT for an epsilon below 0, and options that do not exist
 *
 * @example const zca = await new ZCA({ epsilon: 1e-3 }).fit(images)
 */
export class ZCA extends Axes {
  readonly kind = "ZCA"
  declare readonly options: ZCAOptions

  constructor(options: ZCAOptions = {}) {
    checkNames("ZCA", options, ["epsilon"])
    checkRange("ZCA", "epsilon", options.epsilon ?? 0, 0)
    super(options, null)
  }

  override transform(x: Tensor): Tensor {
    return super.transform(x).reshape([...x.shape])
  }

  override inverse(x: Tensor): Tensor {
    return super.inverse(x).reshape([...x.shape])
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<PrincipalAxes> {
    const axes = await principalAxes(await covarianceOf(this.kind, batches))
    return { ...axes, scale: whiteningScales(axes.variance, this.options.epsilon ?? 1e-6) }
  }

  protected override apply(rows: Tensor, learned: PrincipalAxes): Tensor {
    return super.apply(rows, learned).matmul(axesOf(learned, rows))
  }

  protected override undo(rows: Tensor, learned: PrincipalAxes): Tensor {
    return super.undo(rows.matmul(axesOf(learned, rows).t()), learned)
  }
}

import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { checkCount, checkNames, checkRange } from "../check.ts"
import { covarianceOf } from "./moments.ts"
import type { PrincipalAxes } from "./whitening.ts"
import { Axes, principalAxes, whiteningScales } from "./whitening.ts"

export interface PCAOptions {
  /**
   * How many axes are kept: a whole number, or a share of the variance below 1, of which the axes that explain it are
   * kept. Default: all.
   */
  readonly components?: number
  /** Divides each coordinate by its standard deviation. Default: false. */
  readonly whiten?: boolean
  /** What is added to each variance before, as a share of their mean. Default: 1e-6. */
  readonly epsilon?: number
}

/**
 * Coordinates along the directions of the largest variance: y = U·(x − μ), or with `whiten` y = (Λ + ε·λ̄)^(−½)·U·(x − μ),
 * whose covariance is the identity. C = Uᵀ·Λ·U is the covariance of the training data, gathered in one pass over it.
 *
 * Shapes: [n, …] → [n, k], all dimensions after the first are features. `inverse` gives [n, d]; with fewer components
 * it gives the nearest point in the plane that they span.
 *
 * Pearson, "On lines and planes of closest fit to systems of points in space" (1901).
 *
 * @throws NABLA_INVALID_ARGUMENT for components or an epsilon that are none, and options that do not exist; in fit, when
 * there are fewer features than components
 *
 * @example const pca = await new PCA({ components: 0.95, whiten: true }).fit(train)
 */
export class PCA extends Axes {
  readonly kind = "PCA"
  declare readonly options: PCAOptions

  constructor(options: PCAOptions = {}) {
    checkNames("PCA", options, ["components", "whiten", "epsilon"])
    const { components = 1, epsilon = 0 } = options
    if (components > 0 && components < 1) checkRange("PCA", "components", components, 0, 1)
    else checkCount("PCA", "components", components)
    checkRange("PCA", "epsilon", epsilon, 0)
    super(options, null)
  }

  protected async learn(batches: AsyncIterable<Tensor>): Promise<PrincipalAxes> {
    const { components, whiten = false, epsilon = 1e-6 } = this.options
    const all = await principalAxes(await covarianceOf(this.kind, batches))
    const kept = this.count(all.variance, components ?? all.features)
    const scale = whiten ? whiteningScales(all.variance, epsilon) : all.scale
    return {
      ...all,
      components: kept,
      variance: all.variance.slice(0, kept),
      scale: scale.slice(0, kept),
      axes: all.axes.slice(0, kept * all.features),
    }
  }

  private count(variance: readonly number[], components: number): number {
    if (components < 1) {
      const wanted = components * variance.reduce((sum, value) => sum + value, 0)
      let sum = 0
      const enough = variance.findIndex((value) => {
        sum += value
        return sum >= wanted
      })
      return enough < 0 ? variance.length : enough + 1
    }
    if (components <= variance.length) return components
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there are fewer features than components",
      expected: `components ≤ ${variance.length}`,
      got: String(components),
      where: this.kind,
    })
  }
}

import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"

/** What a loss makes of its values for single elements: nothing, their mean (default), or their sum. */
export type Reduction = "none" | "mean" | "sum"

export interface LossOptions {
  readonly reduction?: Reduction
}

/** The values, their sum, or their mean: by default the plain one. */
export function reduce(
  where: string,
  losses: Tensor,
  reduction: Reduction = "mean",
  mean: () => Tensor = () => losses.mean(),
): Tensor {
  switch (reduction) {
    case "none":
      return losses
    case "sum":
      return losses.sum()
    case "mean":
      return mean()
  }
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such reduction",
    where,
    expected: "none | mean | sum",
    got: String(reduction),
  })
}

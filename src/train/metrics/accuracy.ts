import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, arange, argmax, eq, gather, gt, lt, mean, mul, sum } from "../../tensor/index.ts"
import type { Loss } from "./metric.ts"
import { hardTargets } from "./predictions.ts"

/**
 * Share of samples whose largest output is the one of their class: mean(argmaxₖ outputᵢₖ = targetᵢ).
 *
 * @param output [batch, classes]
 * @param target [batch], class indices; or shares of classes [batch, classes], of which the largest counts
 */
export const accuracy: Loss = (output, target) => mean(eq(argmax(output, 1), hardTargets(output, target)))

/**
 * Share of samples whose class is among the k largest outputs; of equal outputs the one with the lower index counts as
 * larger.
 *
 * output [batch, classes], target [batch]. It is a mean over samples, so that batches add up exactly.
 *
 * @throws NABLA_INVALID_ARGUMENT when k is no whole number ≥ 1
 *
 * @example await fit(model, loader, { optimizer, metrics: { accuracy, "top-5": topKAccuracy(5) } })
 */
export function topKAccuracy(k: number): Loss {
  if (!(Number.isInteger(k) && k >= 1))
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "k is no such number",
      expected: "a whole number ≥ 1",
      got: String(k),
      where: "topKAccuracy",
    })
  return (output, target) => mean(lt(rank(output, target), k))
}

/** How many outputs come before the one of the sample's class, [batch]. */
function rank(output: Tensor, target: Tensor): Tensor {
  const index = hardTargets(output, target).to("int32").reshape([-1, 1])
  const own = gather(output, 1, index)
  const tied = mul(eq(output, own), lt(arange(output.shape[1]!).reshape([1, -1]), index))
  return sum(add(gt(output, own).to("int32"), tied.to("int32")), 1)
}

import { formatShape, isFloating, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argmax, gt, movedim } from "../../tensor/index.ts"

/** Outputs and targets of a classification with one row for each decision. */
export interface Decisions {
  /** [n, classes], or [n] where a single number decides between two classes. */
  readonly scores: Tensor
  /** [n] */
  readonly target: Tensor
  readonly classes: number
}

/**
 * Outputs as rows. [n, K, …] with targets [n, …] are K scores for each decision; [n] and [n, 1] are one score, larger for
 * class 1. Targets may be shares of classes, see hardTargets.
 *
 * @throws NABLA_SHAPE_MISMATCH when the targets are not as many
 */
export function decisions(where: string, output: Tensor, target: Tensor): Decisions {
  const single = output.ndim === 1 || (output.ndim === 2 && output.shape[1] === 1)
  const classes = single ? 2 : output.shape[1]!
  const last = output.ndim > 2 ? movedim(output, 1, -1) : output
  const scores = single ? output.reshape([-1]) : last.reshape([-1, classes])
  const labels = hardTargets(output, target).reshape([-1])
  if (scores.shape[0] === labels.shape[0]) return { scores, target: labels, classes }
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "outputs and targets are not of the same number",
    expected: "outputs [n, classes, …] with targets [n, …], or [n] with [n]",
    got: `${formatShape(output.shape)} with ${formatShape(target.shape)}`,
    where,
  })
}

/** Targets [n]; of shares of classes [n, classes], as mixup makes them, the class with the largest one. */
export function hardTargets(output: Tensor, target: Tensor): Tensor {
  const shares = isFloating(target.dtype) && target.ndim === 2 && target.shape[1]! > 1
  return shares && sameShape(output.shape, target.shape) ? argmax(target, 1) : target
}

/** The class that each row says, int32 [n]. */
export function predictedClasses({ scores }: Decisions, threshold: number): Tensor {
  return scores.ndim === 1 ? gt(scores, threshold).to("int32") : argmax(scores, 1)
}

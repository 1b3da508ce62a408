import type { TypedArray } from "../../base/index.ts"
import { formatShape, NablaError, sameShape } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"

/**
 * Two arguments of a loss that belong together element by element. PyTorch broadcasts some of them, a few with a
 * warning; here it is an error, since [N] against [N, 1] makes N² differences that nobody meant.
 */
export function checkSameShape(where: string, input: Tensor, target: Tensor, name = "target"): void {
  if (sameShape(input.shape, target.shape)) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: `the input and the ${name} must have one shape`,
    where,
    expected: `a ${name} of shape ${formatShape(input.shape)}`,
    got: formatShape(target.shape),
    hint: "reshape one of them",
  })
}

/** A factor for each class. */
export function checkClassWeight(where: string, weight: Tensor | undefined, classes: number): void {
  if (weight === undefined || sameShape(weight.shape, [classes])) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the weight needs one factor for each class",
    where,
    expected: `[${classes}]`,
    got: formatShape(weight.shape),
  })
}

/** A number that an option takes only from some on. */
export function checkAtLeast(where: string, name: string, value: number, least: number): void {
  if (value >= least) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is too small`,
    where,
    expected: `a number ≥ ${least}`,
    got: String(value),
  })
}

/** The elements of a tensor if they are at hand without computing or moving anything. */
export function knownValues(t: Tensor): TypedArray | null {
  return t.node.value?.host ?? null
}

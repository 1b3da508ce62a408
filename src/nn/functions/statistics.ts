import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { add, mean, mul, noGrad, rsqrt, square, sub } from "../../tensor/index.ts"
import { changeState } from "../assign.ts"

/** What normalisations share. */

/** Mean and variance over some dimensions, which stay with size 1. */
export interface Statistics {
  readonly mean: Tensor
  /** Mean square deviation, without correction. */
  readonly variance: Tensor
}

/** In two passes: deviations first, so that a large mean costs no digits. */
export function statisticsOf(input: Tensor, dims: readonly number[]): Statistics {
  const center = mean(input, dims, { keepdim: true })
  return { mean: center, variance: mean(square(sub(input, center)), dims, { keepdim: true }) }
}

/** (input − mean)/√(variance + eps)·weight + bias. */
export function normalizeBy(
  input: Tensor,
  { mean: center, variance }: Statistics,
  eps: number,
  weight: Tensor | null | undefined,
  bias: Tensor | null | undefined,
): Tensor {
  const inverse = rsqrt(add(variance, eps))
  const scaled = mul(sub(input, center), weight ? mul(inverse, weight) : inverse)
  return bias ? add(scaled, bias) : scaled
}

/** A vector with one entry for each channel, shaped to broadcast against [N, C, …]. */
export function perChannel(vector: Tensor, ndim: number): Tensor {
  return vector.reshape([1, vector.numel(), ...new Array<number>(ndim - 2).fill(1)])
}

/** The same of what may be missing. */
export function maybePerChannel(vector: Tensor | null | undefined, ndim: number): Tensor | null {
  return vector ? perChannel(vector, ndim) : null
}

/** Moves running statistics towards the ones of a batch: running ← (1 − momentum)·running + momentum·new. */
export function trackRunning(
  pairs: readonly (readonly [running: Tensor | null | undefined, value: Tensor])[],
  momentum: number | Tensor,
): void {
  const updates = pairs.flatMap(([running, value]) => {
    if (!running) return []
    const moved = noGrad(() => add(running, mul(sub(value.reshape(running.shape), running), momentum)))
    return [{ target: running, value: moved.to(running.dtype) }]
  })
  changeState(updates)
}

/** Every vector that belongs to the channels must have one entry for each. */
export function checkPerChannel(
  where: string,
  channels: number,
  vectors: Readonly<Record<string, Tensor | null | undefined>>,
): void {
  for (const [name, vector] of Object.entries(vectors)) {
    if (!vector || (vector.ndim === 1 && vector.shape[0] === channels)) continue
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: `the input has ${channels} channels, ${name} has not`,
      where,
      expected: `${name} of shape [${channels}]`,
      got: formatShape(vector.shape),
    })
  }
}

/** The channels of [N, C, …]. */
export function channelsOf(where: string, input: Tensor): number {
  if (input.ndim >= 2) return input.shape[1]!
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "there are no channels",
    where,
    expected: "[N, C, …]",
    got: formatShape(input.shape),
  })
}

/** The variance of a single value is 0 whatever it is: its normalised value would be the bias, and learn nothing. */
export function checkSeveral(where: string, count: number, per: string, shape: readonly number[]): void {
  if (count > 1) return
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: `there is one value per ${per}, whose variance is 0: every output would be the bias, whatever the input`,
    where,
    expected: `more than 1 value per ${per}`,
    got: formatShape(shape),
    hint: "use a larger batch (drop the last small one), evaluation mode, or a normalisation within samples (layerNorm, groupNorm)",
  })
}

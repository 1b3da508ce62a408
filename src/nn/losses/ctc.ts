import type { TypedArray } from "../../base/index.ts"
import { formatShape, NablaError } from "../../base/index.ts"
import {
  add,
  arange,
  cat,
  clamp,
  composed,
  cumsum,
  div,
  eq,
  exp,
  full,
  gather,
  gt,
  log,
  logicalAnd,
  lt,
  maximum,
  mul,
  ne,
  pad,
  stack,
  sub,
  Tensor,
  tensor,
  where,
} from "../../tensor/index.ts"
import { knownValues } from "./check.ts"
import { checkIndexType, checkRange } from "./class-indices.ts"
import type { LossOptions } from "./reduction.ts"
import { reduce } from "./reduction.ts"

export interface CtcOptions extends LossOptions {
  /** The class that stands for no symbol. Default: 0. */
  readonly blank?: number
  /** Whether a loss that is infinite, since the target is too long for the input, counts as 0. Default: false. */
  readonly zeroInfinity?: boolean
}

/** One length for each sample. */
export type Lengths = Tensor | readonly number[] | number

/**
 * Stands for ln 0. A finite number, so that differences of two such numbers are 0 rather than NaN; far enough below
 * every log-probability that its exponential beside one is exactly 0.
 */
const IMPOSSIBLE = -1e30

/**
 * Connectionist temporal classification: the probability that an unsegmented sequence reads as a target, over all
 * alignments. An alignment has a class for each step; it reads as what is left when repetitions are merged and then
 * blanks dropped.
 *
 * ℓₙ = −ln Σ_alignments ∏_t p(class at t), by dynamic programming over the target with blanks between its symbols:
 * α_t(s) = (α_{t−1}(s) + α_{t−1}(s − 1) + α_{t−1}(s − 2) if that skips a blank between two different symbols)·p_t(s).
 * With "mean", each loss is divided by the length of its target before the mean is taken.
 *
 * Shapes: logProbs [T, N, C] from logSoftmax, targets [N, S] or all targets one after another [Σ lengths] of int32,
 * both lengths [N] → [], or [N] with `reduction: "none"`; likewise [T, C], [S] and single lengths.
 *
 * Paper: Graves et al. 2006, Connectionist temporal classification, doi:10.1145/1143844.1143891.
 *
 * @throws NABLA_SHAPE_MISMATCH when the shapes do not belong together, or a length exceeds its sequence
 * @throws NABLA_LABEL_RANGE for a target outside of the classes, or that is the blank, when the targets are known
 *
 * @example
 * const target = tensor([[1, 2]], { dtype: "int32" })
 * nn.ctc(zeros([2, 1, 3]).logSoftmax(2), target, [2], [2], { reduction: "sum" }).itemSync() // 2·ln 3
 */
export const ctc = composed(
  "ctc",
  (
    logProbs: Tensor,
    targets: Tensor,
    inputLengths: Lengths,
    targetLengths: Lengths,
    options: CtcOptions = {},
  ): Tensor => {
    const { blank = 0, zeroInfinity = false, reduction } = options
    const single = logProbs.ndim === 2
    const probs = single ? logProbs.unsqueeze(1) : logProbs
    const [steps, samples, classes] = checkProbabilities(probs, blank)
    checkTargets(targets, single || targets.ndim > 1, classes, blank, knownLengths(targetLengths))
    const taken = lengthsOf("inputLengths", inputLengths, samples, steps)
    const symbols = lengthsOf("targetLengths", targetLengths, samples, targets.shape.at(-1)!)
    const table = single ? targets.unsqueeze(0) : targets.ndim === 1 ? split(targets, symbols) : targets
    checkSamples(table, samples)
    const likelihood = forward(probs, extended(table, symbols, blank), taken, symbols)
    const impossible = lt(likelihood, IMPOSSIBLE / 2)
    const losses = where(impossible, zeroInfinity ? 0 : Infinity, mul(likelihood, -1))
    const result = single ? losses.squeeze(0) : losses
    const lengths = single ? symbols.squeeze(0) : symbols
    return reduce("ctc", result, reduction, () => div(result, clamp(lengths, { min: 1 })).mean())
  },
)

/** What the dynamic programming runs over: the symbols with blanks around each, and which of them may follow the last but one. */
interface Extended {
  /** [N, 2S + 1] classes. */
  readonly classes: Tensor
  /** [N, 2S + 1] whether the blank before may be left out. */
  readonly skips: Tensor
}

/** blank y₁ blank y₂ … y_S blank; symbols behind a target's end are never reached from where they count. */
function extended(targets: Tensor, lengths: Tensor, blank: number): Extended {
  const [samples, width] = targets.shape as readonly [number, number]
  // Padding may hold anything: it becomes the blank.
  const real = lt(arange(width), lengths.unsqueeze(1))
  const empty = full([], blank, { dtype: "int32" })
  const symbols = where(real, targets, empty)
  const pairs = stack([empty.expand([samples, width]), symbols], 2).flatten(1)
  const classes = cat([pairs, empty.expand([samples, 1])], 1)
  const twoBefore = pad(classes, [2, -2], { value: blank })
  return { classes, skips: logicalAnd(ne(classes, empty), ne(classes, twoBefore)) }
}

/** ln of the probability of each target: [N]. */
function forward(probs: Tensor, { classes, skips }: Extended, taken: Tensor, symbols: Tensor): Tensor {
  const [steps, samples] = probs.shape as readonly [number, number]
  const length = classes.shape[1]!
  const emissions = gather(probs, 2, classes.unsqueeze(0).expand([steps, samples, length])).unbind(0)
  // Before the first step one stands at the place before the first blank, from where it and the first symbol are reached.
  let alpha = where(lt(arange(length), 2), emissions[0]!, IMPOSSIBLE)
  for (let t = 1; t < steps; t++) {
    const shifted = (by: number): Tensor => pad(alpha, [by, -by], { value: IMPOSSIBLE })
    const ways = logSum([alpha, shifted(1), where(skips, shifted(2), IMPOSSIBLE)])
    alpha = where(gt(taken, t).unsqueeze(1), add(ways, emissions[t]!), alpha)
  }
  return ending(alpha, symbols)
}

/** ln Σ e^x. The largest only keeps numbers small: the derivative does not pass through it. */
function logSum(terms: readonly Tensor[]): Tensor {
  const top = terms.reduce((a, b) => maximum(a, b)).detach()
  return add(top, log(terms.map((x) => exp(sub(x, top))).reduce((a, b) => add(a, b))))
}

/** An alignment ends at the last symbol or at the blank behind it. */
function ending(alpha: Tensor, symbols: Tensor): Tensor {
  const last = mul(symbols, 2).unsqueeze(1)
  const at = gather(alpha, 1, last)
  const before = gather(alpha, 1, clamp(sub(last, 1), { min: 0 }))
  // An empty target has only the blank.
  return logSum([at, where(eq(last, 0), IMPOSSIBLE, before)]).squeeze(1)
}

/** Targets that stand one after another, as rows. */
function split(targets: Tensor, lengths: Tensor): Tensor {
  const width = Math.max(1, ...(lengths.dataSync() as Int32Array))
  const start = sub(cumsum(lengths, 0), lengths).unsqueeze(1)
  const at = clamp(add(start, arange(width)), { max: Math.max(0, targets.shape[0]! - 1) }).to("int32")
  return targets.numel() === 0
    ? full([lengths.shape[0]!, width], 0, { dtype: "int32" })
    : targets.indexSelect(0, at.flatten()).reshape(at.shape)
}

function lengthsOf(name: string, given: Lengths, samples: number, limit: number): Tensor {
  const known = knownLengths(given)
  const lengths =
    given instanceof Tensor
      ? given.reshape([-1]).to("int32")
      : tensor(known!, { shape: [known!.length], dtype: "int32" })
  if (lengths.shape[0] !== samples) throw misfit(`${name} needs a length for each sample`, samples, lengths)
  const bad = known?.find((length: number) => length < 0 || length > limit)
  if (bad === undefined) return lengths
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: `a length in ${name} exceeds the sequences`,
    where: "ctc",
    expected: `0 … ${limit}`,
    got: String(bad),
  })
}

/** Lengths whose values are at hand. */
function knownLengths(lengths: Lengths): TypedArray | null {
  if (lengths instanceof Tensor) return knownValues(lengths)
  return Int32Array.from(typeof lengths === "number" ? [lengths] : lengths)
}

function misfit(message: string, samples: number, got: Tensor): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message,
    where: "ctc",
    expected: `${samples} of them, as logProbs [T, N, C] has samples`,
    got: formatShape(got.shape),
  })
}

function checkProbabilities(probs: Tensor, blank: number): [number, number, number] {
  const [steps, samples, classes] = probs.shape
  if (probs.ndim !== 3 || steps === 0) {
    throw new NablaError("NABLA_SHAPE_MISMATCH", {
      message: "logProbs are class scores for each step",
      where: "ctc",
      expected: "[T, N, C] or [T, C], with T ≥ 1",
      got: formatShape(probs.shape),
    })
  }
  if (Number.isInteger(blank) && blank >= 0 && blank < classes!) return [steps!, samples!, classes!]
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "the blank is one of the classes",
    where: "ctc",
    expected: `0 … ${classes! - 1}`,
    got: String(blank),
  })
}

function checkSamples(table: Tensor, samples: number): void {
  if (table.ndim === 2 && table.shape[0] === samples) return
  throw misfit("the targets do not fit logProbs", samples, table)
}

/** The targets must be classes; what stands behind the end of a target may be anything. */
function checkTargets(
  targets: Tensor,
  padded: boolean,
  classes: number,
  blank: number,
  lengths: TypedArray | null,
): void {
  checkIndexType("ctc", targets)
  const width = targets.shape.at(-1)!
  const counts = (index: number): boolean =>
    !padded || lengths === null || index % width < (lengths[Math.floor(index / width)] ?? 0)
  const good = (label: number, index: number): boolean =>
    !counts(index) || (label >= 0 && label < classes && label !== blank)
  checkRange("ctc", targets, good, { expected: `0 … ${classes - 1} without the blank ${blank}` })
}

import { isFloating } from "../../../base/index.ts"
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  l1Loss,
  mse,
  nllLoss,
} from "../../../nn/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import {
  full,
  Generator,
  logSoftmax,
  noGrad,
  rand,
  randint,
  randn,
  sigmoid,
  softmax,
} from "../../../tensor/index.ts"

/** What a loss function is, found out by what it answers; "normalising": it takes logits of classes in some other way. */
export type LossKind =
  | "crossEntropy"
  | "nll"
  | "binaryCrossEntropy"
  | "binaryCrossEntropyWithLogits"
  | "doubleSoftmax"
  | "doubleSigmoid"
  | "nllOfProbabilities"
  | "mse"
  | "l1"
  | "normalising"
  | "unknown"

type Loss = (output: Tensor, target: Tensor) => Tensor

const KNOWN: readonly (readonly [LossKind, Loss])[] = [
  ["crossEntropy", (output, target) => crossEntropy(output, target)],
  ["nll", (output, target) => nllLoss(output, target)],
  ["binaryCrossEntropy", (output, target) => binaryCrossEntropy(output, target)],
  ["binaryCrossEntropyWithLogits", (output, target) => binaryCrossEntropyWithLogits(output, target)],
  ["doubleSoftmax", (output, target) => crossEntropy(softmax(output, 1), target)],
  ["doubleSigmoid", (output, target) => binaryCrossEntropyWithLogits(sigmoid(output), target)],
  ["nllOfProbabilities", (output, target) => nllLoss(softmax(output, 1), target)],
  ["mse", (output, target) => mse(output, target)],
  ["l1", (output, target) => l1Loss(output, target)],
]

/**
 * Names a loss by comparing its answers with those of the known ones, on outputs and targets that are drawn for the
 * purpose: what the user wraps around a loss does not hide it, and outputs out of its range do no harm.
 */
export async function lossKind(loss: Loss, output: Tensor, target: Tensor): Promise<LossKind> {
  const generator = new Generator(1)
  const z = randn(output.shape, { generator }).to(output.dtype)
  const classes = output.shape[1] ?? 1
  const y = isFloating(target.dtype)
    ? rand(target.shape, { generator }).to(target.dtype)
    : randint(0, Math.max(classes, 1), target.shape, { generator })
  for (const [kind, known] of KNOWN) {
    const inner = kind === "nll" ? logSoftmax(z, 1 % z.ndim) : kind === "binaryCrossEntropy" ? sigmoid(z) : z
    // Of log-probabilities both say the same: the one that has logits for its domain is told by logits.
    const [a, b] = [await answerTo(loss, inner, y), await answerTo(known, inner, y)]
    if (!close(a, b)) continue
    if (kind === "nll" && !close(await answerTo(loss, z, y), await answerTo(known, z, y))) continue
    return kind
  }
  if (output.ndim < 2 || classes < 2) return "unknown"
  const shifted = await answerTo(loss, z.add(full([], 3)), y)
  const here = await answerTo(loss, z, y)
  const other = await answerTo(loss, z.mul(-1), y)
  return close(shifted, here) && !close(here, other) ? "normalising" : "unknown"
}

async function answerTo(loss: Loss, output: Tensor, target: Tensor): Promise<number> {
  try {
    return Number(await noGrad(() => loss(output, target)).item())
  } catch {
    return NaN
  }
}

function close(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a))
}

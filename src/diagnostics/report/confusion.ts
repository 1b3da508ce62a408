import { isFloating } from "../../base/index.ts"
import type { Module } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argmax, noGrad } from "../../tensor/index.ts"
import type { Batch } from "../objective.ts"
import type { ConfusionFigure } from "./report.ts"

/** Examples that are looked at, at most, and classes that a picture has room for. */
const EXAMPLES = 10_000
const CLASSES = 40

/**
 * Counts by class and by what is predicted, for outputs [n, classes] and targets [n] of a whole number each; null for
 * models that do something else.
 */
export async function confusionOf(
  model: Module<readonly [Tensor], Tensor>,
  data: Batch | Iterable<Batch>,
  classes: readonly string[] | undefined,
): Promise<ConfusionFigure | null> {
  const modes = model.namedModules().map(([, module]) => [module, module.training] as const)
  model.eval()
  try {
    let matrix: number[][] | null = null
    let seen = 0
    for (const [x, y] of batchesOf(data)) {
      const output = noGrad(() => model.forward(x))
      const count = output.shape[1] ?? 0
      if (output.ndim !== 2 || count < 2 || count > CLASSES || y.ndim !== 1 || isFloating(y.dtype))
        return null
      matrix ??= Array.from({ length: count }, () => new Array<number>(count).fill(0))
      const [said, known] = await Promise.all([argmax(output, 1).data(), y.data()])
      for (let i = 0; i < known.length; i++) matrix[Number(known[i])]![Number(said[i])]! += 1
      seen += known.length
      if (seen >= EXAMPLES) break
    }
    return matrix && { matrix, classes: classes ?? matrix.map((_, i) => String(i)) }
  } finally {
    for (const [module, training] of modes) module.training = training
  }
}

/** One batch, or many. */
export function batchesOf(data: Batch | Iterable<Batch>): Iterable<Batch> {
  return isBatch(data) ? [data] : data
}

function isBatch(data: Batch | Iterable<Batch>): data is Batch {
  return Array.isArray(data) && data.length === 2 && !Array.isArray(data[0])
}

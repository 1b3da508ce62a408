import { formatShape, NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { abs, cat, full, mean, mul, sub, sum } from "../../tensor/index.ts"
import { StreamingMetric } from "./streaming.ts"

function residuals(where: string, output: Tensor, target: Tensor): Tensor {
  if (output.shape.join() === target.shape.join()) return sub(output, target)
  throw new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "outputs and targets differ in shape",
    expected: `targets of shape ${formatShape(output.shape)}, as the outputs`,
    got: formatShape(target.shape),
    where,
  })
}

/** The sum of something and the number of elements that it was taken over. */
abstract class Summed extends StreamingMetric {
  protected summed(values: Tensor): Tensor {
    const count = full([1], values.numel(), { dtype: values.dtype })
    return cat([sum(values).reshape([1]), count])
  }
}

class MeanAbsoluteError extends Summed {
  override statistics(output: Tensor, target: Tensor): Tensor {
    return this.summed(abs(residuals("mae", output, target)))
  }

  override value([total, count]: readonly number[]): number {
    return total! / count!
  }
}

class RootMeanSquaredError extends Summed {
  override statistics(output: Tensor, target: Tensor): Tensor {
    const e = residuals("rmse", output, target)
    return this.summed(mul(e, e))
  }

  override value([total, count]: readonly number[]): number {
    return Math.sqrt(total! / count!)
  }
}

/**
 * Of each output: how many, the mean of the targets, their squared distances from it, and the squared errors. Batches are
 * put together by Chan's formula, so that targets far from 0 lose no digits.
 */
class CoefficientOfDetermination extends StreamingMetric {
  override statistics(output: Tensor, target: Tensor): Tensor {
    const e = residuals("r2", output, target)
    const samples = e.shape[0]!
    const rows = target.reshape([samples, -1])
    const middle = mean(rows, 0)
    const deviation = sub(rows, middle.reshape([1, -1]))
    const squares = (x: Tensor): Tensor => sum(mul(x, x).reshape([samples, -1]), 0)
    return cat([full([1], samples, { dtype: e.dtype }), middle, squares(deviation), squares(e)])
  }

  override merge(state: number[], statistics: ArrayLike<number>): void {
    if (state.length === 0) return void state.push(...Array.from(statistics))
    const width = (statistics.length - 1) / 3
    const [n, m] = [state[0]!, statistics[0]!]
    for (let j = 1; j <= width; j++) {
      const shift = statistics[j]! - state[j]!
      state[j]! += (shift * m) / (n + m)
      state[width + j]! += statistics[width + j]! + (shift * shift * n * m) / (n + m)
      state[2 * width + j]! += statistics[2 * width + j]!
    }
    state[0] = n + m
  }

  override value(state: readonly number[]): number {
    const width = (state.length - 1) / 3
    const each = Array.from({ length: width }, (_, j) => {
      const [total, residual] = [state[1 + width + j]!, state[1 + 2 * width + j]!]
      if (total === 0) return residual === 0 ? 1 : 0
      return 1 - residual / total
    })
    return each.reduce((a, b) => a + b, 0) / width
  }
}

/** Mean absolute error over all elements: mean|y − ŷ|. Outputs and targets of one shape; the state is 2 numbers. */
export function mae(): StreamingMetric {
  return new MeanAbsoluteError()
}

/** Root of the mean squared error over all elements: √mean(y − ŷ)². Shapes and state as mae. */
export function rmse(): StreamingMetric {
  return new RootMeanSquaredError()
}

/**
 * Coefficient of determination R² = 1 − Σ(y − ŷ)²/Σ(y − ȳ)², of several outputs their mean: 1 is perfect, 0 is as good as
 * the mean of the targets. Of constant targets it is 1 where they are met and 0 where not.
 *
 * Outputs and targets [n, …] of one shape; the state is 3 numbers for each output.
 *
 * @example
 * const metric = r2()
 * await metric.update(tensor([2.5, 0, 2, 8]), tensor([3, -0.5, 2, 7]))
 * metric.compute() // 0.9486…
 */
export function r2(): StreamingMetric {
  return new CoefficientOfDetermination()
}

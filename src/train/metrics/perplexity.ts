import { crossEntropy } from "../../nn/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { cat, ne, sum } from "../../tensor/index.ts"
import { checkOptions } from "./check.ts"
import { hardTargets } from "./predictions.ts"
import { StreamingMetric } from "./streaming.ts"

export interface PerplexityOptions {
  /** A target that does not count. Default: −100. */
  readonly ignoreIndex?: number
}

class Perplexity extends StreamingMetric {
  private readonly ignoreIndex: number

  constructor({ ignoreIndex = -100 }: PerplexityOptions) {
    super()
    this.ignoreIndex = ignoreIndex
  }

  override statistics(output: Tensor, target: Tensor): Tensor {
    const { ignoreIndex } = this
    const logits = output.reshape([-1, output.shape.at(-1)!])
    const tokens = hardTargets(output, target).reshape([-1])
    const total = crossEntropy(logits, tokens, { reduction: "sum", ignoreIndex })
    const count = sum(ne(tokens, ignoreIndex).to(total.dtype))
    return cat([total.reshape([1]), count.reshape([1])])
  }

  override value([total, count]: readonly number[]): number {
    return Math.exp(total! / count!)
  }
}

/**
 * Perplexity: exp(mean −ln p(token)), as many choices as a uniform guess would have.
 *
 * Outputs [n, …, vocabulary] are logits, targets [n, …] tokens; the state is 2 numbers.
 *
 * @throws NABLA_INVALID_ARGUMENT for options that there are not
 */
export function perplexity(options: PerplexityOptions = {}): StreamingMetric {
  checkOptions("perplexity", options, ["ignoreIndex"])
  return new Perplexity(options)
}

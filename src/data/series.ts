import { Random } from "../base/index.ts"
import { checkCount } from "./check.ts"
import type { ArrayDataset } from "./dataset.ts"
import { arrayDataset } from "./dataset.ts"

export interface SeriesOptions {
  /** How many samples. Default: 1000. */
  readonly n?: number
  /** Steps of each sample. Default: 50. */
  readonly length?: number
  /** Any whole number. Default: 0. */
  readonly seed?: number
}

/**
 * The adding problem: of a series of numbers two are marked, and the answer is their sum. It needs a memory that lasts
 * as long as the series.
 *
 * Inputs [n, length, 2]: U(0, 1), and a mark that is 1 twice, once in each half. Targets [n, 1]. Answering 1 always
 * gives a mean squared error of 1/6.
 *
 * Hochreiter & Schmidhuber, "Long Short-Term Memory" (1997), section 5.4.
 *
 * @throws NABLA_INVALID_ARGUMENT for counts that are none, or a length below 2
 *
 * @example addingProblem({ n: 100, length: 20 }).inputShape // [20, 2]
 */
export function addingProblem(options: SeriesOptions = {}): ArrayDataset {
  const { n, length, seed } = settle("addingProblem", options)
  const random = new Random(seed)
  const inputs = new Float32Array(n * length * 2)
  const targets = new Float32Array(n)
  const half = Math.floor(length / 2)
  for (let i = 0; i < n; i++) {
    const marks = [random.integer(half), half + random.integer(length - half)]
    for (let t = 0; t < length; t++) inputs[(i * length + t) * 2] = random.uniform()
    for (const t of marks) {
      inputs[(i * length + t) * 2 + 1] = 1
      targets[i]! += inputs[(i * length + t) * 2]!
    }
  }
  return arrayDataset({ name: "adding problem", inputs, inputShape: [length, 2], targets, targetShape: [1] })
}

/**
 * Sums of sines, to be continued: Σₖ aₖ sin(2π fₖ t + φₖ) with aₖ ~ U(0.5, 1)/waves, periods 1/fₖ ~ U(8, 40) steps,
 * φₖ ~ U(0, 2π).
 *
 * Inputs [n, length, 1]: the first values. Targets [n, length, 1]: the same a step later.
 *
 * @param options.waves sines in a sum. Default: 3
 * @throws NABLA_INVALID_ARGUMENT for counts that are none
 *
 * @example sineMixture({ n: 10, length: 64 }).targetShape // [64, 1]
 */
export function sineMixture(options: SeriesOptions & { readonly waves?: number } = {}): ArrayDataset {
  const { waves = 3, ...rest } = options
  const { n, length, seed } = settle("sineMixture", rest)
  checkCount("sineMixture", "waves", waves, 1)
  const random = new Random(seed)
  const inputs = new Float32Array(n * length)
  const targets = new Float32Array(n * length)
  for (let i = 0; i < n; i++) {
    const sines = Array.from({ length: waves }, () => ({
      size: random.between(0.5, 1) / waves,
      step: (2 * Math.PI) / random.between(8, 40),
      phase: random.between(0, 2 * Math.PI),
    }))
    const at = (t: number): number =>
      sines.reduce((sum, { size, step, phase }) => sum + size * Math.sin(step * t + phase), 0)
    for (let t = 0; t < length; t++) {
      inputs[i * length + t] = at(t)
      targets[i * length + t] = at(t + 1)
    }
  }
  const shape = [length, 1]
  return arrayDataset({ name: "sine mixture", inputs, inputShape: shape, targets, targetShape: shape })
}

function settle(where: string, { n = 1000, length = 50, seed = 0 }: SeriesOptions): Required<SeriesOptions> {
  checkCount(where, "n", n, 1)
  checkCount(where, "length", length, 2)
  return { n, length, seed }
}

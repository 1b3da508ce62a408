import { NablaError } from "../../base/index.ts"
import type { AnyModule } from "../module.ts"
import type { Parameter } from "../parameter.ts"
import { zeros_ } from "./constants.ts"
import type { InitOptions } from "./distributions.ts"
import { normal_, onlyGenerator } from "./distributions.ts"
import { calculateGain, fans } from "./gains.ts"

/** Weights of linear layers and convolutions in a module, in the order of its fields. */
export function weightsOf(module: AnyModule): Parameter[] {
  return module
    .namedParameters()
    .filter(([name, { ndim }]) => ndim >= 2 && /(^|\.)weight$/.test(name))
    .map(([, parameter]) => parameter)
}

/**
 * Makes each residual branch begin as 0, so that a residual network begins as its shortcuts: the weight γ of the last
 * normalisation in each branch becomes 0.
 *
 * Paper: Goyal et al. 2017, Accurate, Large Minibatch SGD, arXiv:1706.02677v2.
 *
 * @param branches the modules whose outputs are added to the shortcuts
 * @throws NABLA_INVALID_ARGUMENT when a branch has no normalisation with a weight
 *
 * @example nn.init.zeroGamma_(blocks.map((block) => block.branch))
 */
export function zeroGamma_(branches: Iterable<AnyModule>): void {
  for (const branch of branches) {
    const gammas = branch
      .namedParameters()
      .filter(([name, { ndim }]) => ndim === 1 && /(^|\.)weight$/.test(name))
    const last = gammas.at(-1)
    if (last === undefined) throw unfit("zeroGamma_", "a normalisation with a weight", branch)
    zeros_(last[1])
  }
}

export interface FixupOptions extends InitOptions {
  /** The classifier behind the last block, whose weight and bias become 0. */
  readonly head?: AnyModule
}

/**
 * Fixup: initialises a residual network so that it trains without normalisation. With L branches of m weight layers:
 *
 * - the last layer of each branch becomes 0,
 * - the others are normal with standard deviation L^(−1/(2m − 2))·√(2/fanIn): each step changes the output of the whole
 *   network by an amount that does not depend on its depth,
 * - the classifier becomes 0.
 *
 * The method also wants a scalar bias before each layer and a scalar factor at the end of each branch; these belong to
 * the architecture.
 *
 * Paper: Zhang et al. 2019, Fixup Initialization, arXiv:1901.09321v2.
 *
 * @param branches the modules whose outputs are added to the shortcuts
 * @throws NABLA_INVALID_ARGUMENT when a branch has no weight
 *
 * @example nn.init.fixup_(blocks.map((block) => block.branch), { head: model.classifier })
 */
export function fixup_(branches: Iterable<AnyModule>, { head, ...options }: FixupOptions = {}): void {
  const all = [...branches]
  for (const branch of all) {
    const weights = weightsOf(branch)
    if (weights.length === 0) throw unfit("fixup_", "a linear layer or convolution", branch)
    const shrink = weights.length === 1 ? 1 : all.length ** (-1 / (2 * weights.length - 2))
    for (const weight of weights.slice(0, -1)) {
      const std = (shrink * calculateGain("relu")) / Math.sqrt(fans(weight.shape)[0])
      normal_(weight, { std, ...onlyGenerator(options) })
    }
    zeros_(weights.at(-1)!)
  }
  for (const parameter of head?.parameters() ?? []) zeros_(parameter)
}

function unfit(where: string, expected: string, branch: AnyModule): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "a residual branch does not have what is to be initialised",
    where,
    expected,
    got: `${branch.constructor.name} with ${
      branch
        .namedParameters()
        .map(([name]) => name)
        .join(", ") || "no parameters"
    }`,
  })
}

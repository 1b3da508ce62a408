import type { Tensor } from "../../tensor/index.ts"
import { add, clamp, div, matmul, mul, reshape, transpose } from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, count, decay, flag, nonNegative, positive, predicate } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain, stateless } from "../transform.ts"
import type { Mask } from "../transforms/basic.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { ema } from "../transforms/momentum.ts"
import { normOf } from "../transforms/trust-ratio.ts"

export interface OrthogonalizeOptions {
  /** Newton–Schulz steps. Default: 5. */
  readonly nsSteps?: number
  /** Added to the norm that the matrix is divided by first. Default: 1e-7. */
  readonly eps?: number
  /** How the size of the result follows the matrix's shape, see Muon. Default: "original". */
  readonly adjustLr?: "original" | "matchRmsAdamw"
}

/** Coefficients of a quintic that lifts small singular values fast and keeps the others around 1. */
const [A, B, C] = [3.4445, -4.775, 2.0315]

/**
 * u ≈ the orthogonal matrix next to g, U·Vᵀ of its singular value decomposition, by Newton–Schulz steps: singular values
 * end between about 0.7 and 1.2. A convolution's kernel counts as a matrix of a row for each output.
 */
export function orthogonalize(options: OrthogonalizeOptions = {}): GradientTransform {
  return stateless((updates, _, { scalar }) => {
    const eps = scalar(() => options.eps ?? 1e-7)
    return updates.map((g) => {
      const rows = g.shape[0]!
      const matrix = reshape(g, [rows, g.numel() / rows])
      const factor = sizeOf(matrix, options.adjustLr ?? "original")
      return mul(reshape(newtonSchulz(matrix, options.nsSteps ?? 5, eps), g.shape), factor)
    })
  })
}

function sizeOf({ shape }: Tensor, rule: "original" | "matchRmsAdamw"): number {
  const [rows, columns] = shape as readonly [number, number]
  return rule === "original"
    ? Math.sqrt(Math.max(1, rows / columns))
    : 0.2 * Math.sqrt(Math.max(rows, columns))
}

/** X ← A·X + (B·XXᵀ + C·(XXᵀ)²)·X, on the side where XXᵀ is the smaller one. */
function newtonSchulz(matrix: Tensor, steps: number, eps: Tensor): Tensor {
  const wide = matrix.shape[0]! <= matrix.shape[1]!
  let x = wide ? matrix : transpose(matrix, 0, 1)
  x = div(x, clamp(normOf(x), { min: eps }))
  for (let i = 0; i < steps; i++) {
    const gram = matmul(x, transpose(x, 0, 1))
    const polynomial = add(mul(gram, B), mul(matmul(gram, gram), C))
    x = add(mul(x, A), matmul(polynomial, x))
  }
  return wide ? x : transpose(x, 0, 1)
}

export interface MuonOptions extends BaseOptions {
  /** λ ≥ 0, decoupled from the gradient. Default: 0.1. */
  weightDecay?: number
  /** Which parameters decay. Default: null, all of them. */
  decayMask?: Mask
  /** μ in [0, 1). Default: 0.95. */
  momentum?: number
  /** Default: true. */
  nesterov?: boolean
  /** Newton–Schulz steps ≥ 1. Default: 5. */
  nsSteps?: number
  /** ε > 0, the least norm that a matrix is divided by. Default: 1e-7. */
  eps?: number
  /** "original": √max(1, rows/columns); "matchRmsAdamw": 0.2·√max(rows, columns). Default: "original". */
  adjustLr?: "original" | "matchRmsAdamw"
}

/**
 * Muon: momentum, orthogonalised (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024).
 *
 *     m = μ·m + (1 − μ)·g                      μ: momentum; with nesterov m̃ = μ·m + (1 − μ)·g, otherwise m̃ = m
 *     O = NewtonSchulz(m̃)                      nsSteps times X = aX + (b·XXᵀ + c·(XXᵀ)²)·X from X = m̃/|m̃|
 *     θ = θ − η·(s·O + λ·θ)                    η: lr, λ: weightDecay, s by the shape, see adjustLr
 *
 * For parameters of two or more dimensions; of more than two, all but the first count as columns. Give biases, norms,
 * embeddings and the last layer to AdamW. Departs from PyTorch's Muon in taking convolutions, as the author's code
 * does, and in computing in the parameter's own type.
 *
 * @throws NABLA_INVALID_ARGUMENT for a parameter of fewer than two dimensions, options out of range, no parameters, or
 *   a parameter twice
 *
 * @example const optimizer = new optim.Muon(model.parameters().filter((param) => param.ndim >= 2), { lr: 0.02 })
 */
export class Muon extends ChainedOptimizer<MuonOptions> {
  constructor(params: Params<MuonOptions>, options: MuonOptions = {}) {
    super(params, options, {
      defaults: {
        lr: 1e-3,
        weightDecay: 0.1,
        decayMask: null,
        momentum: 0.95,
        nesterov: true,
        nsSteps: 5,
        eps: 1e-7,
        adjustLr: "original",
        maximize: false,
      },
      rules: {
        weightDecay: nonNegative,
        decayMask: predicate,
        momentum: decay,
        nesterov: flag,
        nsSteps: count,
        eps: positive,
        adjustLr: choice("original", "matchRmsAdamw"),
      },
    })
  }

  override readonly structural = ["nsSteps"]

  protected override checkParameter(param: Tensor, place: number): void {
    if (param.ndim >= 2) return
    const got = `parameter ${place} of shape [${param.shape.join(", ")}]`
    throw this.invalid("only matrices can be orthogonalised", "two dimensions or more; others to AdamW", got)
  }

  override transform(group: ParameterGroup<MuonOptions>): GradientTransform {
    const decayed = addDecayedWeights(() => group.weightDecay, { mask: group.decayMask })
    return chain(ema(group), orthogonalize(group), decayed, scaleByLearningRate())
  }
}

export function muon(params: Params<MuonOptions>, options: MuonOptions = {}): Muon {
  return new Muon(params, options)
}

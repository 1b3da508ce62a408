import type { Tensor } from "../../tensor/index.ts"
import {
  add,
  eye,
  gt,
  isCapturing,
  linalg,
  matmul,
  mul,
  pow,
  reshape,
  transpose,
  unsqueeze,
  where,
} from "../../tensor/index.ts"
import { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { count, nonNegative, positive } from "../rules.ts"
import type { GradientTransform } from "../transform.ts"
import { chain, perParameter } from "../transform.ts"
import { addDecayedWeights, scaleByLearningRate } from "../transforms/basic.ts"
import { trace } from "../transforms/momentum.ts"

export interface ShampooScaleOptions {
  /** ε, what the preconditioners start from. Default: 1e-4. */
  readonly eps?: number
  /** Steps between two computations of the roots. Default: 1. */
  readonly updateEvery?: number
}

interface ShampooNumbers {
  /** Whether the roots are computed in this step, on the host and in the program. */
  readonly due: boolean
  readonly flag: Tensor
}

/** Most dimensions that a parameter may have: the names of the state are made for so many. */
const RANKS = [0, 1, 2, 3, 4, 5, 6, 7]

/** Shampoo's direction, see Shampoo. */
export function scaleByShampoo(options: ShampooScaleOptions = {}): GradientTransform {
  return perParameter<string, ShampooNumbers>({
    state: RANKS.flatMap((i) => [`statistic${i}`, `root${i}`]),
    init({ shape, dtype }) {
      const start = options.eps ?? 1e-4
      const entries = shape.flatMap((size, i) => {
        const one = (factor: number): Tensor => mul(eye(size, size, { dtype }), factor).realize()
        // The first step computes the roots anew.
        return [[`statistic${i}`, one(start)] as const, [`root${i}`, one(1)] as const]
      })
      return Object.fromEntries(entries)
    },
    numbers({ scalar }, step) {
      const due = (): boolean => (step() - 1) % (options.updateEvery ?? 1) === 0
      return {
        due: isCapturing() || due(),
        flag: gt(
          scalar(() => (due() ? 1 : 0)),
          0,
        ),
      }
    },
    update(g, state, { due, flag }) {
      let direction = g
      const next: Record<string, Tensor> = {}
      for (let i = 0; i < g.ndim; i++) {
        const unfolded = unfold(g, i)
        const statistic = add(state[`statistic${i}`]!, matmul(unfolded, transpose(unfolded, 0, 1)))
        const before = state[`root${i}`]!
        const root = due ? where(flag, inverseRoot(statistic, 2 * g.ndim), before) : before
        direction = foldBack(matmul(root, unfold(direction, i)), g, i)
        Object.assign(next, { [`statistic${i}`]: statistic, [`root${i}`]: root })
      }
      return [direction, next]
    },
  })
}

/** A tensor as a matrix of a row for each index of one dimension. */
function unfold(x: Tensor, dim: number): Tensor {
  return reshape(transpose(x, 0, dim), [x.shape[dim]!, x.numel() / x.shape[dim]!])
}

function foldBack(matrix: Tensor, like: Tensor, dim: number): Tensor {
  const shape = [...like.shape]
  ;[shape[0], shape[dim]] = [shape[dim]!, shape[0]!]
  return transpose(reshape(matrix, shape), 0, dim)
}

/** A^(−1/p) of a positive definite matrix. */
function inverseRoot(matrix: Tensor, p: number): Tensor {
  const [values, vectors] = linalg.eigh(matrix)
  // Rounding may leave an eigenvalue of a matrix far from round below 0.
  const least = mul(values.amax(), matrix.dtype === "float64" ? 1e-15 : 1e-7)
  const powers = pow(values.maximum(least), -1 / p)
  return matmul(mul(vectors, unsqueeze(powers, 0)), transpose(vectors, 0, 1))
}

export interface ShampooOptions extends BaseOptions {
  /** μ ≥ 0. Default: 0. */
  momentum?: number
  /** λ ≥ 0, the factor of an L2 penalty. Default: 0. */
  weightDecay?: number
  /** ε > 0, what the preconditioners start from. Default: 1e-4. */
  eps?: number
  /** Steps between two computations of the roots ≥ 1. Default: 1. */
  updateEvery?: number
}

/**
 * Shampoo: a preconditioner for each dimension of a tensor (Gupta, Koren & Singer, arXiv:1802.09568v2, algorithm 2).
 *
 *     g = ∇L(θ) + λ·θ                          λ: weightDecay; −∇L(θ) with maximize
 *     Hᵢ = Hᵢ + G₍ᵢ₎·G₍ᵢ₎ᵀ                      for each dimension i, from ε·I; G₍ᵢ₎: a row for each index of dimension i
 *     u = g ×₁ H₁^(−1/2k) … ×ₖ Hₖ^(−1/2k)      k: the number of dimensions
 *     b = μ·b + u, θ = θ − η·b                 η: lr, μ: momentum
 *
 * Departs from the paper by the momentum on the preconditioned gradient and by `updateEvery`, as common code does. A
 * dimension of size n costs n² memory and n³ time: for small networks.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, or a parameter twice
 *
 * @example const optimizer = new optim.Shampoo(model.parameters(), { lr: 0.1, momentum: 0.9, updateEvery: 10 })
 */
export class Shampoo extends ChainedOptimizer<ShampooOptions> {
  constructor(params: Params<ShampooOptions>, options: ShampooOptions = {}) {
    super(params, options, {
      defaults: { lr: 0.1, momentum: 0, weightDecay: 0, eps: 1e-4, updateEvery: 1, maximize: false },
      rules: { momentum: nonNegative, weightDecay: nonNegative, eps: positive, updateEvery: count },
    })
  }

  override readonly structural = ["updateEvery"]

  protected override checkParameter(param: Tensor, place: number): void {
    if (param.ndim <= RANKS.length) return
    const got = `parameter ${place} of shape [${param.shape.join(", ")}]`
    throw this.invalid("a parameter has too many dimensions", `at most ${RANKS.length}`, got)
  }

  override transform(group: ParameterGroup<ShampooOptions>): GradientTransform {
    return chain(
      addDecayedWeights(() => group.weightDecay),
      scaleByShampoo(group),
      trace(group),
      scaleByLearningRate(),
    )
  }
}

export function shampoo(params: Params<ShampooOptions>, options: ShampooOptions = {}): Shampoo {
  return new Shampoo(params, options)
}

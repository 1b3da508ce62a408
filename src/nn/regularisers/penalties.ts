import { NablaError } from "../../base/index.ts"
import type { Tensor, TensorLike } from "../../tensor/index.ts"
import { abs, add, composed, eye, mul, sub } from "../../tensor/index.ts"
import { AnyModule } from "../module.ts"
import type { Parameter } from "../parameter.ts"

/*
 * Terms that are added to a loss. Their strength may be a tensor, so that it can change from step to step.
 */

/** The tensors that are penalised: those given, or the weights of a model. */
export type Penalised = AnyModule | Iterable<Tensor>

export interface PenaltyOptions {
  /** Which parameters of a model; default: those of at least 2 dimensions, so no biases and no normalisations. */
  readonly filter?: (path: string, parameter: Parameter) => boolean
}

const isWeight = (_: string, { ndim }: Parameter): boolean => ndim >= 2

/** The tensors meant, of which there must be one at least. */
export function chosen(where: string, of: Penalised, { filter = isWeight }: PenaltyOptions): Tensor[] {
  const tensors =
    of instanceof AnyModule
      ? of
          .namedParameters()
          .filter(([path, parameter]) => filter(path, parameter))
          .map(([, parameter]) => parameter)
      : [...of]
  if (tensors.length > 0) return tensors
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is nothing to regularise",
    where,
    expected: "a model with weights, or at least one tensor",
    got: "none",
    hint: "check the filter",
  })
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, term) => add(sum, term))

/**
 * strength·Σ|w|, whose gradient strength·sign(w) pulls small weights to 0 as hard as large ones: what is of no use
 * becomes exactly 0, in the limit.
 *
 * Paper: Tibshirani 1996, Regression shrinkage and selection via the lasso, doi:10.1111/j.2517-6161.1996.tb02080.x.
 *
 * @throws NABLA_INVALID_ARGUMENT when there is nothing to penalise
 *
 * @example nn.mse(model.forward(x), y).add(nn.l1Penalty(model, 1e-4))
 */
export const l1Penalty = composed(
  "l1Penalty",
  (of: Penalised, strength: TensorLike, options: PenaltyOptions = {}): Tensor =>
    mul(total(chosen("l1Penalty", of, options).map((w) => abs(w).sum())), strength),
)

/**
 * strength/2·Σw², whose gradient is strength·w: the same as `weightDecay: strength` of plain SGD.
 *
 * Paper: Krogh & Hertz 1991, A simple weight decay can improve generalization, NIPS 4.
 *
 * @throws NABLA_INVALID_ARGUMENT when there is nothing to penalise
 *
 * @example nn.mse(model.forward(x), y).add(nn.l2Penalty(model, 1e-4))
 */
export const l2Penalty = composed(
  "l2Penalty",
  (of: Penalised, strength: TensorLike, options: PenaltyOptions = {}): Tensor =>
    mul(total(chosen("l2Penalty", of, options).map((w) => mul(w, w).sum())), 0.5).mul(strength),
)

export interface ElasticNetOptions extends PenaltyOptions {
  /** Share of the absolute values; the squares have the rest. Default: 0.5. */
  readonly l1Ratio?: number
}

/**
 * strength·(ρ·Σ|w| + (1 − ρ)/2·Σw²), with ρ = l1Ratio.
 *
 * Paper: Zou & Hastie 2005, Regularization and variable selection via the elastic net,
 * doi:10.1111/j.1467-9868.2005.00503.x.
 *
 * @throws NABLA_INVALID_ARGUMENT when there is nothing to penalise, or l1Ratio is not in 0 … 1
 *
 * @example nn.elasticNetPenalty(model, 1e-4, { l1Ratio: 0.9 })
 */
export const elasticNetPenalty = composed(
  "elasticNetPenalty",
  (of: Penalised, strength: TensorLike, options: ElasticNetOptions = {}): Tensor => {
    const { l1Ratio = 0.5, ...rest } = options
    if (!(l1Ratio >= 0 && l1Ratio <= 1)) {
      throw new NablaError("NABLA_INVALID_ARGUMENT", {
        message: "l1Ratio is a share",
        where: "elasticNetPenalty",
        expected: "0 … 1",
        got: String(l1Ratio),
      })
    }
    const weights = chosen("elasticNetPenalty", of, rest)
    return add(l1Penalty(weights, l1Ratio), l2Penalty(weights, 1 - l1Ratio)).mul(strength)
  },
)

/**
 * strength·Σ‖G − I‖², where G are the products of each weight's rows with each other, or of its columns if those are
 * fewer. It keeps weights near orthogonal matrices, which change no lengths. Dimensions from the second on count as
 * columns.
 *
 * Paper: Bansal et al. 2018, Can We Gain More from Orthogonality Regularizations in Training Deep CNNs?,
 * arXiv:1810.09102v1.
 *
 * @throws NABLA_INVALID_ARGUMENT when there is nothing to penalise
 *
 * @example nn.orthogonalityPenalty(model, 1e-2)
 */
export const orthogonalityPenalty = composed(
  "orthogonalityPenalty",
  (of: Penalised, strength: TensorLike, options: PenaltyOptions = {}): Tensor => {
    const weights = chosen("orthogonalityPenalty", of, options)
    const terms = weights.map((w) => {
      const flat = w.reshape([w.shape[0] ?? 1, -1])
      const [rows, columns] = flat.shape as readonly [number, number]
      const gram = rows <= columns ? flat.matmul(flat.t()) : flat.t().matmul(flat)
      return sub(gram, eye(Math.min(rows, columns), Math.min(rows, columns), { dtype: w.dtype }))
        .square()
        .sum()
    })
    return mul(total(terms), strength)
  },
)

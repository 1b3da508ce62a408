import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { argsort, diagonal, ge, linalg, lt, noGrad, rand, randn, where } from "../../tensor/index.ts"
import { assign } from "../assign.ts"
import { wrongRank } from "./constants.ts"
import type { InitOptions } from "./distributions.ts"
import { onlyGenerator, randomOptions } from "./distributions.ts"

export interface OrthogonalOptions extends InitOptions {
  /** Factor on the matrix. Default: 1; see calculateGain. */
  readonly gain?: number
}

/**
 * A random matrix with orthonormal rows or, if there are more rows than columns, columns: gain·Q from the QR
 * decomposition of normal numbers, with diag(R) > 0, which makes it uniform among all such. Further dimensions count as
 * columns: [shape[0], ∏shape[1:]]. It changes no lengths, so that a product of many neither grows nor shrinks.
 *
 * Paper: Saxe et al. 2013, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
 * arXiv:1312.6120v3.
 *
 * @throws NABLA_SHAPE_MISMATCH for fewer than 2 dimensions
 *
 * @example nn.init.orthogonal_(zeros([3, 3])) // W·Wᵀ = I
 */
export function orthogonal_(tensor: Tensor, { gain = 1, ...options }: OrthogonalOptions = {}): Tensor {
  if (tensor.ndim < 2) throw wrongRank("orthogonal_", "at least 2 dimensions", tensor)
  const rows = tensor.shape[0]!
  const columns = rows === 0 ? 0 : tensor.numel() / rows
  if (tensor.numel() === 0) return tensor
  return noGrad(() => {
    const tall = [Math.max(rows, columns), Math.min(rows, columns)]
    const [q, r] = linalg.qr(randn(tall, randomOptions(tensor, onlyGenerator(options)))) as [Tensor, Tensor]
    const signed = where(lt(diagonal(r), 0), q.mul(-1), q)
    const matrix = rows < columns ? signed.t() : signed
    return assign(tensor, matrix.mul(gain).reshape(tensor.shape))
  })
}

export interface SparseOptions extends InitOptions {
  /** Standard deviation of what is not 0. Default: 0.01. */
  readonly std?: number
}

/**
 * A matrix of normal numbers in which a share of each column, rounded up, is 0.
 *
 * Paper: Martens 2010, Deep learning via Hessian-free optimization, ICML.
 *
 * @param sparsity share of zeros, 0 … 1
 * @throws NABLA_SHAPE_MISMATCH for a tensor that is no matrix
 *
 * @example nn.init.sparse_(zeros([10, 4]), 0.1) // one 0 in each column
 */
export function sparse_(
  tensor: Tensor,
  sparsity: number,
  { std = 0.01, ...options }: SparseOptions = {},
): Tensor {
  if (tensor.ndim !== 2) throw wrongRank("sparse_", "a matrix", tensor)
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "the sparsity is a share",
      where: "sparse_",
      expected: "0 … 1",
      got: String(sparsity),
    })
  }
  const zeros = Math.ceil(sparsity * tensor.shape[0]!)
  return noGrad(() => {
    const draws = randomOptions(tensor, onlyGenerator(options))
    // The order of random numbers is a random permutation of each column's rows.
    const order = argsort(rand(tensor.shape, draws), 0)
    const values = randn(tensor.shape, draws).mul(std)
    return assign(tensor, where(ge(order, zeros), values, 0))
  })
}

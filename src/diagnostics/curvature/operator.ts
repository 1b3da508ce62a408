import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { compile, hvp, linearize, tensor, vjp, vmap, withValues } from "../../tensor/index.ts"
import type { Batch, Objective } from "../objective.ts"
import type { Vector } from "./vector.ts"

/**
 * A symmetric matrix that is known by its products with vectors: the Hessian, the Gauss–Newton matrix or a Fisher
 * matrix of an objective, or one of your own.
 */
export interface SymmetricOperator {
  readonly name: string
  /** Rows, and columns. */
  readonly size: number
  /** A·v */
  product(v: Vector): Promise<Vector>
  /** A·v for several v, at once where that pays. */
  products(vectors: readonly Vector[]): Promise<Vector[]>
}

/** Largest matrix for which several products are computed at once: their work fits the caches then. */
const SMALL = 4096
const AT_ONCE = 16

/** Product of a matrix of one batch with a vector, as a graph. */
type Product = (v: Tensor, batch: Batch) => Tensor

/** An operator of products on graphs: captured once, replayed for each vector and batch. */
class ObjectiveOperator implements SymmetricOperator {
  readonly name: string
  readonly size: number
  private readonly objective: Objective
  private readonly single: (v: Tensor, ...batch: Tensor[]) => Tensor
  private readonly several: (rows: Tensor, ...batch: Tensor[]) => Tensor

  constructor(name: string, objective: Objective, product: Product) {
    this.name = name
    this.size = objective.size
    this.objective = objective
    const one = (v: Tensor, ...batch: Tensor[]): Tensor => product(v, batch as unknown as Batch)
    this.single = compile(one)
    this.several = compile(
      (rows: Tensor, ...batch: Tensor[]) => vmap((v: Tensor) => one(v, ...batch))(rows) as Tensor,
    )
  }

  async product(v: Vector): Promise<Vector> {
    const { size, objective } = this
    if (v.length !== size) throw wrongLength(this.name, size, v.length)
    const given = tensor(v, { shape: [size], dtype: objective.dtype })
    return objective.sum((batch) => this.single(given, ...batch))
  }

  async products(vectors: readonly Vector[]): Promise<Vector[]> {
    const { size, objective } = this
    const out: Vector[] = []
    if (size > SMALL || !objective.vectorised) {
      for (const v of vectors) out.push(await this.product(v))
      return out
    }
    for (let at = 0; at < vectors.length; at += AT_ONCE) {
      const some = vectors.slice(at, at + AT_ONCE)
      const rows = new Float64Array(AT_ONCE * size)
      some.forEach((v, i) => {
        rows.set(v, i * size)
      })
      // Always the same shape, so that there is one program.
      const given = tensor(rows, { shape: [AT_ONCE, size], dtype: objective.dtype })
      const all = await objective.sum((batch) => this.several(given, ...batch))
      out.push(...some.map((_, i) => all.slice(i * size, (i + 1) * size)))
    }
    return out
  }
}

/**
 * The Hessian of an objective, H = ∇²L, by forward over reverse differentiation (Pearlmutter 1994): a product costs
 * about four evaluations of the loss, whatever the number of parameters, and is replayed after the second one.
 *
 * @example
 * const objective = objectiveOf(model, [x, labels])
 * const { values } = await topEigenvalues(hessianOf(objective), 5)
 */
export function hessianOf(objective: Objective): SymmetricOperator {
  return new ObjectiveOperator("Hessian", objective, (v, batch) => {
    const loss = (...values: Tensor[]): Tensor => objective.lossAt(values, batch)
    return objective.join(hvp(loss, objective.params, objective.split(v)) as Tensor[])
  })
}

/** Jᵀ·M·J·v, J the Jacobian of a function of the parameters, M a matrix on what it gives. */
function sandwich(
  objective: Objective,
  f: () => Tensor,
  v: Tensor,
  middle: (output: Tensor, along: Tensor) => Tensor,
): Tensor {
  const at = (...values: Tensor[]): Tensor => withValues(objective.params, values, f)
  const [output, push] = linearize(at, ...objective.params) as [Tensor, (...v: Tensor[]) => Tensor]
  const [, pull] = vjp(at, ...objective.params)
  return objective.join(pull(middle(output, push(...objective.split(v)))) as Tensor[])
}

/**
 * The generalised Gauss–Newton matrix of an objective (Schraudolph 2002):
 *
 *     G = Σ_i J_iᵀ·∇²ℓ(z_i)·J_i / N        J_i = ∂z_i/∂θ, z_i: the network's output for sample i
 *
 * It is the Hessian without the curvature of the network itself, and positive semi-definite where ℓ is convex.
 *
 * @throws NABLA_INVALID_ARGUMENT when the objective is a mere function of the loss
 */
export function gaussNewtonOf(objective: Objective): SymmetricOperator {
  const { forward, criterion } = objective.network
  return new ObjectiveOperator("Gauss–Newton matrix", objective, (v, [x, y]) =>
    sandwich(
      objective,
      () => forward(x),
      v,
      (output, along) => {
        const loss = (z: Tensor): Tensor => criterion(z, y)
        return hvp(loss, [output], [along])[0] as Tensor
      },
    ),
  )
}

/** What the network's outputs are the parameters of. */
export type Distribution = "categorical" | "bernoulli" | "gaussian"

/** Fisher matrix of the distribution's own parameters z times u, and what has a distribution, in number. */
const distributions: Record<Distribution, (z: Tensor, u: Tensor) => Tensor> = {
  // diag(p) − p·pᵀ along the classes, dimension 1.
  categorical: (z, u) => {
    const weighted = z.softmax(1).mul(u)
    const own = weighted.sub(z.softmax(1).mul(weighted.sum(1, { keepdim: true })))
    return own.div(z.numel() / z.shape[1]!)
  },
  bernoulli: (z, u) => {
    const p = z.sigmoid()
    return p.mul(p.neg().add(1)).mul(u).div(z.shape[0]!)
  },
  gaussian: (z, u) => u.div(z.shape[0]!),
}

/**
 * The Fisher information matrix of what the model says, F = E_{y∼p_θ}[∇log p·∇log pᵀ], exact: the expectation over the
 * labels that the model itself would draw is taken by formula (Martens 2014, arXiv:1412.1193v11).
 *
 *     F = Σ_i J_iᵀ·F_z(z_i)·J_i / N
 *
 * "categorical": outputs are logits of classes [N, C, …]; "bernoulli": logits of independent events; "gaussian": means,
 * variance 1.
 *
 * @throws NABLA_INVALID_ARGUMENT when the objective is a mere function of the loss, or for another distribution
 */
export function fisherOf(
  objective: Objective,
  distribution: Distribution = "categorical",
): SymmetricOperator {
  const { forward } = objective.network
  const middle = distributions[distribution]
  if (middle === undefined) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such distribution",
      where: "fisherOf",
      expected: Object.keys(distributions).join(", "),
      got: String(distribution),
    })
  }
  return new ObjectiveOperator("Fisher matrix", objective, (v, [x]) =>
    sandwich(objective, () => forward(x), v, middle),
  )
}

/**
 * The empirical Fisher matrix, Σ_i g_i·g_iᵀ / N with the gradient g_i of each sample's own loss at its given label. It is
 * the second moment of the gradient noise, and no approximation of the Hessian (Kunstner et al. 2019, arXiv:1905.12558v3).
 *
 * @throws NABLA_INVALID_ARGUMENT when the objective is a mere function of the loss
 */
export function empiricalFisherOf(objective: Objective): SymmetricOperator {
  const { forward, criterion } = objective.network
  const own = (z: Tensor, y: Tensor): Tensor => criterion(z.unsqueeze(0), y.unsqueeze(0))
  const losses = (x: Tensor, y: Tensor): Tensor => vmap(own)(forward(x), y) as Tensor
  return new ObjectiveOperator("empirical Fisher matrix", objective, (v, [x, y]) =>
    sandwich(
      objective,
      () => losses(x, y),
      v,
      (each, along) => along.div(each.numel()),
    ),
  )
}

function wrongLength(name: string, expected: number, got: number): NablaError {
  return new NablaError("NABLA_SHAPE_MISMATCH", {
    message: "the vector does not fit the matrix",
    where: name,
    expected: `${expected} entries`,
    got: `${got} entries`,
  })
}

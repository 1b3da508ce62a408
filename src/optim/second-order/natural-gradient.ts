import {
  add,
  div,
  eye,
  gradientsOf,
  linalg,
  matmul,
  mean,
  mul,
  neg,
  reshape,
  sigmoid,
  softmax,
  sub,
  sum,
  Tensor,
  transpose,
} from "../../tensor/index.ts"
import type { BaseOptions, ParameterGroup, Params } from "../groups.ts"
import { choice, positive } from "../rules.ts"
import type { Memory } from "./closure-optimizer.ts"
import { ClosureOptimizer } from "./closure-optimizer.ts"
import { onHost, plus } from "./flat.ts"
import { flattened, jacobianOf } from "./matrices.ts"

/** What a model's outputs are the parameters of. */
export type Likelihood = "categorical" | "bernoulli" | "gaussian" | "empirical"

export interface NaturalGradientOptions extends BaseOptions {
  /** What the outputs mean: logits of classes, logits of yes, means, or losses of the examples. Default: "categorical". */
  likelihood?: Likelihood
  /** δ > 0. Default: 1e-3. */
  damping?: number
}

/** A loss, and the outputs that it was computed from: a row for each example. */
export interface LossAndOutputs {
  readonly loss: Tensor
  readonly outputs: Tensor
}

/**
 * The natural gradient with the exact Fisher matrix (Amari, Neural Computation 10, 1998; Martens, arXiv:1412.1193v11).
 *
 *     F = mean over examples of Jᵀ·C·J         J = ∂outputs/∂θ, C the Fisher matrix of the outputs:
 *                                              categorical diag(p) − p·pᵀ, bernoulli p·(1 − p), gaussian 1
 *     F = mean over examples of ∇ℓ·∇ℓᵀ         empirical, ℓ the loss of an example
 *     θ = θ − η·(F + δ·I)⁻¹·∇L(θ)              η: lr, δ: damping
 *
 * The closure returns `{ loss, outputs }`, outputs of shape [N, …]; for "empirical" the losses of the examples, [N], whose
 * mean is L. Calling backward is not needed. F must fit the loss: crossEntropy with categorical, half the squared error
 * with gaussian. n parameters cost n² memory: for small models. One group of parameters. As in the papers.
 *
 * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, a step without closure, or a closure that gives
 *   something else than the likelihood wants
 *
 * @example
 * const optimizer = optim.naturalGradient(model.parameters(), { lr: 0.5 })
 * optimizer.step(() => {
 *   const outputs = model.forward(x)
 *   return { loss: nn.crossEntropy(outputs, y), outputs }
 * })
 */
export class NaturalGradient extends ClosureOptimizer<NaturalGradientOptions, Tensor | LossAndOutputs> {
  constructor(params: Params<NaturalGradientOptions>, options: NaturalGradientOptions = {}) {
    super(params, options, {
      defaults: { lr: 0.1, likelihood: "categorical", damping: 1e-3, maximize: false },
      rules: {
        likelihood: choice("categorical", "bernoulli", "gaussian", "empirical"),
        damping: positive,
      },
    })
  }

  protected override advance(
    closure: () => Tensor | LossAndOutputs,
    group: ParameterGroup<NaturalGradientOptions>,
  ): Tensor {
    const { flat } = this
    const { loss, fisher } = this.lossAndFisher(closure(), group.likelihood)
    const gradient = flattened(gradientsOf(group.maximize ? neg(loss) : loss, flat.params))
    const damped = add(fisher, mul(eye(flat.size, flat.size, { dtype: fisher.dtype }), group.damping))
    const direction = onHost(linalg.solve(damped, gradient))
    const rate = this.rate(group)
    flat.assign(plus(flat.values(), direction, -rate))
    return loss
  }

  private lossAndFisher(result: Tensor | LossAndOutputs, likelihood: Likelihood) {
    const { params } = this.flat
    if (likelihood === "empirical") {
      if (!(result instanceof Tensor) || result.ndim !== 1)
        throw this.unfit("the losses of the examples, a tensor of shape [N]", result)
      return { loss: mean(result), fisher: meanProduct(jacobianOf(result, params), null, result.shape[0]!) }
    }
    if (result instanceof Tensor || !(result.outputs instanceof Tensor) || result.outputs.ndim === 0)
      throw this.unfit("{ loss, outputs } with outputs of shape [N, …]", result)
    const { loss, outputs } = result
    const examples = outputs.shape[0]!
    const rows = reshape(outputs, [examples, outputs.numel() / examples])
    const jacobian = jacobianOf(reshape(outputs, [outputs.numel()]), params)
    return { loss, fisher: meanProduct(jacobian, outputCurvature(rows, likelihood), examples) }
  }

  private unfit(expected: string, got: unknown): Error {
    const form = got instanceof Tensor ? `a tensor of shape [${got.shape.join(", ")}]` : typeof got
    return this.invalid("the closure does not give what the likelihood wants", expected, form)
  }

  /** Nothing is kept from step to step. */
  protected override memory(): Memory {
    return {}
  }

  protected override recall(): void {}
}

/** The Fisher matrix of each example's outputs applied to rows of Jacobians, [N, C, n] → [N, C, n]; null for 1. */
type OutputCurvature = ((jacobians: Tensor) => Tensor) | null

function outputCurvature(rows: Tensor, likelihood: Exclude<Likelihood, "empirical">): OutputCurvature {
  const [examples, outputs] = rows.shape as readonly [number, number]
  const column = (t: Tensor): Tensor => reshape(t, [examples, outputs, 1])
  switch (likelihood) {
    case "gaussian":
      return null
    case "bernoulli": {
      const p = sigmoid(rows)
      return (jacobians) => mul(jacobians, column(sub(p, mul(p, p))))
    }
    case "categorical": {
      const p = column(softmax(rows, -1))
      return (jacobians) => {
        const weighted = mul(jacobians, p)
        return sub(weighted, mul(p, sum(weighted, 1, { keepdim: true })))
      }
    }
  }
}

/** Σ Jᵀ·C·J/N for J [N·C, n]. */
function meanProduct(jacobian: Tensor, curvature: OutputCurvature, examples: number): Tensor {
  const [rows, n] = jacobian.shape as readonly [number, number]
  const blocks = reshape(jacobian, [examples, rows / examples, n])
  const right = curvature === null ? jacobian : reshape(curvature(blocks), [rows, n])
  return div(matmul(transpose(jacobian, 0, 1), right), examples)
}

export function naturalGradient(
  params: Params<NaturalGradientOptions>,
  options: NaturalGradientOptions = {},
): NaturalGradient {
  return new NaturalGradient(params, options)
}

import type { Tensor } from "../../tensor/index.ts"
import { add, div, mul, noGrad, sqrt, sum } from "../../tensor/index.ts"
import type { ChainedOptimizer } from "../chained.ts"
import type { BaseOptions } from "../groups.ts"
import { flag, nonNegative } from "../rules.ts"
import { ScalarInputs, widestType } from "../scalars.ts"
import { Wrapper } from "./wrapper.ts"

export interface SAMOptions {
  /** ρ ≥ 0, how far up the second gradient is taken. Default: 0.05. */
  rho?: number
  /** Whether the way up is measured in proportion to the weights (ASAM). Default: false. */
  adaptive?: boolean
}

/**
 * Sharpness-aware minimisation: the step of another optimizer with the gradient taken where the loss is highest nearby
 * (Foret et al., arXiv:2010.01412v3, algorithm 1; adaptive: Kwon et al., arXiv:2102.11600v3).
 *
 *     e = ρ·∇L(θ)/|∇L(θ)|                 adaptive: ρ·θ²·∇L(θ)/||θ|·∇L(θ)|; the norm is over all parameters
 *     g = ∇L(θ + e)
 *     θ = θ + (the inner optimizer's update for g)
 *
 * The closure clears the gradients, computes the loss, calls backward and returns the loss; a step calls it twice, and
 * both passes and the update are one program. As in the paper with p = 2. With maximize the way is down.
 *
 * @param inner an optimizer that is a chain of transforms, as all are that need no closure
 * @throws NABLA_INVALID_ARGUMENT for options out of range, an inner optimizer that needs a closure, or a step without
 *
 * @example
 * const optimizer = optim.sam(optim.sgd(model.parameters(), { lr: 0.1, momentum: 0.9 }), { rho: 0.05 })
 * optimizer.step(() => {
 *   optimizer.zeroGrad()
 *   const loss = nn.crossEntropy(model.forward(x), y)
 *   loss.backward()
 *   return loss
 * })
 */
export class SAM extends Wrapper<BaseOptions & SAMOptions> {
  private readonly reaches: ScalarInputs

  constructor(inner: ChainedOptimizer, { rho = 0.05, adaptive = false }: SAMOptions = {}) {
    super("SAM", inner, { rho, adaptive }, { rho: nonNegative, adaptive: flag })
    this.reaches = new ScalarInputs(widestType(this.parameters))
  }

  override get needsClosure(): boolean {
    return true
  }

  override step(): never
  override step(closure: () => Tensor): Tensor
  override step(closure?: () => Tensor): Tensor {
    const loss = this.evaluate(closure)
    const comeBack = this.climb()
    try {
      this.evaluate(closure)
    } finally {
      comeBack()
    }
    super.step()
    return loss
  }

  /** Puts leaves with the values θ + e into the parameters' places; returns the way back. */
  private climb(): () => void {
    const moved = this.paramGroups.flatMap((group) =>
      group.params.flatMap((param) => (param.grad === null ? [] : [{ param, group, grad: param.grad }])),
    )
    this.reaches.restart()
    const places = noGrad(() => {
      const squares = moved.map(({ param, group, grad }) => {
        const scaled = group.adaptive ? mul(param.abs(), grad) : grad
        return sum(mul(scaled, scaled))
      })
      if (squares.length === 0) return []
      const norm = add(sqrt(squares.reduce((total, square) => add(total, square))), 1e-12)
      return moved.map(({ param, group, grad }) => {
        const up = group.adaptive ? mul(mul(param, param), grad) : grad
        const reach = this.reaches.take(() => (group.maximize ? -group.rho : group.rho))
        return add(param, mul(up, div(reach, norm))).to(param.dtype)
      })
    })
    const returns = moved.map(({ param }, i) => {
      const { node } = param
      param.requiresGrad = false
      param.replace(places[i]!.node)
      param.requiresGrad = true
      return () => param.replace(node)
    })
    return () => {
      for (const back of returns) back()
    }
  }
}

export function sam(inner: ChainedOptimizer, options: SAMOptions = {}): SAM {
  return new SAM(inner, options)
}

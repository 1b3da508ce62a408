import { nn, type Tensor, variance } from "nabla"
import type { Values } from "./controls.ts"

export const FLOAT = { dtype: "float64" } as const

/** Broken on purpose: no derivative goes through mean and variance, as when they are computed apart. */
class ForgetfulBatchNorm extends nn.BatchNorm1d {
  protected override normalize(input: Tensor, momentum: number | Tensor): Tensor {
    const own = super.normalize(input, momentum)
    if (!this.training) return own
    const { weight, bias, eps } = this
    const mean = input.mean(0).detach()
    const spread = variance(input, 0, { correction: 0 }).detach()
    return nn.functional.batchNorm(input, mean, spread, { weight, bias, eps })
  }
}

/** A batch norm with the γ, β and ε that are set. */
export function normOf({ gamma, beta, broken }: Values, width: number, eps: number): nn.BatchNorm1d {
  const norm = new (broken ? ForgetfulBatchNorm : nn.BatchNorm1d)(width, { ...FLOAT, eps })
  nn.init.constant_(norm.weight!, gamma)
  nn.init.constant_(norm.bias!, beta)
  return norm
}

/** One layer of the net, in the order that is set: weights, norm, non-linearity. */
export interface Block {
  readonly linear: nn.Linear
  readonly norm: nn.BatchNorm1d | null
  /** All of it. */
  readonly whole: nn.Sequential
}

export function blockOf(values: Values, width: number, eps = values.epsilon): Block {
  const linear = nn.linear(width, width, { ...FLOAT, bias: false })
  const norm = values.norm ? normOf(values, width, eps) : null
  const behind = values.placement === "before" ? [norm, nn.tanh()] : [nn.tanh(), norm]
  return { linear, norm, whole: nn.sequential(linear, ...behind.filter((layer) => layer !== null)) }
}

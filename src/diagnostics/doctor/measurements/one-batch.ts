import type { Module } from "../../../nn/index.ts"
import type { Tensor } from "../../../tensor/index.ts"
import { compile, gradientsOf, noGrad, tensor, update, zerosLike } from "../../../tensor/index.ts"
import type { Batch } from "../../objective.ts"

/** Whether a model can learn a few examples by heart. Plain data. */
export interface OneBatchFit {
  readonly examples: number
  /** Loss before, and the smallest one that was reached. */
  readonly before: number
  readonly best: number
  readonly losses: readonly number[]
  readonly steps: number
}

const BETAS = [0.9, 0.999] as const

/**
 * Trains on one batch by Adam with a rate that falls to 0, whatever optimizer the training has: what is asked is whether
 * the model can represent the answers. What it changes is put back by the caller.
 */
export async function fitOneBatch(
  model: Module<readonly [Tensor], Tensor>,
  [x, y]: Batch,
  loss: (output: Tensor, target: Tensor) => Tensor,
  { steps = 200, lr = 0.01 }: { readonly steps?: number; readonly lr?: number } = {},
): Promise<OneBatchFit> {
  const params = model.parameters().filter(({ requiresGrad }) => requiresGrad)
  const means = params.map((p) => zerosLike(p))
  const squares = params.map((p) => zerosLike(p))
  model.train()
  const step = compile((rate: Tensor, first: Tensor, second: Tensor): Tensor => {
    const value = loss(model.forward(x), y)
    const gradients = gradientsOf(value, params)
    noGrad(() => {
      const changes = params.flatMap((target, i) => {
        const g = gradients[i]!
        const m = means[i]!.mul(BETAS[0]).add(g.mul(1 - BETAS[0]))
        const v = squares[i]!.mul(BETAS[1]).add(g.mul(g).mul(1 - BETAS[1]))
        const change = m.div(first).div(v.div(second).sqrt().add(1e-8)).mul(rate)
        return [
          { target, value: target.sub(change).to(target.dtype) },
          { target: means[i]!, value: m.to(target.dtype) },
          { target: squares[i]!, value: v.to(target.dtype) },
        ]
      })
      update(changes)
    })
    return value.detach()
  })
  const losses: number[] = []
  for (let t = 1; t <= steps; t++) {
    const rate = 0.5 * lr * (1 + Math.cos((Math.PI * (t - 1)) / steps))
    const value = step(tensor(rate), tensor(1 - BETAS[0] ** t), tensor(1 - BETAS[1] ** t))
    losses.push(Number(await value.item()))
    if (!Number.isFinite(losses.at(-1))) break
  }
  const finite = losses.filter(Number.isFinite)
  const best = finite.length === 0 ? NaN : Math.min(...finite)
  return { examples: x.shape[0] ?? 1, before: losses[0]!, best, losses, steps: losses.length }
}

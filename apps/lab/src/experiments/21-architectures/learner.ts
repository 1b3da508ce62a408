import type { nn, Tensor } from "nabla"
import { compile, optim } from "nabla"

export const countParameters = (model: { parameters(): readonly Tensor[] }): number =>
  model.parameters().reduce((sum, { shape }) => sum + shape.reduce((n, size) => n * size, 1), 0)

export interface LearnerOptions {
  readonly rate: number
  /** Largest norm of the gradient. Default: none. */
  readonly clip?: number
}

/** A model that is trained by Adam, a batch at a time. */
export class Learner<M extends nn.Module> {
  readonly model: M
  readonly losses: number[] = []
  private readonly take: (x: Tensor, y: Tensor) => Tensor

  constructor(model: M, loss: (output: Tensor, target: Tensor) => Tensor, options: LearnerOptions) {
    this.model = model
    const optimizer = optim.adam(model.parameters(), { lr: options.rate })
    this.take = compile((x: Tensor, y: Tensor) => {
      const value = loss(model.forward(x) as Tensor, y)
      optimizer.zeroGrad()
      value.backward()
      if (options.clip !== undefined) optim.clipGradNorm_(model.parameters(), options.clip)
      optimizer.step()
      return value
    })
  }

  get parameters(): number {
    return countParameters(this.model)
  }

  step(x: Tensor, y: Tensor): void {
    this.losses.push(this.take(x, y).itemSync())
  }
}

/** Says when so many milliseconds have passed since it last did. */
export function pacer(milliseconds = 80): () => boolean {
  let next = performance.now() + milliseconds
  return () => {
    if (performance.now() < next) return false
    next = performance.now() + milliseconds
    return true
  }
}

/** Batches without end, from a loader that begins a new epoch each time. */
export function* endless<T>(loader: Iterable<T>): Generator<T, never, void> {
  for (;;) yield* loader
}

import { Generator, grad, optim, randn, type Tensor, tensor, vmap, zeros } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"

/** Runs that go on side by side, each with samples of its own. */
export const REPLICAS = 1024

export interface View {
  /** Gradients of single samples, and of batches, at w = 1. */
  readonly single: readonly number[]
  readonly batched: readonly number[]
  readonly mean: number
  readonly variance: number
  /** E[w²] over the replicas, at each step. */
  readonly squares: readonly number[]
  /** Some of the runs. */
  readonly ways: readonly (readonly number[])[]
  /** E[w²] over the later half of the steps, and how many independent values it rests on. */
  readonly floor: number
  readonly independent: number
  readonly done: boolean
}

/** The loss of one sample: half its squared distance. */
const loss = (w: Tensor, sample: Tensor): Tensor => w.sub(sample).square().mul(0.5)

/** Samples for a batch of each replica: [batch, count]. */
function samples(values: Values, count: number, generator: Generator): Tensor {
  const { batch, noise, broken } = values
  const drawn = randn([broken ? 1 : batch, count], { generator, dtype: "float64" }).mul(noise)
  // Broken on purpose: the batch is one sample, again and again.
  return broken ? drawn.expand([batch, count]) : drawn
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { rate, batch, seed } = values
  const generator = new Generator(seed)
  // Gradients of single samples: one program, mapped over the samples.
  const at = tensor(1, { dtype: "float64" })
  const perSample = vmap(
    vmap((sample: Tensor) => (grad((w: Tensor) => loss(w, sample)) as (w: Tensor) => Tensor)(at)),
  ) as (samples: Tensor) => Tensor
  const gradients = perSample(samples(values, 2048, generator))
  const batched = Array.from(gradients.mean(0).dataSync())
  const mean = batched.reduce((sum, g) => sum + g, 0) / batched.length
  const variance = batched.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (batched.length - 1)
  const single = Array.from(gradients.select(0, 0).dataSync())

  const w = zeros([REPLICAS], { dtype: "float64", requiresGrad: true })
  const optimizer = optim.sgd([w], { lr: rate })
  const steps = Math.ceil(20 / Math.min(rate, 1)) + 60
  const squares: number[] = []
  const ways: number[][] = Array.from({ length: 6 }, () => [])
  // A run forgets where it was by (1 − η)² in a step; so many of the later steps count as independent.
  const memory = (1 + (1 - rate) ** 2) / (1 - (1 - rate) ** 2)
  const view = (done: boolean): View => {
    const later = squares.slice(Math.floor(squares.length / 2))
    return {
      single,
      batched,
      mean,
      variance,
      squares: [...squares],
      ways: ways.map((way) => [...way]),
      floor: later.reduce((sum, square) => sum + square, 0) / Math.max(1, later.length),
      independent: Math.max(1, (REPLICAS * later.length) / memory),
      done,
    }
  }
  let pause = performance.now() + 80
  for (let step = 0; step < steps && !signal.aborted; step++) {
    optimizer.zeroGrad()
    loss(w, samples(values, REPLICAS, generator))
      .sum(0)
      .div(batch)
      .sum()
      .backward()
    optimizer.step()
    const now = Array.from(w.dataSync(), Number)
    squares.push(now.reduce((sum, x) => sum + x ** 2, 0) / REPLICAS)
    for (const [i, way] of ways.entries()) way.push(now[i]!)
    if (performance.now() > pause) {
      yield view(false)
      pause = performance.now() + 80
    }
  }
  yield view(true)
}

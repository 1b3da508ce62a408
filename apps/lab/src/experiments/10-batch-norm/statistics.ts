import { cat, Generator, nn, noGrad, randn, type Tensor } from "nabla"
import type { BatchNoise } from "nabla/diagnostics"
import { analyzeBatchNorm } from "nabla/diagnostics"
import type { Values } from "./controls.ts"
import { MEAN, SIZES, STD, WORKER_SIZES } from "./controls.ts"
import { FLOAT, normOf } from "./layers.ts"

/** Features that a single layer is given; each is normal by itself. */
const CHANNELS = 64
const SAMPLES = 2048
/** Means over batches for each figure, so that chance takes some per cent of it at most. */
const ENOUGH = 768

/** Mean square of a difference, in units of γ², with its standard error. */
export interface Estimate {
  readonly square: number
  readonly error: number
}

export interface Noise {
  readonly samples: number
  readonly channels: number
  readonly batches: readonly BatchNoise[]
}

export interface Workers {
  /** Between the outputs of workers that normalise alone, and those of one big batch; at each of WORKER_SIZES. */
  readonly alone: readonly Estimate[]
  /** The same for workers that share their statistics: the largest difference. */
  readonly together: readonly number[]
  /** Both at the batch size that is set. */
  readonly set: { readonly alone: Estimate; readonly together: number }
  /** Largest difference between the gradients at the weights below, as a share of the largest gradient. */
  readonly gradients: { readonly alone: number; readonly together: number }
}

const features = (rows: number, channels: number, generator: Generator): Tensor =>
  randn([rows, channels], { ...FLOAT, generator })
    .mul(STD)
    .add(MEAN)

export function estimateOf(values: ArrayLike<number>): Estimate {
  const list = Array.from(values)
  const square = list.reduce((sum, value) => sum + value, 0) / list.length
  const spread = list.reduce((sum, value) => sum + (value - square) ** 2, 0) / (list.length - 1)
  return { square, error: Math.sqrt(spread / list.length) }
}

/** How much the statistics of a batch scatter, by its size. */
export async function noiseOf(values: Values): Promise<Noise> {
  const x = features(SAMPLES, CHANNELS, new Generator(values.seed))
  const layer = nn.sequential(normOf(values, CHANNELS, values.epsilon))
  const batchSizes = [...new Set([...SIZES, values.batch])]
  const { layers } = await analyzeBatchNorm(layer, x, { batchSizes })
  return { samples: SAMPLES, channels: CHANNELS, batches: layers[0]!.noise }
}

const largest = (difference: Tensor): number => difference.abs().max().itemSync()

function compare(values: Values, batch: number, generator: Generator): { alone: Estimate; together: number } {
  const { workers, gamma, norm, epsilon } = values
  const layer = norm ? normOf(values, CHANNELS, epsilon) : nn.identity()
  const replicas = nn.inProcess(workers)
  const shared = nn.convertSyncBatchNorm(nn.sequential(layer), replicas)
  const squares: number[] = []
  let together = 0
  while (squares.length < ENOUGH) {
    const x = features(workers * batch, CHANNELS, generator)
    const parts = x.chunk(workers)
    const whole = layer.forward(x).chunk(workers)
    const synced = replicas.run((rank) => shared.forward(parts[rank]!))
    for (const [rank, part] of parts.entries()) {
      const apart = layer.forward(part).sub(whole[rank]!).div(gamma).square().mean(0)
      squares.push(...Array.from(apart.dataSync(), Number))
      together = Math.max(together, largest(synced[rank]!.sub(whole[rank]!)))
    }
  }
  return { alone: estimateOf(squares), together }
}

/** Gradients at the weights of a small net: over all data at once, and over K parts of them. */
function gradientsOf(values: Values): Workers["gradients"] {
  const { workers, batch, norm, epsilon, seed } = values
  const generator = new Generator(seed)
  const linear = nn.linear(CHANNELS, CHANNELS, FLOAT)
  const inner = norm ? normOf(values, CHANNELS, epsilon) : nn.identity()
  const head = nn.linear(CHANNELS, 1, FLOAT)
  const model = nn.sequential(linear, inner, nn.tanh(), head)
  nn.init.initialize(nn.sequential(linear, head), "xavierNormal", { generator })
  const replicas = nn.inProcess(workers)
  const shared = nn.convertSyncBatchNorm(nn.sequential(linear, inner, nn.tanh(), head), replicas)
  const parts = features(workers * batch, CHANNELS, generator).chunk(workers)
  const targets = randn([workers * batch, 1], { ...FLOAT, generator }).chunk(workers)
  const gradient = (losses: readonly Tensor[]): Tensor => {
    linear.weight.grad = null
    losses
      .reduce((sum, loss) => sum.add(loss))
      .div(losses.length)
      .backward()
    return linear.weight.grad!.detach()
  }
  const one = (f: nn.Sequential, rank: number): Tensor => nn.mse(f.forward(parts[rank]!), targets[rank]!)
  const whole = gradient([nn.mse(model.forward(cat(parts)), cat(targets))])
  const share = (other: Tensor): number => largest(other.sub(whole)) / largest(whole)
  return {
    alone: share(gradient(parts.map((_, rank) => one(model, rank)))),
    together: share(gradient(replicas.run((rank) => one(shared, rank)))),
  }
}

/** Workers with a batch each, with and without shared statistics, one batch size after the other. */
export function* workersOf(values: Values): globalThis.Generator<Workers, void, void> {
  const generator = new Generator(values.seed)
  const at = (batch: number): ReturnType<typeof compare> => noGrad(() => compare(values, batch, generator))
  const set = at(values.batch)
  const gradients = gradientsOf(values)
  const alone: Estimate[] = []
  const together: number[] = []
  yield { set, gradients, alone, together }
  for (const size of WORKER_SIZES) {
    const found = at(size)
    alone.push(found.alone)
    together.push(found.together)
    yield { set, gradients, alone: [...alone], together: [...together] }
  }
}

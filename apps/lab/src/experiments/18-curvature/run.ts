import { compile, data, Generator, nn, optim, surfaces, type Tensor, tensor } from "nabla"
import {
  estimateTrace,
  exactMatrix,
  exactSpectrum,
  hessianOf,
  objectiveOf,
  StabilityMonitor,
  spectralDensity,
  topEigenvalues,
} from "nabla/diagnostics"
import type { Session } from "../../engine/protocol.ts"
import { Walk } from "../walk.ts"
import type { Values } from "./controls.ts"
import { NEAR_EDGE } from "./controls.ts"

export interface Spectrum {
  readonly exact: readonly number[]
  /** Of the matrix itself: its size, the sum of its diagonal, and the sum of all squared entries. */
  readonly size: number
  readonly trace: number
  readonly squares: number
  readonly negative: number
  readonly condition: number
  /** By Lanczos, largest first. */
  readonly top: readonly number[]
  readonly estimate: number
  readonly interval: readonly [number, number]
  readonly density: readonly (readonly [number, number])[]
  readonly top1: Bend
}

/** The largest eigenvalue by products with the Hessian, and the loss's curvature along its eigenvector. */
export interface Bend {
  readonly eigenvalue: number
  readonly curvature: number
}

export interface View {
  /** Distances on the parabola with a rate just below and just above 2/λ, at each step. */
  readonly parabola: readonly (readonly number[])[]
  readonly spectrum: Spectrum | null
  readonly training: {
    readonly losses: readonly number[]
    readonly sharpness: readonly (readonly [step: number, sharpness: number])[]
    /** Where it ended: the largest eigenvalue as it was followed, and found anew. */
    readonly end: (Bend & { readonly followed: number }) | null
  }
  readonly done: boolean
}

/** ½·(o − t)², as TensorFlow Playground has it. */
const loss = (o: Tensor, t: Tensor): Tensor => o.sub(t).square().mul(0.5).mean()

type Points = (options: data.PointOptions) => ReturnType<typeof data.circle>

function batchOf(make: Points, seed: number): [Tensor, Tensor] {
  const [x, y] = [...new data.DataLoader(make({ n: 500, seed }), { batchSize: 500 })][0]! as [Tensor, Tensor]
  return [x.to("float32"), y.to("float32").mul(2).sub(1).reshape([500, 1])]
}

function netOf(widths: number[], seed: number): nn.Sequential {
  const net = nn.sequential(nn.mlp(widths, { activation: nn.tanh }), nn.tanh())
  // PyTorch's own start: uniform, by the number of inputs.
  const generator = new Generator(seed)
  return nn.init.initialize(
    net,
    (weight) => {
      const bound = 1 / Math.sqrt(weight.shape[1]!)
      nn.init.uniform_(weight, { a: -bound, b: bound, generator })
    },
    { bias: 0 },
  )
}

/** Length of the step along an eigenvector, in double precision. */
const STEP = 1e-3

/** Second differences of the loss alone along the sharpest direction, at two distances, so that the fourth derivative goes. */
async function bendOf(net: nn.Sequential, [x, y]: readonly [Tensor, Tensor]): Promise<Bend> {
  const objective = objectiveOf(net.to("float64"), [x.to("float64"), y.to("float64")], { loss })
  const { values, vectors } = await topEigenvalues(hessianOf(objective), 1, { vectors: true })
  const start = await objective.values()
  const lossAt = async (far: number): Promise<number> => {
    const place = tensor(start.map((value, i) => value + far * vectors![0]![i]!))
    const parts = objective.split(place)
    return (await objective.sum((batch) => objective.lossAt(parts, batch).reshape([1])))[0]!
  }
  const middle = await lossAt(0)
  const difference = async (far: number): Promise<number> =>
    ((await lossAt(far)) + (await lossAt(-far)) - 2 * middle) / far ** 2
  const curvature = (4 * (await difference(STEP)) - (await difference(2 * STEP))) / 3
  return { eigenvalue: values[0]!, curvature }
}

/** All 25 eigenvalues of the Playground's own net, and what estimates make of them. */
async function spectrumOf(seed: number): Promise<Spectrum> {
  const [net, batch] = [netOf([2, 4, 2, 1], seed), batchOf(data.circle, 1)]
  const hessian = hessianOf(objectiveOf(net, batch, { loss }))
  const exact = await exactSpectrum(hessian)
  const matrix = await exactMatrix(hessian)
  const top = await topEigenvalues(hessian, 5)
  const trace = await estimateTrace(hessian, { method: "hutchinson", products: 60, confidence: 0.999, seed })
  const { grid, density } = await spectralDensity(hessian)
  return {
    exact: Array.from(exact.values),
    size: hessian.size,
    trace: matrix.reduce((sum, entry, at) => (at % (hessian.size + 1) === 0 ? sum + entry : sum), 0),
    squares: matrix.reduce((sum, entry) => sum + entry ** 2, 0),
    negative: exact.negative,
    condition: exact.condition,
    top: [...top.values],
    estimate: trace.value,
    interval: [trace.interval[0], trace.interval[1]],
    density: Array.from(grid, (value, i) => [value, density[i]!] as const),
    top1: await bendOf(net, batch),
  }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { rate, width, steps, lambda, seed, broken } = values
  // Broken on purpose: what runs has half the rate that the law is told.
  const share = broken ? 0.5 : 1
  const bowl = surfaces.quadratic({ curvatures: [lambda] })
  const walks = NEAR_EDGE.map(
    (edge) =>
      new Walk(bowl, (p) => optim.sgd(p, { lr: (share * edge * 2) / lambda }), { start: [1], steps: 120 }),
  )
  for (const walk of walks) while (!walk.done) walk.step()
  const parabola = walks.map(({ points }) => points.map(([x]) => Math.abs(x!)))
  const losses: number[] = []
  const sharpness: [number, number][] = []
  let spectrum: Spectrum | null = null
  let end: View["training"]["end"] = null
  const view = (done: boolean): View => ({
    parabola,
    spectrum,
    training: { losses: [...losses], sharpness: [...sharpness], end },
    done,
  })
  yield view(false)
  spectrum = await spectrumOf(seed)
  yield view(false)

  const [x, y] = batchOf(data.spiral, seed)
  const model = netOf([2, width, width, 1], seed)
  const optimizer = optim.sgd(model.parameters(), { lr: share * rate })
  const monitor = new StabilityMonitor(objectiveOf(model, [x, y], { loss }))
  const step = compile(() => {
    const value = loss(model.forward(x), y)
    optimizer.zeroGrad()
    value.backward()
    optimizer.step()
    return value
  })
  const every = Math.ceil(steps / 40)
  let pause = performance.now() + 80
  for (let i = 0; i <= steps && !signal.aborted; i++) {
    if (i % every === 0) sharpness.push([i, (await monitor.measure(i, rate)).sharpness])
    losses.push(step().itemSync())
    if (performance.now() > pause) {
      yield view(false)
      pause = performance.now() + 80
    }
  }
  if (signal.aborted) return
  const { sharpness: followed } = await monitor.measure(steps + 1, rate)
  end = { ...(await bendOf(model, [x, y])), followed }
  yield view(true)
}

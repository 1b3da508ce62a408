import { compile, data, Generator, nn, optim, surfaces, type Tensor } from "nabla"
import {
  estimateTrace,
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
  readonly trace: number
  readonly negative: number
  readonly condition: number
  /** By Lanczos, largest first. */
  readonly top: readonly number[]
  readonly estimate: number
  readonly interval: readonly [number, number]
  readonly density: readonly (readonly [number, number])[]
}

export interface View {
  /** Distances on the parabola with a rate just below and just above 2/λ, at each step. */
  readonly parabola: readonly (readonly number[])[]
  readonly spectrum: Spectrum | null
  readonly training: {
    readonly losses: readonly number[]
    readonly sharpness: readonly (readonly [step: number, sharpness: number])[]
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

/** All 25 eigenvalues of the Playground's own net, and what estimates make of them. */
async function spectrumOf(seed: number): Promise<Spectrum> {
  const hessian = hessianOf(objectiveOf(netOf([2, 4, 2, 1], seed), batchOf(data.circle, 1), { loss }))
  const exact = await exactSpectrum(hessian)
  const top = await topEigenvalues(hessian, 5)
  const trace = await estimateTrace(hessian, { method: "hutchinson", products: 60, confidence: 0.999, seed })
  const { grid, density } = await spectralDensity(hessian)
  return {
    exact: Array.from(exact.values),
    trace: exact.trace,
    negative: exact.negative,
    condition: exact.condition,
    top: [...top.values],
    estimate: trace.value,
    interval: [trace.interval[0], trace.interval[1]],
    density: Array.from(grid, (value, i) => [value, density[i]!] as const),
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
  const view = (done: boolean): View => ({
    parabola,
    spectrum,
    training: { losses: [...losses], sharpness: [...sharpness] },
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
  yield view(true)
}

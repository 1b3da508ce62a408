import { compile, Generator, nn, noGrad, optim, type Tensor, tensor } from "nabla"
import { centre } from "../../charts/grid.ts"
import type { Session } from "../../engine/protocol.ts"
import { fullBatch } from "../full-batch.ts"
import { playgroundPoints } from "../playground-points.ts"
import type { Values } from "./controls.ts"
import { REACH } from "./controls.ts"
import type { BestLine } from "./theory.ts"
import { bestLine, tellable } from "./theory.ts"

const COUNT = 300
/** Both runs end here, or earlier when the second has all points right that can be. */
const [LEAST, STEPS] = [600, 1500]
const TOGETHER = 10
const RATE = 0.01

export interface Run {
  /** Share of points on their side, at some steps. */
  readonly accuracy: readonly (readonly [step: number, share: number])[]
  /** What the net says on the map's grid, from −1 to 1. */
  readonly map: Float32Array
}

/** All layers of the linear run as one: what the product of their matrices gives, against what the layers give. */
export interface Product {
  readonly weight: readonly number[]
  readonly bias: number
  /** Of the outputs, over all points and all places of the map, in units of the largest output. */
  readonly difference: number
}

export interface View {
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: number }[]
  readonly resolution: number
  readonly linear: Run
  readonly other: Run
  readonly product: Product
  readonly parameters: number
  readonly best: BestLine
  /** How many points any function at all can have right. */
  readonly tellable: number
  readonly done: boolean
}

type Layer = nn.Module<readonly [Tensor], Tensor>

const activations: Readonly<Record<string, () => Layer>> = { tanh: nn.tanh, relu: nn.relu, gelu: nn.gelu }

/** A stack of linear layers, with what stands between two of them. Equal seeds give equal weights. */
function netOf({ layers, width, seed }: Values, between: (place: number) => Layer[]): nn.Sequential {
  const stack = Array.from({ length: layers }, (_, i) => {
    const [inputs, outputs] = [i === 0 ? 2 : width, i === layers - 1 ? 1 : width]
    const layer = nn.linear(inputs, outputs, { dtype: "float64" })
    return i === layers - 1 ? [layer] : [layer, ...between(i)]
  })
  return nn.init.initialize(nn.sequential(...stack.flat()), "xavierNormal", {
    generator: new Generator(seed),
  })
}

/** A net in training on the points. */
class Training {
  readonly net: nn.Sequential
  private readonly train: () => unknown
  private readonly outputs: (x: Tensor) => Tensor
  private readonly accuracy: [number, number][] = []
  private steps = 0
  /** Points that are on their side. */
  right = 0

  constructor(
    net: nn.Sequential,
    private readonly x: Tensor,
    private readonly labels: readonly number[],
    target: Tensor,
  ) {
    this.net = net
    const optimizer = optim.adam(net.parameters(), { lr: RATE })
    this.train = fullBatch(optimizer, () => nn.bceWithLogits(net.forward(x), target), TOGETHER)
    this.outputs = compile((at: Tensor) => net.forward(at))
  }

  at(places: Tensor): Float64Array {
    return noGrad(() => Float64Array.from(this.outputs(places).dataSync()))
  }

  look(): void {
    this.right = this.at(this.x).filter((z, i) => z >= 0 === this.labels[i]! > 0).length
    this.accuracy.push([this.steps, this.right / this.labels.length])
  }

  run(): void {
    this.train()
    this.steps += TOGETHER
    this.look()
  }

  describe(grid: Tensor): Run {
    // A logit of z is a probability of σ(z) = ½ + ½·tanh(z/2).
    const map = Float32Array.from(this.at(grid), (z) => Math.tanh(z / 2))
    return { accuracy: [...this.accuracy], map }
  }
}

/** Wₙ⋯W₁ and the bias that comes out: b ← W·b + bᵢ from layer to layer. */
function productOf(net: nn.Sequential): [weight: Tensor, bias: Tensor] {
  const linear = net.modules().filter((module) => module instanceof nn.Linear)
  let weight: Tensor = linear[0]!.weight
  let bias: Tensor = linear[0]!.bias!
  for (const layer of linear.slice(1)) {
    weight = layer.weight.matmul(weight)
    bias = layer.weight.matmul(bias).add(layer.bias!)
  }
  return [weight, bias]
}

function compare(training: Training, places: Tensor): Product {
  const [weight, bias] = noGrad(() => productOf(training.net).map((part) => part.detach())) as [
    Tensor,
    Tensor,
  ]
  const predicted = noGrad(() => nn.functional.linear(places, weight, bias)).dataSync()
  const measured = training.at(places)
  let [difference, size] = [0, 0]
  for (const [i, z] of measured.entries()) {
    difference = Math.max(difference, Math.abs(z - predicted[i]!))
    size = Math.max(size, Math.abs(z))
  }
  return {
    weight: Array.from(weight.dataSync()),
    bias: bias.dataSync()[0]!,
    difference: difference / size,
  }
}

function gridOf(resolution: number): Tensor {
  const grid = { columns: resolution, rows: resolution, x: REACH, y: REACH, values: [] }
  return tensor(
    Array.from({ length: resolution ** 2 }, (_, i) => centre(grid, i)),
    { dtype: "float64" },
  )
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { activation, data, seed, broken } = values
  const { points, x, y } = playgroundPoints(data as "spiral", { seed, count: COUNT })
  const labels = points.map(({ label }) => label)
  const target = y.add(1).div(2)
  // Broken on purpose: the run that is called linear is not.
  const linear = new Training(
    netOf(values, (place) => (broken && place === 0 ? [nn.tanh()] : [])),
    x,
    labels,
    target,
  )
  const other = new Training(
    netOf(values, () => [activations[activation]!()]),
    x,
    labels,
    target,
  )
  const parameters = linear.net.parameters().reduce((sum, parameter) => sum + parameter.numel(), 0)
  const best = bestLine(points)
  const most = tellable(points)
  const view = (resolution: number, grid: Tensor, done: boolean): View => ({
    points,
    resolution,
    linear: linear.describe(grid),
    other: other.describe(grid),
    product: compare(linear, grid),
    parameters,
    best,
    tellable: most,
    done,
  })
  const coarse = gridOf(24)
  for (const training of [linear, other]) training.look()
  yield view(24, coarse, false)
  let pause = performance.now() + 80
  for (let step = 0; step < (other.right < most ? STEPS : LEAST) && !signal.aborted; step += TOGETHER) {
    for (const training of [linear, other]) training.run()
    if (performance.now() > pause) {
      yield view(24, coarse, false)
      pause = performance.now() + 80
    }
  }
  yield view(60, gridOf(60), true)
}

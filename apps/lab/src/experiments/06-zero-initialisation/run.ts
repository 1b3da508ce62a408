import { Generator, jvp, nn, optim, type Tensor, tensor } from "nabla"
import { exactSpectrum, hessianOf, objectiveOf } from "nabla/diagnostics"
import type { Session } from "../../engine/protocol.ts"
import { fullBatch } from "../full-batch.ts"
import { playgroundPoints } from "../playground-points.ts"
import { thinned } from "../walk.ts"
import type { Values } from "./controls.ts"
import { DEPTHS, ENOUGH } from "./controls.ts"
import type { Escape, Line, Start } from "./theory.ts"
import { leaveZero, lineOf, productAt } from "./theory.ts"

const f64 = { dtype: "float64" } as const
const TOGETHER = 20
/** All of them train, as many of one class as of the other: so no bias has a slope at zero, and exactly none with a power of two. */
const COUNT = 256

/** What a net is like at zero, and how the loss behaves on the straight line from there to the start. */
export interface Zero {
  /** The largest slope in any parameter. */
  readonly gradient: number
  readonly eigenvalues: readonly number[]
  readonly negative: number
  /** The first derivatives along the unit of noise, as many as there are layers. */
  readonly derivatives: readonly number[]
  /** v·W_h⋯W₁·m of that unit. */
  readonly product: number
  /** How far the loss is from ½ there. */
  readonly along: readonly (readonly [distance: number, change: number])[]
}

export interface Net {
  readonly hidden: number
  readonly zero: Zero
  readonly steps: number
  readonly left: boolean
  /** The loss at some steps. */
  readonly losses: readonly (readonly [step: number, loss: number])[]
  readonly predicted: Escape
}

export interface View {
  readonly nets: readonly Net[]
  /** |m| of the data. */
  readonly pull: number
  readonly done: boolean
}

/** tanh layers as on the Playground, output included; with shortcuts a hidden layer adds to what it is given. */
class Deep extends nn.Module {
  readonly layers: nn.ModuleList<nn.Linear>

  constructor(
    hidden: number,
    width: number,
    private readonly shortcuts: boolean,
  ) {
    super()
    const widths = [2, ...new Array<number>(hidden).fill(width), 1]
    this.layers = nn.moduleList(widths.slice(1).map((size, i) => nn.linear(widths[i]!, size, f64)))
  }

  override forward(x: Tensor): Tensor {
    const last = this.layers.length - 1
    return [...this.layers].reduce((h, layer, i) => {
      const out = layer.forward(h).tanh()
      return this.shortcuts && i > 0 && i < last ? out.add(h) : out
    }, x)
  }
}

/** ½·(o − t)², as TensorFlow Playground has it. */
const half = (o: Tensor, t: Tensor): Tensor => o.sub(t).square().mul(0.5).mean()

/** Unit noise for the weights of a net; biases begin at zero. */
function unitNoise(net: Deep, seed: number): Tensor[] {
  const generator = new Generator(seed)
  return [...net.layers].map(({ weight }) => nn.init.normal_(tensor(weight.detach().mul(0)), { generator }))
}

function setWeights(net: Deep, unit: readonly Tensor[], size: number): void {
  const state = unit.map((noise, i) => [`layers.${i}.weight`, noise.mul(size)] as const)
  const biases = [...net.layers].map(({ bias }, i) => [`layers.${i}.bias`, bias!.detach().mul(0)] as const)
  net.loadStateDict(Object.fromEntries([...state, ...biases]))
}

type Scalar = (s: Tensor) => Tensor

/** The next derivative of a function of one number, by forward mode. */
const derivative =
  (f: Scalar): Scalar =>
  (s) =>
    jvp(f as (...args: unknown[]) => unknown, [s], [tensor(1, f64)])[1] as Tensor

/** One net: what it is like at zero, and its way from near there. */
class Journey {
  readonly net: Deep
  private readonly start: Start
  private readonly unit: readonly Tensor[]
  private predicted: Escape = { steps: Number.NaN, bent: Number.NaN, path: [] }
  private readonly train: () => readonly number[]
  private zero: Zero = {
    gradient: Number.NaN,
    eigenvalues: [],
    negative: 0,
    derivatives: [],
    product: 0,
    along: [],
  }
  private readonly losses: [number, number][] = []
  private nextKept = 0
  steps = 0
  left = false

  constructor(
    private readonly hidden: number,
    private readonly values: Values,
    private readonly line: Line,
    private readonly data: readonly [x: Tensor, y: Tensor],
  ) {
    const { width, noise, seed, broken } = values
    // Broken on purpose: with shortcuts zero is no flatter for a deep net than for a shallow one.
    this.net = new Deep(hidden, width, broken)
    this.unit = unitNoise(this.net, seed)
    this.start = { width, weights: this.unit.map((part) => Array.from(part.mul(noise).dataSync())) }
    const optimizer = optim.sgd(this.net.parameters(), { lr: values.rate })
    this.train = fullBatch(optimizer, () => half(this.net.forward(data[0]), data[1]), TOGETHER)
  }

  async prepare(): Promise<void> {
    const { net, unit, data, hidden } = this
    const way = leaveZero(this.start, this.line, this.values.rate)
    this.predicted = { ...way, path: thinned(way.path, 150) }
    setWeights(net, unit, 0)
    const objective = objectiveOf(net, data, { loss: half })
    const { gradient } = await objective.gradient()
    const { values, negative } = await exactSpectrum(hessianOf(objective))
    const lossAt: Scalar = (s) => {
      const weights = unit.map((noise, i) => [`layers.${i}.weight`, noise.mul(s)])
      return half(nn.functionalCall(net, Object.fromEntries(weights), data[0]), data[1])
    }
    const functions: Scalar[] = [lossAt]
    for (let order = 0; order <= hidden; order++) functions.push(derivative(functions[order]!))
    const distances = Array.from({ length: 13 }, (_, i) => 10 ** (-3 + i / 4))
    this.zero = {
      gradient: gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
      eigenvalues: Array.from(values),
      negative,
      derivatives: functions.slice(1).map((f) => f(tensor(0, f64)).itemSync()),
      product: productAt(
        { ...this.start, weights: unit.map((part) => Array.from(part.dataSync())) },
        this.line,
      ),
      along: distances.map((s) => [s, Math.abs(lossAt(tensor(s, f64)).itemSync() - 0.5)]),
    }
    setWeights(net, unit, this.values.noise)
  }

  get done(): boolean {
    return this.left || this.steps >= this.values.budget
  }

  run(): void {
    const { budget } = this.values
    for (const loss of this.train()) {
      if (this.done) return
      this.left = loss <= ENOUGH
      // Equal distances on a logarithmic axis are enough to draw.
      if (this.steps >= this.nextKept || this.left || this.steps === budget - 1) {
        this.losses.push([this.steps, loss])
        this.nextKept = this.steps * 1.05
      }
      if (!this.left) this.steps++
    }
  }

  describe(): Net {
    const { hidden, zero, steps, left, losses, predicted } = this
    return { hidden, zero, steps, left, losses: [...losses], predicted }
  }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { points, x, y } = playgroundPoints("gauss", { seed: values.seed, count: COUNT })
  const line = lineOf(points)
  const journeys = DEPTHS.map((hidden) => new Journey(hidden, values, line, [x, y]))
  const view = (done: boolean): View => ({
    nets: journeys.map((journey) => journey.describe()),
    pull: line.pull,
    done,
  })
  yield view(false)
  for (const journey of journeys) {
    await journey.prepare()
    yield view(false)
  }
  let pause = performance.now() + 100
  for (let all = false; !all && !signal.aborted; ) {
    all = true
    for (const journey of journeys) {
      if (journey.done) continue
      journey.run()
      all = false
    }
    if (performance.now() > pause) {
      yield view(false)
      pause = performance.now() + 100
    }
  }
  yield view(true)
}

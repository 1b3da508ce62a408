import { cat, data, full, manualSeed, nn, noGrad, type Tensor } from "nabla"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"
import { endless, Learner, pacer } from "./learner.ts"

/** What one net remembers. */
export interface Memory {
  readonly losses: readonly number[]
  /** Mean squared error on sequences that were not trained on, and the steps after which it was taken. */
  readonly errors: readonly (readonly [step: number, error: number])[]
  /** How much the answer depends on each step's input: root mean square of its gradient there, at first and now. */
  readonly first: readonly number[]
  readonly now: readonly number[]
  /** What a step back in time multiplies that by, at first. */
  readonly factor: number
  readonly parameters: number
}

/** A plain recurrent net and an LSTM that add two marked numbers of a sequence. */
export interface MemoryView {
  readonly kind: "recurrent"
  readonly plain: Memory
  readonly lstm: Memory
  /** What `first` of the plain net is by the product of its Jacobians. */
  readonly byProducts: readonly number[]
  readonly done: boolean
}

/** Whoever has forgotten the first of the two numbers errs by its variance, in the mean. */
export const FORGOTTEN = 1 / 12
/** An error that is far below: the sum has been learned. */
const LEARNED = FORGOTTEN / 10
const MEMORY_STEPS = 1500
const HIDDEN = 24
const BATCH = 32

type Recurrent = nn.Module<readonly [Tensor], readonly [output: Tensor, state: unknown]> & {
  readonly hiddenSize: number
}

/** Reads a sequence and answers at its end. */
class Adder extends nn.Module {
  recurrent: Recurrent
  head: nn.Linear

  constructor(recurrent: Recurrent) {
    super()
    this.recurrent = recurrent
    this.head = nn.linear(recurrent.hiddenSize, 1)
  }

  /** The outputs of all steps: [batch, steps, hidden]. */
  outputs(x: Tensor): Tensor {
    return this.recurrent.forward(x)[0]
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.outputs(x).select(1, -1))
  }
}

/** An LSTM whose forget gates, the second of four, begin at σ(bias), but for their weights. */
function remembering(bias: number): nn.LSTM {
  const lstm = nn.lstm(2, HIDDEN, { batchFirst: true })
  const values = lstm.stateDict()
  for (const [name, value] of [
    ["bias_ih_l0", bias],
    ["bias_hh_l0", 0],
  ] as const) {
    const parts = values[name]!.chunk(4)
    values[name] = cat([parts[0]!, full([HIDDEN], value), parts[2]!, parts[3]!])
  }
  lstm.loadStateDict(values)
  return lstm
}

/** Root mean square of the answers' gradients at the inputs of each step. */
function dependence(model: Adder, x: Tensor): number[] {
  const input = x.detach().requiresGrad_()
  model.forward(input).sum().backward()
  for (const parameter of model.parameters()) parameter.grad = null
  return Array.from(input.grad!.square().mean([0, 2]).sqrt().dataSync(), Number)
}

/** Of single precision: whatever is less is gone. */
const SMALLEST = 1e-45

/** Slope of the logarithm over the steps, by least squares, as a factor for each step back. */
function factorOf(sizes: readonly number[]): number {
  // At the end the answer's own layer counts, not the recurrence.
  const logs = sizes.slice(0, -2).map((size) => Math.log(Math.max(size, SMALLEST)))
  const middle = (logs.length - 1) / 2
  const across = logs.reduce((sum, y, t) => sum + (t - middle) * y, 0)
  const along = logs.reduce((sum, _, t) => sum + (t - middle) ** 2, 0)
  return Math.exp(-across / along)
}

/** The same as dependence for h′ = tanh(U·h + W·x + b), by the formula: Jacobians multiplied from the end. */
function byProducts(model: Adder, x: Tensor): number[] {
  return noGrad(() => {
    const { weight_hh_l0: u, weight_ih_l0: w } = model.recurrent.stateDict()
    const states = model.outputs(x)
    const sizes: number[] = []
    let slope: Tensor = model.head.weight.expand([x.shape[0]!, HIDDEN])
    for (let t = x.shape[1]! - 1; t >= 0; t--) {
      const inside = slope.mul(states.select(1, t).square().neg().add(1))
      sizes.unshift(inside.matmul(w!).square().mean().sqrt().itemSync())
      slope = inside.matmul(u!)
    }
    return sizes
  })
}

/** A net on its way. */
class Rememberer {
  readonly learner: Learner<Adder>
  private readonly errors: [number, number][] = []
  private readonly first: readonly number[]
  private now: readonly number[]

  constructor(recurrent: Recurrent, probe: Tensor) {
    const model = new Adder(recurrent)
    this.learner = new Learner(model, nn.mse, { rate: 0.01, clip: 1 })
    this.first = dependence(model, probe)
    this.now = this.first
  }

  step(x: Tensor, y: Tensor): void {
    this.learner.step(x, y)
  }

  /** Looks at sequences that are not trained on. */
  look([x, y]: readonly [Tensor, Tensor]): void {
    const { model, losses } = this.learner
    this.errors.push([losses.length, noGrad(() => nn.mse(model.forward(x), y)).itemSync()])
    this.now = dependence(model, x)
  }

  get error(): number {
    return this.errors.at(-1)![1]
  }

  get memory(): Memory {
    const { first, now, learner } = this
    return {
      losses: [...learner.losses],
      errors: [...this.errors],
      first,
      now,
      factor: factorOf(first),
      parameters: learner.parameters,
    }
  }
}

const empty: Memory = { losses: [], errors: [], first: [], now: [], factor: Number.NaN, parameters: 0 }
const NOTHING: MemoryView = { kind: "recurrent", plain: empty, lstm: empty, byProducts: [], done: false }

export async function* runMemory(values: Values, { signal }: Session): AsyncGenerator<MemoryView> {
  const { length, forget, seed, broken } = values
  const test = data.addingProblem({ n: 256, length, seed: seed + 1000 })
  const held = [...new data.DataLoader(test, { batchSize: 256 })][0] as [Tensor, Tensor]
  yield NOTHING
  manualSeed(seed)
  // Broken on purpose: whatever is set, the gates are closed.
  const lstm = new Rememberer(remembering(broken ? -4 : forget), held[0])
  const plain = new Rememberer(nn.rnn(2, HIDDEN, { batchFirst: true }), held[0])
  const products = byProducts(plain.learner.model, held[0])
  const view = (done: boolean): MemoryView => ({
    kind: "recurrent",
    plain: plain.memory,
    lstm: lstm.memory,
    byProducts: products,
    done,
  })
  yield view(false)
  const due = pacer()
  const train = data.addingProblem({ n: 6400, length, seed })
  const loader = new data.DataLoader(train, { batchSize: BATCH, shuffle: true, seed, dropLast: true })
  const batches = endless<[Tensor, Tensor]>(loader)
  for (let step = 0; step < MEMORY_STEPS && !signal.aborted; step++) {
    if (step % 20 === 0) {
      for (const net of [plain, lstm]) net.look(held)
      if (lstm.error < LEARNED) break
    }
    const [x, y] = batches.next().value
    plain.step(x, y)
    lstm.step(x, y)
    if (due()) yield view(false)
  }
  yield view(true)
}

import { abs, cat, compile, narrow, noGrad, type optim, square, Tensor, tensor } from "nabla"
import type { Edit } from "../edits.ts"
import type { Values } from "../state.ts"
import { ClassicSGD } from "./classic.ts"
import type { LabelledPoint } from "./data.ts"
import { shuffled } from "./data.ts"
import { featureRows } from "./features.ts"
import type { LayerValues } from "./net.ts"
import { layersOf, Net, setLayers } from "./net.ts"
import type { Objective } from "./objective.ts"
import { objectiveFor } from "./objective.ts"
import { capturable, makeOptimizer, needOf, rateOf } from "./optimizers.ts"
import { seedrandom } from "./seedrandom.ts"
import { initialise, setEdit } from "./start.ts"

const f64 = { dtype: "float64" } as const

/** Batches of one size that one run of a captured program takes. */
const BATCHES_A_RUN = 5

/** Points with their features, on the host. */
interface Rows {
  readonly features: Float64Array
  readonly labels: Float64Array
  readonly width: number
  readonly count: number
}

export interface Snapshot {
  readonly epoch: number
  readonly steps: number
  readonly net: Readonly<Record<string, Tensor>>
  readonly optimizers: readonly ReturnType<optim.Optimizer["stateDict"]>[]
  /** Of what dropout draws. */
  readonly generator: Net["generator"]["state"]
}

export interface Scores {
  /** Mean loss without the penalty. */
  readonly loss: number
  /** Share of points on the right side; for a regression R². */
  readonly score: number
  /** Counts by true class, then by the class that was said; empty for a regression. */
  readonly confusion: readonly (readonly number[])[]
}

function rowsOf(values: Values, points: readonly LabelledPoint[]): Rows {
  const { rows, width } = featureRows(values, points)
  return {
    features: rows,
    width,
    count: points.length,
    labels: Float64Array.from(points, ({ label }) => label),
  }
}

/** One network on its data, trained epoch by epoch. */
export class Trainer {
  values: Values
  readonly net: Net
  readonly objective: Objective
  readonly optimizers: readonly optim.Optimizer[]
  epoch = 0
  /** Updates so far. */
  steps = 0
  readonly train: Rows
  readonly test: Rows
  private program: (x: Tensor, y: Tensor, size: number, penalty: string, rate: Tensor) => void
  private fixed: readonly (readonly number[])[] | null = null

  constructor(
    values: Values,
    data: { readonly train: readonly LabelledPoint[]; readonly test: readonly LabelledPoint[] },
    following: () => number,
  ) {
    this.values = values
    this.train = rowsOf(values, data.train)
    this.test = rowsOf(values, data.test)
    this.objective = objectiveFor(values)
    this.net = new Net(values, this.train.width, this.objective.outputs)
    initialise(this.net, values, following)
    this.optimizers = makeOptimizer(values, [...this.net.parameters()], this.objective)
    this.applyRate()
    this.program = this.compiled()
  }

  private compiled(): Trainer["program"] {
    const program: Trainer["program"] = (x, y, size, penalty, rate) => this.descend(x, y, size, penalty, rate)
    return this.optimizers.every(capturable) ? compile(program) : program
  }

  get classic(): boolean {
    return this.values.mode === "playground"
  }

  get batch(): number {
    return this.values.batchSize
  }

  /** Takes over what may change while a run goes on. */
  apply(values: Values): void {
    this.values = values
    this.applyRate()
    for (const optimizer of this.optimizers) {
      if (!(optimizer instanceof ClassicSGD)) continue
      optimizer.penalty = values.regularization as ClassicSGD["penalty"]
      for (const group of optimizer.paramGroups) Object.assign(group, { rate: values.regularizationRate })
    }
  }

  private applyRate(): void {
    const rate = rateOf(this.values, Math.ceil(this.train.count / this.batch))
    for (const optimizer of this.optimizers) optimizer.lr = rate
  }

  private get penalty(): string {
    return this.values.regularization
  }

  /** Some batches of one size, one step for each. */
  private descend(x: Tensor, y: Tensor, size: number, penalty: string, rate: Tensor): void {
    for (let at = 0; at < x.shape[0]!; at += size) {
      const [input, target] = [narrow(x, 0, at, size), narrow(y, 0, at, size)]
      const closures = this.closures(input, target, penalty, rate)
      if (this.optimizers.every((optimizer) => needOf(optimizer) === "nothing")) closures.loss()
      for (const optimizer of this.optimizers) {
        const need = needOf(optimizer)
        if (need === "nothing") optimizer.step()
        else optimizer.step(closures[need] as () => Tensor)
      }
    }
  }

  /** What the step of an optimizer may ask for, on one batch. */
  private closures(x: Tensor, y: Tensor, penalty: string, rate: Tensor) {
    const { net, objective } = this
    // Playground's optimizer has the penalty in its rule.
    const free = this.classic || penalty === "none"
    const wholeOf = (z: Tensor): Tensor => {
      const loss = objective.loss(z, y)
      return free ? loss : loss.add(this.penaltyOf(penalty).mul(rate))
    }
    return {
      loss: (): Tensor => {
        net.zeroGrad()
        const whole = wholeOf(net.forward(x))
        whole.backward()
        return whole
      },
      residuals: (): Tensor => {
        const own = objective.residuals!(net.forward(x), y).flatten()
        const weights = free ? [] : [...net.layers].map(({ weight }) => weight.flatten().mul(rate.sqrt()))
        return cat([own, ...weights])
      },
      outputs: () => {
        const z = net.forward(x)
        return { loss: wholeOf(z), outputs: objective.likelihood!.of(z) }
      },
    }
  }

  private penaltyOf(kind: string): Tensor {
    const sums = [...this.net.layers].map(({ weight }) =>
      kind === "L1" ? abs(weight).sum() : square(weight).sum().mul(0.5),
    )
    return sums.reduce((a, b) => a.add(b))
  }

  /**
   * The batches of the next epoch, as places of points. Playground's order is fixed, and what an incomplete batch leaves
   * over counts for the next epoch's first step: its gradients are taken at the weights that step starts from.
   */
  batches(): readonly (readonly number[])[] {
    const { count } = this.train
    const inOrder = Array.from({ length: count }, (_, i) => i)
    if (!this.classic) return cut(shuffled(inOrder, seedrandom(`batches ${this.epoch}`)), this.batch)
    const full = cut(inOrder, this.batch)
    const rest = full.at(-1)!.length < this.batch ? full.pop()! : []
    if (this.epoch === 0 || rest.length === 0 || full.length === 0) return full
    return (this.fixed ??= [[...rest, ...full[0]!], ...full.slice(1)])
  }

  trainEpoch(): void {
    this.net.train()
    const batches = this.batches()
    for (let at = 0; at < batches.length; ) {
      const size = batches[at]!.length
      let end = at + 1
      while (end < batches.length && end - at < BATCHES_A_RUN && batches[end]!.length === size) end++
      // Ten programs for ten numbers of batches would take long to capture: a rest goes one by one.
      if (end - at < BATCHES_A_RUN) end = at + 1
      this.trainBatches(batches.slice(at, end))
      at = end
    }
    this.epoch++
  }

  /** One step for each batch; all are of one size. */
  trainBatches(batches: readonly (readonly number[])[]): void {
    const size = batches[0]!.length
    const rate = tensor(this.values.regularizationRate, f64)
    const [x, y] = this.tensorsOf(this.train, batches.flat())
    this.program(x, y, size, this.penalty, rate)
    this.scored.clear()
    this.steps += batches.length
  }

  private readonly kept = new Map<string, readonly [Tensor, Tensor]>()

  private tensorsOf(rows: Rows, places: readonly number[]): readonly [Tensor, Tensor] {
    const key = this.classic ? `${places[0]} ${places.length}` : null
    const known = key === null ? undefined : this.kept.get(key)
    if (known !== undefined) return known
    const { width } = rows
    const x = new Float64Array(places.length * width)
    const y = new Float64Array(places.length)
    places.forEach((place, i) => {
      for (let j = 0; j < width; j++) x[i * width + j] = rows.features[place * width + j]!
      y[i] = rows.labels[place]!
    })
    const made = [tensor(x, { shape: [places.length, width], ...f64 }), this.targets(y)] as const
    if (key !== null) this.kept.set(key, made)
    return made
  }

  private targets(labels: Float64Array): Tensor {
    if (this.objective.outputs > 1) return tensor(Int32Array.from(labels))
    return tensor(labels, { shape: [labels.length, 1], ...f64 })
  }

  private readonly evaluated = compile((x: Tensor, y: Tensor) => {
    const z = this.net.forward(x)
    return [this.objective.loss(z, y), this.objective.shown(z)] as const
  })
  private readonly sets = new Map<Rows, readonly [Tensor, Tensor]>()
  /** Scores of the network as it is: forgotten when it changes. */
  private readonly scored = new Map<Rows, Scores>()

  /** Loss and scores on the training or the test data; NaN where there are no points. */
  scores(rows: Rows): Scores {
    let scores = this.scored.get(rows)
    if (scores === undefined) {
      scores = this.scoresOf(rows)
      this.scored.set(rows, scores)
    }
    return scores
  }

  private scoresOf(rows: Rows): Scores {
    if (rows.count === 0) return { loss: Number.NaN, score: Number.NaN, confusion: [] }
    this.net.eval()
    const all = this.sets.get(rows) ?? this.tensorsOfAll(rows)
    const [loss, shown] = noGrad(() => this.evaluated(all[0], all[1]))
    return { loss: loss.itemSync(), ...this.scoreOf(rows, shown.dataSync() as Float64Array) }
  }

  private tensorsOfAll(rows: Rows): readonly [Tensor, Tensor] {
    const x = tensor(rows.features, { shape: [rows.count, rows.width], ...f64 })
    const made = [x, this.targets(rows.labels)] as const
    this.sets.set(rows, made)
    return made
  }

  private scoreOf({ labels, count }: Rows, shown: Float64Array): { score: number; confusion: number[][] } {
    if (this.values.problem === "regression") {
      const mean = labels.reduce((a, b) => a + b, 0) / count
      let [residual, total] = [0, 0]
      labels.forEach((label, i) => {
        residual += (label - shown[i]!) ** 2
        total += (label - mean) ** 2
      })
      return { score: 1 - residual / total, confusion: [] }
    }
    const { outputs } = this.objective
    const classes = outputs === 1 ? 2 : outputs
    const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
    let right = 0
    labels.forEach((label, i) => {
      const truth = outputs === 1 ? (label > 0 ? 1 : 0) : label
      const said = outputs === 1 ? (shown[i]! >= 0 ? 1 : 0) : largest(shown, i * outputs, outputs)
      confusion[truth]![said]!++
      if (truth === said) right++
    })
    return { score: right / count, confusion }
  }

  private readonly mapped = compile((x: Tensor) => {
    const outputs = this.net.outputs(x)
    return [...outputs.slice(0, -1), this.objective.shown(outputs.at(-1)!)]
  })
  private readonly grids = new Map<number, Tensor>()

  /** What every unit gives on a grid over [−6, 6]², rows from the top: for each layer [points, units]. */
  maps(resolution: number): Float32Array[] {
    this.net.eval()
    let grid = this.grids.get(resolution)
    if (grid === undefined) {
      const { rows, width } = featureRows(this.values, gridPoints(resolution))
      grid = tensor(rows, { shape: [resolution ** 2, width], ...f64 })
      this.grids.set(resolution, grid)
    }
    return noGrad(() => this.mapped(grid!)).map((layer) => Float32Array.from(layer.dataSync()))
  }

  /** The rate of the next step. */
  get rate(): number {
    const { lr } = this.optimizers[0]!
    return lr
  }

  /** Whether all parameters are finite. */
  get finite(): boolean {
    return this.layers().every(({ weight, bias }) => [...weight, ...bias].every(Number.isFinite))
  }

  layers(): LayerValues[] {
    return layersOf(this.net)
  }

  /** Sets a weight or a bias by hand. */
  edit(edit: Edit): boolean {
    const layers = this.layers()
    if (!setEdit(layers, edit)) return false
    this.setLayers(layers)
    return true
  }

  /** Sets all weights and biases. */
  setLayers(layers: readonly LayerValues[]): void {
    setLayers(this.net, layers)
    this.scored.clear()
  }

  snapshot(): Snapshot {
    const optimizers = this.optimizers.map((optimizer) => {
      const { state, ...rest } = optimizer.stateDict()
      const entries = Object.entries(state).map(([i, record]) => [i, copied(record)])
      return { ...rest, state: Object.fromEntries(entries) }
    })
    const { epoch, steps, net } = this
    return { epoch, steps, net: copied(net.stateDict()), optimizers, generator: net.generator.state }
  }

  restore({ epoch, steps, net, optimizers, generator }: Snapshot): void {
    this.net.loadStateDict(net)
    this.net.generator.state = generator
    this.scored.clear()
    this.optimizers.forEach((optimizer, i) => {
      optimizer.loadStateDict(optimizers[i]!)
    })
    this.apply(this.values)
    // The captured program knows the tensors that the optimizer had before.
    this.program = this.compiled()
    this.epoch = epoch
    this.steps = steps
  }
}

/** A record with its tensors' values of now. */
function copied<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(record).map(([name, value]) => {
    if (!(value instanceof Tensor)) return [name, value]
    return [name, tensor(value.dataSync() as Float64Array, { shape: value.shape, dtype: value.dtype })]
  })
  return Object.fromEntries(entries)
}

/** Centres of the cells of a grid, row by row from the top. */
export function gridPoints(resolution: number): { x: number; y: number }[] {
  const at = (i: number): number => -6 + (12 * (i + 0.5)) / resolution
  return Array.from({ length: resolution ** 2 }, (_, i) => ({
    x: at(i % resolution),
    y: -at(Math.floor(i / resolution)),
  }))
}

function cut<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )
}

function largest(values: Float64Array, from: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) if (values[from + i]! > values[from + best]!) best = i
  return best
}

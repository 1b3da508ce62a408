import { describe, expect, it } from "vitest"
import type { Values } from "../state.ts"
import { defaults } from "../state.ts"
import type { LabelledPoint } from "./data.ts"
import { makeData, split } from "./data.ts"
import { seedrandom } from "./seedrandom.ts"
import { Trainer } from "./trainer.ts"

/** TensorFlow Playground's network in plain loops over points, nodes and links. */
class Reference {
  readonly weight: number[][][] = []
  readonly bias: number[][] = []
  private readonly dead: boolean[][][] = []
  private sums: { weight: number[][][]; bias: number[][]; count: number }
  private readonly options: {
    activation: string
    regression: boolean
    penalty: string
    lr: number
    rate: number
    batch: number
  }

  constructor(
    layers: readonly { weight: Float64Array; bias: Float64Array; inputs: number }[],
    options: Reference["options"],
  ) {
    this.options = options
    for (const { weight, bias, inputs } of layers) {
      this.weight.push([...bias].map((_, u) => [...weight.slice(u * inputs, (u + 1) * inputs)]))
      this.bias.push([...bias])
      this.dead.push([...bias].map(() => new Array<boolean>(inputs).fill(false)))
    }
    this.sums = this.zero()
  }

  private zero() {
    return {
      weight: this.weight.map((layer) => layer.map((row) => row.map(() => 0))),
      bias: this.bias.map((layer) => layer.map(() => 0)),
      count: 0,
    }
  }

  private activate(z: number, last: boolean): [value: number, slope: number] {
    const kind = last ? (this.options.regression ? "linear" : "tanh") : this.options.activation
    if (kind === "relu") return [Math.max(0, z), z <= 0 ? 0 : 1]
    if (kind === "sigmoid") return [1 / (1 + Math.exp(-z)), Math.exp(-z) / (1 + Math.exp(-z)) ** 2]
    if (kind === "tanh") return [Math.tanh(z), 1 - Math.tanh(z) ** 2]
    return [z, 1]
  }

  private point(input: number[], target: number): void {
    const values = [input]
    const slopes: number[][] = []
    this.weight.forEach((layer, l) => {
      const pairs = layer.map((row, u) => {
        const z = row.reduce((sum, w, j) => sum + w * values[l]![j]!, this.bias[l]![u]!)
        return this.activate(z, l === this.weight.length - 1)
      })
      values.push(pairs.map(([value]) => value))
      slopes.push(pairs.map(([, slope]) => slope))
    })
    let outer = [values.at(-1)![0]! - target]
    for (let l = this.weight.length - 1; l >= 0; l--) {
      const inner = outer.map((d, u) => d * slopes[l]![u]!)
      inner.forEach((d, u) => {
        this.sums.bias[l]![u]! += d
        this.weight[l]![u]!.forEach((_, j) => {
          this.sums.weight[l]![u]![j]! += d * values[l]![j]!
        })
      })
      outer = values[l]!.map((_, j) => inner.reduce((sum, d, u) => sum + d * this.weight[l]![u]![j]!, 0))
    }
    this.sums.count++
  }

  private update(): void {
    const { lr, rate, penalty } = this.options
    const { weight, bias, count } = this.sums
    this.weight.forEach((layer, l) => {
      layer.forEach((row, u) => {
        this.bias[l]![u]! -= (lr * bias[l]![u]!) / count
        row.forEach((w, j) => {
          if (this.dead[l]![u]![j]) return
          const slope = penalty === "L1" ? Math.sign(w) : penalty === "L2" ? w : 0
          const after = w - (lr / count) * weight[l]![u]![j]!
          const next = after - lr * rate * slope
          const crossed = penalty === "L1" && after * next < 0
          row[j] = crossed ? 0 : next
          if (crossed) this.dead[l]![u]![j] = true
        })
      })
    })
    this.sums = this.zero()
  }

  epoch(points: readonly { input: number[]; label: number }[]): void {
    points.forEach(({ input, label }, i) => {
      this.point(input, label)
      if ((i + 1) % this.options.batch === 0) this.update()
    })
  }
}

const names = ["circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"] as const

function setUp(changed: Partial<Values>): {
  trainer: Trainer
  reference: Reference
  points: LabelledPoint[]
} {
  const values: Values = { ...defaults, mode: "playground", noise: 10, ...changed }
  const regression = values.problem === "regression"
  const random = seedrandom(values.seed)
  const name = (regression ? values.regDataset : values.dataset) as (typeof names)[number]
  const all = makeData({ name, noise: values.noise, random })
  const [train, test] = split(all.slice(0, 160), values.percTrainData)
  const trainer = new Trainer(values, { train, test }, random)
  const {
    activation,
    regularization: penalty,
    learningRate: lr,
    regularizationRate: rate,
    batchSize: batch,
  } = values
  const reference = new Reference(trainer.layers(), { activation, regression, penalty, lr, rate, batch })
  return { trainer, reference, points: train }
}

function distance(trainer: Trainer, reference: Reference): number {
  const own = trainer.layers().flatMap(({ weight, bias }) => [...weight, ...bias])
  const wanted = reference.weight.flatMap((rows, l) => [...rows.flat(), ...reference.bias[l]!])
  return Math.max(...own.map((value, i) => Math.abs(value - wanted[i]!)))
}

describe("Playground mode is TensorFlow Playground's algorithm", () => {
  for (const name of names) {
    for (const activation of ["relu", "tanh", "sigmoid", "linear"]) {
      for (const [regularization, rate] of [
        ["none", 0],
        ["L1", 0.01],
        ["L2", 0.03],
      ] as const) {
        it(`${name}, ${activation}, ${regularization}: weights after 1, 10 and 100 epochs`, () => {
          const regression = name.startsWith("reg-")
          const { trainer, reference, points } = setUp({
            problem: regression ? "regression" : "classification",
            [regression ? "regDataset" : "dataset"]: name,
            activation,
            regularization,
            regularizationRate: rate,
            // 80 points in batches of 9: 8 gradients are left over after each epoch.
            batchSize: 9,
          })
          const rows = points.map(({ x, y, label }) => ({ input: [x, y], label }))
          let epoch = 0
          for (const until of [1, 10, 100]) {
            for (; epoch < until; epoch++) {
              trainer.trainEpoch()
              reference.epoch(rows)
            }
            expect(distance(trainer, reference), `after ${until} epochs`).toBeLessThan(1e-6)
          }
        })
      }
    }
  }

  it("kills the weights whose sign an L1 penalty changes, for good", () => {
    const { trainer, reference, points } = setUp({
      regularization: "L1",
      regularizationRate: 0.1,
      learningRate: 0.1,
    })
    const rows = points.map(({ x, y, label }) => ({ input: [x, y], label }))
    for (let epoch = 0; epoch < 40; epoch++) {
      trainer.trainEpoch()
      reference.epoch(rows)
    }
    const zeros = trainer.layers().flatMap(({ weight }) => [...weight].filter((w) => w === 0))
    expect(zeros.length).toBeGreaterThan(0)
    expect(distance(trainer, reference)).toBeLessThan(1e-6)
  })

  it("starts at zero where it is told to, and trains nothing when no batch is complete", () => {
    const { trainer } = setUp({ initZero: true, percTrainData: 10, batchSize: 30 })
    trainer.trainEpoch()
    expect(trainer.layers().every(({ weight, bias }) => [...weight, ...bias].every((w) => w === 0))).toBe(
      true,
    )
    expect(trainer.steps).toBe(0)
  })
})

it("draws the numbers of the seedrandom package", () => {
  const random = seedrandom("hello.")
  expect(random()).toBe(0.9282578795792454)
  expect(random()).toBe(0.3752569768646784)
})

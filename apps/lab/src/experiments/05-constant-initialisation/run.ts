import { compile, data, Generator, nn, noGrad, optim, type Tensor, tensor } from "nabla"
import { unitSymmetry } from "nabla/diagnostics"
import type { Session } from "../../engine/protocol.ts"
import type { Values } from "./controls.ts"

export interface Start {
  readonly losses: readonly number[]
  /** Steps at which weights were looked at, and each hidden unit's first weight at them. */
  readonly looked: readonly number[]
  readonly weights: readonly (readonly number[])[]
  /** Of the hidden layers: different units, and the largest difference between two. */
  readonly units: number
  readonly distinct: number
  readonly spread: number
}

export interface View {
  readonly constant: Start
  readonly random: Start
  readonly steps: number
  readonly done: boolean
}

/** One net on the points, and what is written down of it. */
class Training {
  private readonly model: nn.Sequential
  private readonly first: Tensor
  private readonly step: () => Tensor
  private readonly losses: number[] = []
  private readonly looked: number[] = []
  private readonly weights: number[][]
  private symmetry = { units: 0, distinct: 0, spread: 0 }

  constructor(values: Values, scheme: nn.init.Scheme, x: Tensor, y: Tensor) {
    const { width, rate, seed } = values
    this.model = nn.mlp([2, width, width, 1], { activation: nn.tanh })
    nn.init.initialize(this.model, scheme, { generator: new Generator(seed) })
    this.first = this.model.parameters()[0]!
    this.weights = Array.from({ length: width }, () => [])
    const optimizer = optim.sgd(this.model.parameters(), { lr: rate })
    this.step = compile(() => {
      const loss = nn.mse(this.model.forward(x).tanh(), y)
      optimizer.zeroGrad()
      loss.backward()
      optimizer.step()
      return loss
    })
  }

  /** Changes a single weight, so that one unit is no copy any more. */
  disturb(): void {
    noGrad(() => {
      const values = Float32Array.from(this.first.dataSync() as Float32Array)
      values[0]! += 1e-6
      this.first.copy_(tensor(values, { shape: this.first.shape }))
    })
  }

  run(): void {
    this.losses.push(this.step().itemSync())
  }

  async look(): Promise<void> {
    this.looked.push(this.losses.length)
    const values = await this.first.data()
    for (const [unit, way] of this.weights.entries()) way.push(Number(values[2 * unit]))
    const layers = (await unitSymmetry(this.model)).filter(({ units }) => units > 1)
    this.symmetry = {
      units: Math.min(...layers.map(({ units }) => units)),
      distinct: Math.min(...layers.map(({ distinct }) => distinct)),
      spread: Math.max(...layers.map(({ spread }) => spread)),
    }
  }

  describe(): Start {
    const { losses, looked, weights, symmetry } = this
    return {
      losses: [...losses],
      looked: [...looked],
      weights: weights.map((way) => [...way]),
      ...symmetry,
    }
  }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const { constant, steps, seed, broken } = values
  const points = data.xor({ n: 200, seed: seed + 1 })
  const [x, labels] = [...new data.DataLoader(points, { batchSize: 200 })][0]! as [Tensor, Tensor]
  const y = labels.to("float32").mul(2).sub(1).reshape([200, 1])
  const trainings = [
    new Training(values, (weight) => nn.init.constant_(weight, constant), x, y),
    new Training(values, "xavierNormal", x, y),
  ]
  // Broken on purpose: one weight is not what the others are.
  if (broken) trainings[0]!.disturb()
  const view = (done: boolean): View => ({
    constant: trainings[0]!.describe(),
    random: trainings[1]!.describe(),
    steps,
    done,
  })
  let pause = performance.now() + 60
  for (let step = 0; step < steps && !signal.aborted; step++) {
    if (step % Math.ceil(steps / 60) === 0) for (const training of trainings) await training.look()
    for (const training of trainings) training.run()
    if (performance.now() > pause) {
      yield view(false)
      pause = performance.now() + 80
    }
  }
  for (const training of trainings) await training.look()
  yield view(true)
}

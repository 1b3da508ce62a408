import { compile, data, Generator, grad, hessian, linalg, randn, stack, type Tensor, tensor } from "nabla"
import type { Grid } from "../../charts/grid.ts"
import type { Session } from "../../engine/protocol.ts"
import { MOST, STAGES, type StageName, type Values } from "./controls.ts"
import type { Symmetric } from "./theory.ts"

export interface Stage {
  readonly name: StageName
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Of the loss, by automatic differentiation. */
  readonly hessian: Symmetric
  /** The loss about its minimum, relative to its value at the start's distance. */
  readonly map: Grid
  /** Steps that were taken, and what they left of the distance. */
  readonly steps: number
  readonly distance: number
  readonly arrived: boolean
  readonly distances: readonly (readonly [step: number, distance: number])[]
  /** From the start, as seen from the minimum. */
  readonly path: readonly (readonly [x: number, y: number])[]
  /** Mean squared distance of the points to the centred ones. */
  readonly moved: number
}

export interface View {
  readonly stages: readonly Stage[]
  readonly done: boolean
}

/** Steps in one run of the captured program. */
const TOGETHER = 100

/** Around the minimum, where the start is at distance 1. */
const REACH = 1.3

/** ½·mean (x·w − y)² */
const loss = (w: Tensor, x: Tensor, y: Tensor): Tensor => x.matmul(w).sub(y).square().mean().mul(0.5)

const slope = grad(loss) as (w: Tensor, x: Tensor, y: Tensor) => Tensor

/** Gradient descent, some steps in each run of one captured program: the points that it came through. */
const descend = compile((w: Tensor, x: Tensor, y: Tensor, rate: Tensor): Tensor => {
  const way: Tensor[] = []
  let at = w
  for (let step = 0; step < TOGETHER; step++) {
    at = at.sub(slope(at, x, y).mul(rate))
    way.push(at)
  }
  return stack(way)
})

const rowsOf = (x: Tensor): [number, number][] => {
  const values = x.dataSync()
  return Array.from({ length: x.shape[0]! }, (_, i) => [values[2 * i]!, values[2 * i + 1]!])
}

/** Points whose mean is exactly 0 and whose covariance exactly the identity; then stretched, turned and shifted. */
async function cloud({ along, across, angle, shiftX, shiftY, points, seed }: Values): Promise<Tensor> {
  const drawn = randn([points, 2], { generator: new Generator(seed), dtype: "float64" })
  const white = (await new data.ZCA({ epsilon: 0 }).fit(drawn)).transform(drawn)
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const stretch = tensor(
    [
      [along * cos, along * sin],
      [-across * sin, across * cos],
    ],
    { dtype: "float64" },
  )
  return white.matmul(stretch).add(tensor([shiftX, shiftY], { dtype: "float64" }))
}

/** The data as each stage has them. */
async function processed(raw: Tensor, broken: boolean): Promise<Record<StageName, Tensor>> {
  // Broken on purpose: what is learned is learned from too few.
  const learned = broken ? raw.narrow(0, 0, 10) : raw
  const through = async (transform: data.Transform): Promise<Tensor> =>
    (await transform.fit(learned)).transform(raw)
  return {
    raw,
    centred: await through(new data.StandardScaler({ withStd: false })),
    scaled: await through(new data.StandardScaler()),
    pca: await through(new data.PCA({ whiten: true, epsilon: 0 })),
    zca: await through(new data.ZCA({ epsilon: 0 })),
  }
}

/** Least squares on the data of a stage, and gradient descent on its way to the minimum. */
class Descent {
  private readonly name: StageName
  private readonly x: Tensor
  private readonly y: Tensor
  private readonly values: Values
  private readonly hessian: Symmetric
  private readonly minimum: readonly [number, number]
  private readonly map: Grid
  private readonly moved: number
  private readonly rate: Tensor
  private w: Tensor
  private readonly distances: [number, number][] = [[0, 1]]
  private readonly path: [number, number][]
  private steps = 0
  private distance = 1

  constructor(name: StageName, x: Tensor, y: Tensor, centred: Tensor, values: Values) {
    this.name = name
    this.x = x
    this.y = y
    this.values = values
    const [a, b, , c] = (
      hessian((w: Tensor) => loss(w, x, y))(tensor([0, 0], { dtype: "float64" })) as Tensor
    ).dataSync()
    this.hessian = { a: a!, b: b!, c: c! }
    const best = linalg.lstsq(x, y.unsqueeze(1))
    const [first, second] = (Array.isArray(best) ? best[0] : best).reshape([2]).dataSync()
    this.minimum = [first!, second!]
    const angle = (values.start * Math.PI) / 180
    this.path = [[Math.cos(angle), Math.sin(angle)]]
    this.w = tensor([first! + Math.cos(angle), second! + Math.sin(angle)], { dtype: "float64" })
    const largest = linalg.eigvalsh(x.t().matmul(x).div(x.shape[0]!)).dataSync()[1]!
    this.rate = tensor(values.rate / largest, { dtype: "float64" })
    this.map = this.mapOf(41)
    this.moved = x.sub(centred).square().sum(1).mean().itemSync()
  }

  get arrived(): boolean {
    return this.distance <= this.values.left
  }

  get done(): boolean {
    return this.arrived || this.steps >= MOST || !Number.isFinite(this.distance)
  }

  /** A run of the program. */
  go(): void {
    const way = descend(this.w, this.x, this.y, this.rate)
    const points = rowsOf(way)
    for (const [w0, w1] of points) {
      const at: [number, number] = [w0 - this.minimum[0], w1 - this.minimum[1]]
      this.steps++
      this.distance = Math.hypot(...at)
      if (this.worthShowing() || this.done) {
        this.distances.push([this.steps, this.distance])
        this.path.push(at)
      }
      if (this.done) break
    }
    this.w = tensor(points.at(-1)!, { dtype: "float64" })
  }

  /** The first steps all, the later ones by equal shares. */
  private worthShowing(): boolean {
    return this.steps <= 40 || this.steps >= 1.05 * this.distances.at(-1)![0]
  }

  private mapOf(size: number): Grid {
    const centre = (i: number): number => (((i + 0.5) / size) * 2 - 1) * REACH
    const weights = Array.from({ length: size * size }, (_, i) => [
      this.minimum[0] + centre(i % size),
      this.minimum[1] + centre(Math.floor(i / size)),
    ])
    const outputs = this.x.matmul(tensor(weights, { dtype: "float64" }).t()).sub(this.y.unsqueeze(1))
    const losses = outputs.square().mean(0).mul(0.5)
    const values = losses.sub(losses.min()).dataSync() as Float64Array
    return {
      columns: size,
      rows: size,
      x: [-REACH, REACH],
      y: [-REACH, REACH],
      values: Float64Array.from(values),
    }
  }

  describe(): Stage {
    const { name, hessian, map, steps, distance, arrived, moved } = this
    const points = rowsOf(this.x)
    return {
      name,
      points,
      hessian,
      map,
      steps,
      distance,
      arrived,
      moved,
      distances: [...this.distances],
      path: [...this.path],
    }
  }
}

export async function* run(values: Values, { signal }: Session): AsyncGenerator<View> {
  const raw = await cloud(values)
  const stages = await processed(raw, values.broken)
  const centred = raw.sub(raw.mean(0))
  const noise = randn([values.points], { generator: new Generator(values.seed + 1), dtype: "float64" })
  // What is to be learned: a straight line in both features, with some noise.
  const y = raw.matmul(tensor([1, -0.5], { dtype: "float64" })).add(noise.mul(0.5))
  const descents = STAGES.map(([name]) => new Descent(name, stages[name], y, centred, values))
  const view = (done: boolean): View => ({ stages: descents.map((descent) => descent.describe()), done })
  yield view(false)
  let pause = performance.now() + 80
  // The quick ones first.
  for (const descent of [...descents].reverse()) {
    while (!descent.done) {
      if (signal.aborted) return
      descent.go()
      if (performance.now() > pause) {
        yield view(false)
        pause = performance.now() + 80
      }
    }
  }
  yield view(true)
}

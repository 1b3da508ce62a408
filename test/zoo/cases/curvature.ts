import { nn, optim, type Tensor, tensor } from "nabla"
import { zooCases } from "../case.ts"
import { loader, table } from "../subjects.ts"

/** A function of two parameters; the data are of no account. */
class Place extends nn.Module<readonly [Tensor], Tensor> {
  readonly place: nn.Parameter
  readonly f: (u: Tensor, v: Tensor) => Tensor

  constructor(place: readonly number[], f: (u: Tensor, v: Tensor) => Tensor) {
    super()
    this.place = new nn.Parameter(tensor([...place]))
    this.f = f
  }

  forward(x: Tensor): Tensor {
    return this.f(this.place.select(0, 0), this.place.select(0, 1)).expand([x.shape[0]!, 1])
  }
}

const value = (output: Tensor): Tensor => output.mean()
/** Valleys as models of two parameters. */
const valleyAt = async (place: readonly number[], lr: number, f: typeof basin) => {
  const model = new Place(place, f)
  return [
    model,
    loader(await table()),
    { optimizer: optim.sgd(model.parameters(), { lr }), loss: value },
  ] as const
}

const ravine = (condition: number) =>
  valleyAt([1, Math.sqrt(1 / condition)], 1 / condition, (u, v) =>
    u.square().add(v.square().mul(condition)).div(2),
  )

const oblique = (condition: number) =>
  valleyAt([0.703, 0.7], 25 / condition, (u, v) =>
    u
      .add(v)
      .sub(1.4)
      .square()
      .mul(condition / 100)
      .add(u.sub(v).sub(1).square().div(100)),
  )

const slanted = (condition: number) =>
  valleyAt([1, 0.1 + Math.sqrt(0.5 / condition)], 1 / condition, (u, v) =>
    u
      .square()
      .add(v.sub(u.mul(0.1)).square().mul(condition))
      .div(2),
  )

export const illConditionedLossCases = zooCases("ill-conditioned-loss", {
  sick: { ravine: () => ravine(2000), oblique: () => oblique(3000), slanted: () => slanted(4000) },
  healthy: { ravine: () => ravine(5), oblique: () => oblique(4), slanted: () => slanted(3) },
})

const [basin, valley] = [
  (u: Tensor, v: Tensor): Tensor => u.square().sub(1).square().add(v.square()),
  (u: Tensor, v: Tensor): Tensor => u.mul(v).sub(1).square().add(0.01),
]

const surface = async (place: readonly number[], f: typeof basin) => {
  const model = new Place(place, f)
  return [
    model,
    loader(await table()),
    { optimizer: optim.sgd(model.parameters(), { lr: 0.02 }), loss: value },
  ] as const
}

/** A product of two layers that has learnt one direction and none of the other. */
const factors = async (rest: number) => {
  const first = nn.linear(8, 4, { bias: false })
  const second = nn.linear(4, 2, { bias: false })
  const model = nn.sequential(first, nn.tanh(), second)
  const data = await table()
  const targets = new Float32Array(2 * data.length)
  for (let i = 0; i < data.length; i++)
    for (const k of [0, 1]) targets[2 * i + k] = Math.tanh(data.inputs[8 * i + k]!)
  const rows = Array.from({ length: 4 }, (_, i) =>
    Array.from({ length: 8 }, (__, j) => (i === 0 && j === 0 ? 1 : rest * Math.cos(3 * i + 5 * j + 1))),
  )
  const columns = Array.from({ length: 2 }, (_, i) =>
    Array.from({ length: 4 }, (__, j) => (i === 0 && j === 0 ? 1 : rest * Math.sin(2 * i + 3 * j + 1))),
  )
  model.loadStateDict({ "0.weight": tensor(rows), "2.weight": tensor(columns) })
  const optimizer = optim.sgd(model.parameters(), { lr: 0.1 })
  return [
    model,
    loader({ ...data, targets, targetShape: [2] }),
    { optimizer, loss: nn.mse, trained: true },
  ] as const
}

export const stuckCases = zooCases("stuck", {
  sick: {
    "double-well": () => surface([0, 0.001], basin),
    hyperbola: () => surface([0.0005, -0.0005], valley),
    factors: () => factors(1e-3),
  },
  healthy: {
    "double-well": () => surface([0.5, 0.7], basin),
    hyperbola: () => surface([0.8, 0.5], valley),
    factors: () => factors(0.5),
  },
})

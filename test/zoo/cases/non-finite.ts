import { manualSeed, nn, optim, type Tensor } from "nabla"
import { zooCases } from "../case.ts"
import { conv, digits, loader, net, points, Reader, series, table, tableOfClasses } from "../subjects.ts"

/** A number that is missing in the data. */
const missing = async (is: boolean) => {
  const data = await table()
  const model = net([8, 32, 1])
  const inputs = data.inputs.map((value, i) => (is && i === 77 ? Number.NaN : value))
  const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
  return [model, loader({ ...data, inputs }), { optimizer, loss: nn.mse }] as const
}

/** The logarithm of a probability that comes to 0. */
const logarithm = (floor: number) => {
  const model = net([196, 32, 10])
  const loss = (output: Tensor, y: Tensor): Tensor => {
    const probability = output.mul(60).softmax(1).gather(1, y.unsqueeze(1).to("int32"))
    return probability.add(floor).log().mean().neg()
  }
  return [
    model,
    loader(digits()),
    { optimizer: optim.adam(model.parameters(), { lr: 1e-3 }), ...(floor > 0 ? {} : { loss }) },
  ] as const
}

/** Series that are scaled by their own deviation, which is 0 for an even one. */
class Scaled extends nn.Module<readonly [Tensor], Tensor> {
  readonly reader = new Reader(2, 16, 2)
  readonly eps: number

  constructor(eps: number) {
    super()
    this.eps = eps
  }

  forward(x: Tensor): Tensor {
    const spread = x
      .sub(x.mean(1, { keepdim: true }))
      .square()
      .mean(1, { keepdim: true })
      .sqrt()
    return this.reader.forward(x.div(spread.add(this.eps)))
  }
}

const even = (eps: number) => {
  manualSeed(3)
  const data = series()
  const inputs = data.inputs.map((value, i) => (i < 20 ? 1 : value))
  const model = new Scaled(eps)
  return [
    model,
    loader({ ...data, inputs: eps > 0 ? data.inputs : inputs }),
    { optimizer: optim.adam(model.parameters(), { lr: 3e-3 }) },
  ] as const
}

/** Distances of all examples of a batch, 0 for each to itself: finite forward, not backward. */
class Distances extends nn.Module<readonly [Tensor], Tensor> {
  readonly body = net([8, 16])
  readonly head = net([16, 3])
  readonly eps: number

  constructor(eps: number) {
    super()
    this.eps = eps
  }

  forward(x: Tensor): Tensor {
    const features = this.body.forward(x).tanh()
    const squares = features.unsqueeze(0).sub(features.unsqueeze(1)).square().sum(2)
    return this.head.forward(features).add(squares.add(this.eps).sqrt().mean().mul(0.01))
  }
}

const rooted = async (eps: number) => {
  const model = new Distances(eps)
  return [
    model,
    loader(await tableOfClasses()),
    { optimizer: optim.adam(model.parameters(), { lr: 3e-3 }) },
  ] as const
}

const usual = () => {
  const model = conv()
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr: 1e-3 }) }] as const
}

const plane = () => {
  const model = net([2, 16, 2])
  return [model, loader(points("xor")), { optimizer: optim.sgd(model.parameters(), { lr: 0.05 }) }] as const
}

export const nonFiniteCases = zooCases("non-finite", {
  sick: {
    "table-missing-value": () => missing(true),
    "digits-log-of-0": () => logarithm(0),
    "series-divided-by-0": () => even(0),
    "classes-root-of-0": () => rooted(0),
  },
  healthy: {
    "table-complete": () => missing(false),
    "digits-log-softmax": () => logarithm(1e-6),
    "series-divided": () => even(0.1),
    "classes-root": () => rooted(0.1),
    digits: usual,
    xor: plane,
  },
})

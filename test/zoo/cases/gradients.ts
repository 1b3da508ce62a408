import { nn, optim, type Tensor } from "nabla"
import { zooCases } from "../case.ts"
import {
  conv,
  digits,
  loader,
  type Model,
  net,
  points,
  Reader,
  series,
  table,
  tableOfClasses,
  train,
} from "../subjects.ts"

/** A head that the forward pass goes around. */
class Unused extends nn.Module<readonly [Tensor], Tensor> {
  readonly body = net([8, 32])
  readonly middle = net([32, 32])
  readonly head = net([32, 3])
  readonly used: boolean

  constructor(used: boolean) {
    super()
    this.used = used
  }

  forward(x: Tensor): Tensor {
    const features = this.body.forward(x).tanh()
    return this.head.forward(this.used ? this.middle.forward(features).tanh() : features)
  }
}

const unused = async (used: boolean) => {
  const model = new Unused(used)
  return [
    model,
    loader(await tableOfClasses()),
    { optimizer: optim.adam(model.parameters(), { lr: 3e-3 }) },
  ] as const
}

/** Features that are detached on their way to the head. */
class Detached extends nn.Module<readonly [Tensor], Tensor> {
  readonly body = nn.sequential(nn.conv2d(1, 8, 3, { padding: 1 }), nn.relu(), nn.maxPool2d(2))
  readonly head = nn.sequential(nn.flatten(), nn.linear(392, 10))
  readonly detached: boolean

  constructor(detached: boolean) {
    super()
    this.detached = detached
    nn.init.initialize(this, "heNormal")
  }

  forward(x: Tensor): Tensor {
    const features = this.body.forward(x)
    return this.head.forward(this.detached ? features.detach() : features)
  }
}

const detached = (is: boolean) => {
  const model = new Detached(is)
  return [model, loader(digits()), { optimizer: optim.adam(model.parameters(), { lr: 2e-3 }) }] as const
}

const frozen = (is: boolean) => {
  const model = net([2, 32, 32, 2], { activation: nn.tanh })
  model.parameters().forEach((param, i) => {
    if (is && i < 4) param.requiresGrad = false
  })
  const optimizer = optim.adam(model.parameters(), { lr: 5e-3 })
  return [model, loader(points("moons")), { optimizer }] as const
}

const forgotten = (is: boolean) => {
  const model = new Reader(2, 16, 2)
  const params = is ? model.head.parameters() : model.parameters()
  return [model, loader(series()), { optimizer: optim.adam(params, { lr: 5e-3 }) }] as const
}

export const noGradientCases = zooCases(
  "no-gradient",
  {
    sick: {
      "table-unused": () => unused(false),
      "digits-detached": () => detached(true),
      "moons-frozen": () => frozen(true),
      "series-not-in-the-optimizer": () => forgotten(true),
    },
    healthy: {
      "table-used": () => unused(true),
      "digits-attached": () => detached(false),
      "moons-learning": () => frozen(false),
      "series-in-the-optimizer": () => forgotten(false),
    },
  },
  { quick: true },
)

type Loop = { readonly zero: boolean; readonly loss?: (output: Tensor, y: Tensor) => Tensor }

/** The caller's own step, with or without the line that matters. */
function stepOf(
  model: Model,
  optimizer: { zeroGrad(): void; step(): void },
  { zero, loss = nn.crossEntropy }: Loop,
) {
  return (x: Tensor, y: Tensor) => {
    if (zero) optimizer.zeroGrad()
    loss(model.forward(x), y).backward()
    optimizer.step()
  }
}

const pictures = (zero: boolean) => {
  const model = conv()
  const optimizer = optim.sgd(model.parameters(), { lr: 0.02, momentum: 0.9 })
  return [model, loader(digits()), { optimizer, step: stepOf(model, optimizer, { zero }) }] as const
}

const regression = async (zero: boolean) => {
  const model = net([8, 32, 1])
  const optimizer = optim.adam(model.parameters(), { lr: 3e-3 })
  const step = stepOf(model, optimizer, { zero, loss: nn.mse })
  return [model, loader(await table()), { optimizer, loss: nn.mse, step }] as const
}

/** Without the step: what is left on the model tells. */
const leftOver = async (zero: boolean) => {
  const model = net([2, 32, 32, 2], { activation: nn.tanh })
  const optimizer = optim.sgd(model.parameters(), { lr: 0.002 })
  const batches = loader(points("moons"))
  const kept = {
    lr: 0.002,
    step: () => optimizer.step(),
    zeroGrad: () => (zero ? optimizer.zeroGrad() : undefined),
  }
  await train(model, batches, kept, { epochs: 3 })
  return [model, batches, { optimizer }] as const
}

/** Several batches make one step: that is meant to be. */
const several = (count: number) => {
  const model = net([2, 24, 2])
  const optimizer = optim.adam(model.parameters(), { lr: 5e-3 })
  let calls = 0
  const step = (x: Tensor, y: Tensor) => {
    nn.crossEntropy(model.forward(x), y).div(count).backward()
    if (++calls % count !== 0) return
    optimizer.step()
    optimizer.zeroGrad()
  }
  return [model, loader(points("circle")), { optimizer, step }] as const
}

export const gradientsAccumulateCases = zooCases("gradients-accumulate", {
  sick: {
    "digits-step": () => pictures(false),
    "table-step": () => regression(false),
    "moons-left-over": () => leftOver(false),
  },
  healthy: {
    "digits-step": () => pictures(true),
    "table-step": () => regression(true),
    "moons-left-over": () => leftOver(true),
    "circle-several-batches-a-step": () => several(4),
  },
})

import type { Tensor } from "nabla"
import { nn, optim, softmax } from "nabla"
import { zooCases } from "../case.ts"
import type { Model } from "../subjects.ts"
import { conv, digits, loader, net, points, table, tableOfClasses } from "../subjects.ts"

type Loss = (output: Tensor, target: Tensor) => Tensor

const adam = (model: Model, lr = 3e-3) => optim.adam(model.parameters(), { lr })
const ending = (model: Model, last: nn.Module): Model => nn.sequential(model, last) as Model

const onMoons = (model: Model, loss: Loss = nn.crossEntropy) =>
  [model, loader(points("moons")), { optimizer: adam(model), loss }] as const
const onClasses = async (model: Model, loss: Loss = nn.crossEntropy) =>
  [model, loader(await tableOfClasses()), { optimizer: adam(model), loss }] as const
const onDigits = (model: Model, loss: Loss = nn.crossEntropy) =>
  [model, loader(digits()), { optimizer: adam(model), loss }] as const
const onTable = async (model: Model, loss: Loss = nn.mse) =>
  [model, loader(await table()), { optimizer: adam(model), loss }] as const
const onTwo = (model: Model, loss: Loss) => {
  const { targets, ...rest } = points("circle")
  const batches = loader({ ...rest, targets: Float32Array.from(targets), targetShape: [1] })
  return [model, batches, { optimizer: adam(model), loss }] as const
}

export const linearStackCases = zooCases("linear-stack", {
  sick: {
    "moons-3": () => onMoons(nn.sequential(nn.linear(2, 16), nn.linear(16, 16), nn.linear(16, 2))),
    "table-dropout": () => onTable(nn.sequential(nn.linear(8, 24), nn.dropout({ p: 0.1 }), nn.linear(24, 1))),
    "digits-convolutions": () =>
      onDigits(nn.sequential(nn.conv2d(1, 6, 3), nn.conv2d(6, 8, 3), nn.flatten(), nn.linear(800, 10))),
    "classes-batch-norm": () =>
      onClasses(nn.sequential(nn.linear(8, 24), nn.batchNorm1d(24), nn.linear(24, 24), nn.linear(24, 3))),
  },
  healthy: {
    moons: () => onMoons(net([2, 16, 16, 2])),
    "table-one-layer": () => onTable(nn.linear(8, 1)),
    digits: () => onDigits(conv()),
    "classes-bottleneck": () =>
      onClasses(nn.sequential(nn.linear(8, 24), nn.tanh(), nn.linear(24, 2), nn.linear(2, 3))),
  },
})

export const doubleSoftmaxCases = zooCases(
  "double-softmax",
  {
    sick: {
      moons: () => onMoons(ending(net([2, 24, 2]), nn.softmax({ dim: 1 }))),
      digits: () => onDigits(ending(conv(), nn.softmax({ dim: 1 }))),
      "classes-in-the-loss": () => onClasses(net([8, 24, 3]), (z, y) => nn.crossEntropy(softmax(z, 1), y)),
      "circle-two-sigmoids": () => onTwo(ending(net([2, 24, 1]), nn.sigmoid()), nn.bceWithLogits),
    },
    healthy: {
      moons: () => onMoons(net([2, 24, 2])),
      digits: () => onDigits(conv()),
      "classes-log-softmax": () => onClasses(ending(net([8, 24, 3]), nn.logSoftmax({ dim: 1 })), nn.nll),
      "circle-one-sigmoid": () => onTwo(ending(net([2, 24, 1]), nn.sigmoid()), nn.bce),
    },
  },
  { quick: true },
)

export const wrongLossCases = zooCases("wrong-loss", {
  sick: {
    "nll-of-logits": () => onMoons(net([2, 24, 2]), nn.nll),
    "bce-of-logits": () => onTwo(net([2, 24, 1]), nn.bce),
    "mse-of-a-sigmoid": () => onTable(ending(net([8, 24, 1]), nn.sigmoid())),
    "table-of-tanh": () => onTable(ending(net([8, 24, 1]), nn.tanh())),
    "nll-of-softmax": () => onDigits(ending(conv(), nn.softmax({ dim: 1 })), nn.nll),
    "cross-entropy-of-tanh": () => onClasses(ending(net([8, 24, 3]), nn.tanh())),
  },
  healthy: {
    "cross-entropy-of-logits": () => onMoons(net([2, 24, 2])),
    "bce-with-logits": () => onTwo(net([2, 24, 1]), nn.bceWithLogits),
    "mse-of-a-layer": () => onTable(net([8, 24, 1])),
    "huber-of-a-layer": () => onTable(net([8, 24, 1]), nn.huber),
  },
})

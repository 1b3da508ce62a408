import type { Tensor } from "nabla"
import { fullLike, nn, noGrad, optim } from "nabla"
import { zooCases } from "../case.ts"
import type { Model } from "../subjects.ts"
import { digits, loader, points, table, tableOfClasses } from "../subjects.ts"

type Init = (model: Model) => unknown

const momentum = (model: Model, lr = 0.03) => optim.sgd(model.parameters(), { lr, momentum: 0.9 })
const adam = (model: Model, lr = 2e-3) => optim.adam(model.parameters(), { lr })

/** All weights by a rule; biases are 0. */
const weights =
  (rule: (weight: Tensor) => unknown): Init =>
  (model) =>
    nn.init.initialize(model, (w) => rule(w))

const normal = (std: number): Init => weights((w) => nn.init.normal_(w as nn.Parameter, { std }))
const constant = (value: number): Init => weights((w) => nn.init.constant_(w as nn.Parameter, value))

const deep = (
  widths: readonly number[],
  activation: NonNullable<nn.MLPOptions["activation"]>,
  init: Init,
) => {
  const model = nn.mlp(widths, { activation })
  init(model)
  return model
}

const wide = (n: number, layers: number, from: number, to: number): number[] => [
  from,
  ...Array.from({ length: layers }, () => n),
  to,
]

const onMoons = (model: Model) => [model, loader(points("moons")), { optimizer: momentum(model) }] as const
const onCircle = (model: Model) => [model, loader(points("circle")), { optimizer: adam(model) }] as const
const onTable = async (model: Model) =>
  [model, loader(await table(), 64), { optimizer: adam(model), loss: nn.mse }] as const
const onClasses = async (model: Model) =>
  [model, loader(await tableOfClasses()), { optimizer: momentum(model) }] as const
const onDigits = (model: Model) =>
  [nn.sequential(nn.flatten(), model), loader(digits(), 64), { optimizer: adam(model) }] as const

const he: Init = (model) => nn.init.initialize(model, "heNormal")
const xavier: Init = (model) => nn.init.initialize(model, "xavierNormal")

/** Two groups of equal units in each layer. */
const twins: Init = (model) => {
  he(model)
  for (const weight of model.parameters().filter(({ ndim }) => ndim === 2)) {
    const row = weight.narrow(0, 0, 1).detach()
    noGrad(() => weight.copy_(row.expand(weight.shape).add(fullLike(weight, 0))))
  }
}

export const symmetricInitialisationCases = zooCases("symmetric-initialisation", {
  sick: {
    "moons-zeros": () => onMoons(deep([2, 16, 16, 2], nn.tanh, constant(0))),
    "table-constant": () => onTable(deep([8, 32, 1], nn.relu, constant(0.1))),
    "classes-equal-rows": () => onClasses(deep([8, 16, 16, 3], nn.relu, twins)),
    "digits-constant": () => onDigits(deep([196, 32, 10], nn.tanh, constant(0.02))),
  },
  healthy: {
    moons: () => onMoons(deep([2, 16, 16, 2], nn.tanh, xavier)),
    table: () => onTable(deep([8, 32, 1], nn.relu, he)),
    "digits-zero-at-the-end": () => {
      const model = deep([196, 32, 10], nn.tanh, xavier)
      nn.init.zeros_(model.parameters().at(-2)!)
      return onDigits(model)
    },
  },
})

export const weightsTooSmallCases = zooCases("weights-too-small", {
  sick: {
    "moons-tanh-5": () => onMoons(deep(wide(32, 5, 2, 2), nn.tanh, normal(0.01))),
    "table-relu-4": () => onTable(deep(wide(64, 4, 8, 1), nn.relu, normal(0.02))),
    "digits-tanh-6": () => onDigits(deep(wide(48, 6, 196, 10), nn.tanh, normal(0.02))),
    "classes-relu-8": () => onClasses(deep(wide(24, 8, 8, 3), nn.relu, normal(0.05))),
  },
  healthy: {
    "moons-tanh-5": () => onMoons(deep(wide(32, 5, 2, 2), nn.tanh, xavier)),
    "table-relu-4": () => onTable(deep(wide(64, 4, 8, 1), nn.relu, he)),
    "digits-tanh-6": () => onDigits(deep(wide(48, 6, 196, 10), nn.tanh, xavier)),
    "classes-default": () => onClasses(nn.mlp(wide(24, 2, 8, 3))),
  },
})

export const weightsTooLargeCases = zooCases("weights-too-large", {
  sick: {
    "moons-tanh": () => onMoons(deep(wide(32, 3, 2, 2), nn.tanh, normal(2))),
    "table-relu": () => onTable(deep(wide(64, 4, 8, 1), nn.relu, normal(1))),
    "digits-tanh": () => onDigits(deep(wide(48, 3, 196, 10), nn.tanh, normal(1))),
    "classes-relu": () => onClasses(deep(wide(32, 5, 8, 3), nn.relu, normal(0.8))),
  },
  healthy: {
    "moons-tanh": () => onMoons(deep(wide(32, 3, 2, 2), nn.tanh, xavier)),
    "table-relu": () => onTable(deep(wide(64, 4, 8, 1), nn.relu, he)),
    "digits-default": () => onDigits(nn.mlp([196, 48, 10])),
  },
})

export const mismatchedInitialisationCases = zooCases("mismatched-initialisation", {
  sick: {
    "relu-with-glorot": () => onCircle(deep(wide(32, 10, 2, 2), nn.relu, xavier)),
    "selu-with-he": () => onMoons(deep(wide(40, 12, 2, 2), nn.selu, he)),
    "digits-relu-with-lecun": () =>
      onDigits(deep(wide(48, 12, 196, 10), nn.relu, (model) => nn.init.initialize(model, "lecunNormal"))),
    "tanh-with-he": () => onTable(deep(wide(32, 20, 8, 1), nn.tanh, he)),
  },
  healthy: {
    "relu-with-he": () => onCircle(deep(wide(32, 6, 2, 2), nn.relu, he)),
    "selu-with-lecun": () =>
      onMoons(deep(wide(40, 6, 2, 2), nn.selu, (model) => nn.init.initialize(model, "lecunNormal"))),
    "tanh-with-glorot": () => onTable(deep(wide(32, 8, 8, 1), nn.tanh, xavier)),
  },
})

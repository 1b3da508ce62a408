import { fullLike, nn, noGrad, optim } from "nabla"
import { zooCases } from "../case.ts"
import type { Model } from "../subjects.ts"
import { conv, digits, loader, net, points, Reader, series, table, tableOfClasses } from "../subjects.ts"

const momentum = (model: Model, lr = 0.03) => optim.sgd(model.parameters(), { lr, momentum: 0.9 })
const adam = (model: Model, lr = 2e-3) => optim.adam(model.parameters(), { lr })

const onMoons = (model: Model) => [model, loader(points("moons")), { optimizer: adam(model) }] as const
const onCircle = (model: Model) => [model, loader(points("circle")), { optimizer: momentum(model) }] as const
const onTable = async (model: Model) =>
  [model, loader(await table(), 64), { optimizer: adam(model), loss: nn.mse }] as const
const onClasses = async (model: Model) =>
  [model, loader(await tableOfClasses()), { optimizer: momentum(model) }] as const
const onDigits = (model: Model) => [model, loader(digits(), 64), { optimizer: adam(model) }] as const
const onSeries = (model: Model) => [model, loader(series()), { optimizer: adam(model) }] as const

/** A model whose hidden biases all have one value. */
const biased = (model: Model, value: number): Model => {
  const biases = model.parameters().filter(({ ndim }) => ndim === 1)
  noGrad(() => {
    for (const bias of biases.slice(0, -1)) bias.copy_(fullLike(bias, value))
  })
  return model
}

/** The recurrent weights times a factor. */
const recurrent = (factor: number): Model => {
  const model = new Plain(2, 24, 2)
  noGrad(() => {
    for (const [name, weight] of model.namedParameters())
      if (/weightHh|weight_hh/i.test(name)) {
        nn.init.orthogonal_(weight)
        weight.copy_(weight.mul(factor))
      }
  })
  return model
}

/** A plain recurrent network with rectifiers, which nothing holds back. */
class Plain extends Reader {
  constructor(channels: number, hidden: number, classes: number) {
    super(channels, hidden, classes)
    ;(this as { rnn: unknown }).rnn = nn.rnn(channels, hidden, { batchFirst: true, nonlinearity: "relu" })
  }
}

const sigmoids = (layers: number, width: number, from: number, to: number): Model =>
  net([from, ...Array.from({ length: layers }, () => width), to], { activation: nn.sigmoid })

export const vanishingCases = zooCases("vanishing", {
  sick: {
    "moons-sigmoid-7": () => onMoons(sigmoids(7, 24, 2, 2)),
    "table-sigmoid-6": () => onTable(sigmoids(6, 32, 8, 1)),
    "classes-sigmoid-9": () => onClasses(sigmoids(9, 16, 8, 3)),
  },
  healthy: {
    "moons-sigmoid-1": () => onMoons(sigmoids(1, 24, 2, 2)),
    "table-tanh-6": () => onTable(net([8, 32, 32, 32, 32, 32, 32, 1], { activation: nn.tanh })),
    "classes-relu-9": () => onClasses(net([8, ...Array.from({ length: 9 }, () => 24), 3])),
  },
})

export const explodingCases = zooCases("exploding", {
  sick: {
    "series-times-3": () => onSeries(recurrent(3)),
    "series-times-4": () => onSeries(recurrent(4)),
    "trained-large": () => {
      const model = net([2, ...Array.from({ length: 8 }, () => 24), 2])
      noGrad(() => {
        for (const weight of model.parameters().filter(({ ndim }) => ndim === 2))
          weight.copy_(weight.mul(2.2))
      })
      return [model, loader(points("circle")), { trained: true }] as const
    },
  },
  healthy: {
    "series-orthogonal": () => onSeries(recurrent(1)),
    "series-gru": () => onSeries(new Reader(2, 16, 2)),
    "circle-relu": () => onCircle(net([2, ...Array.from({ length: 8 }, () => 24), 2])),
  },
})

export const deadReluCases = zooCases("dead-relu", {
  sick: {
    "moons-biases": () => onMoons(biased(net([2, 32, 32, 2]), -6)),
    "table-biases": () => onTable(biased(net([8, 32, 1]), -8)),
    "digits-biases": () => onDigits(biased(conv(), -8)),
    "classes-biases": () => onClasses(biased(net([8, 24, 24, 3]), -5)),
  },
  healthy: {
    moons: () => onMoons(net([2, 32, 32, 2])),
    table: () => onTable(biased(net([8, 32, 1]), -0.3)),
    digits: () => onDigits(conv()),
  },
})

export const saturatedCases = zooCases("saturated", {
  sick: {
    "moons-tanh": () => onMoons(biased(net([2, 24, 24, 2], { activation: nn.tanh }), 6)),
    "table-sigmoid": () => onTable(biased(net([8, 24, 1], { activation: nn.sigmoid }), -9)),
    "classes-tanh": () => onClasses(biased(net([8, 24, 3], { activation: nn.tanh }), 5)),
  },
  healthy: {
    "moons-tanh": () => onMoons(biased(net([2, 24, 24, 2], { activation: nn.tanh }), 0.2)),
    "table-sigmoid": () => onTable(net([8, 24, 1], { activation: nn.sigmoid })),
    "classes-tanh": () => onClasses(net([8, 24, 3], { activation: nn.tanh })),
  },
})

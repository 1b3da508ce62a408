import { optim, schedules, type Tensor } from "nabla"
import type { Values } from "../state.ts"
import type { Penalty } from "./classic.ts"
import { ClassicSGD } from "./classic.ts"

type Make = (params: Tensor[], lr: number) => optim.Optimizer | optim.Optimizer[]

const makers: Readonly<Record<Values["optimizer"], Make>> = {
  sgd: (params, lr) => optim.sgd(params, { lr }),
  momentum: (params, lr) => optim.sgd(params, { lr, momentum: 0.9 }),
  nesterov: (params, lr) => optim.sgd(params, { lr, momentum: 0.9, nesterov: true }),
  adagrad: (params, lr) => optim.adagrad(params, { lr }),
  adadelta: (params, lr) => optim.adadelta(params, { lr }),
  rmsprop: (params, lr) => optim.rmsprop(params, { lr }),
  adam: (params, lr) => optim.adam(params, { lr }),
  adamW: (params, lr) => optim.adamW(params, { lr }),
  adamax: (params, lr) => optim.adamax(params, { lr }),
  nAdam: (params, lr) => optim.nAdam(params, { lr }),
  rAdam: (params, lr) => optim.rAdam(params, { lr }),
  adaBelief: (params, lr) => optim.adaBelief(params, { lr }),
  adaBound: (params, lr) => optim.adaBound(params, { lr }),
  amsBound: (params, lr) => optim.amsBound(params, { lr }),
  yogi: (params, lr) => optim.yogi(params, { lr }),
  lion: (params, lr) => optim.lion(params, { lr }),
  lamb: (params, lr) => optim.lamb(params, { lr }),
  lars: (params, lr) => optim.lars(params, { lr }),
  adafactor: (params, lr) => optim.adafactor(params, { lr }),
  // Only matrices can be orthogonalised.
  muon: (params, lr) => [
    optim.muon(
      params.filter(({ ndim }) => ndim >= 2),
      { lr },
    ),
    optim.adamW(
      params.filter(({ ndim }) => ndim < 2),
      { lr },
    ),
  ],
  shampoo: (params, lr) => optim.shampoo(params, { lr }),
  rprop: (params, lr) => optim.rprop(params, { lr }),
  asgd: (params, lr) => optim.asgd(params, { lr }),
  lookahead: (params, lr) => optim.lookahead(optim.adam(params, { lr })),
}

export function makeOptimizer(values: Values, params: Tensor[]): readonly optim.Optimizer[] {
  const { mode, learningRate: lr, regularization, regularizationRate: rate, optimizer } = values
  if (mode === "playground") return [new ClassicSGD(params, regularization as Penalty, { lr, rate })]
  return [makers[optimizer]!(params, lr)].flat()
}

/** The rate of each step. */
export function rateOf(values: Values, stepsPerEpoch: number): number | schedules.Schedule {
  const { learningRate: rate, schedule, scheduleEpochs } = values
  if (values.mode === "playground") return rate
  const total = Math.max(1, scheduleEpochs * stepsPerEpoch)
  switch (schedule) {
    case "step":
      return schedules.step(rate, Math.max(1, Math.round(total / 3)))
    case "exponential":
      return schedules.exponential(rate, 0.01 ** (1 / total))
    case "cosine":
      return schedules.cosine(rate, total, { past: "hold" })
    case "restarts":
      return schedules.cosineRestarts(rate, Math.max(1, Math.round(total / 7)), { multiple: 2 })
    case "cyclical":
      return schedules.cyclical(rate / 10, rate, { up: Math.max(1, Math.round(total / 8)) })
    case "oneCycle": {
      const cycle = schedules.oneCycle(rate, total)
      return (step) => cycle(Math.min(step, total - 1))
    }
    case "warmUp":
      return schedules.warmUp(schedules.constant(rate), Math.max(1, Math.round(total / 10)))
    default:
      return rate
  }
}

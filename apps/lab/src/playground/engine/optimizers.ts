import { optim, schedules, type Tensor } from "nabla"
import type { Values } from "../state.ts"
import type { Penalty } from "./classic.ts"
import { ClassicSGD } from "./classic.ts"
import type { Objective } from "./objective.ts"

type Make = (params: Tensor[], lr: number, objective: Objective) => optim.Optimizer | optim.Optimizer[]

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
  sam: (params, lr) => optim.sam(optim.sgd(params, { lr, momentum: 0.9 })),
  sophia: (params, lr) => optim.sophia(params, { lr }),
  // Without a line search: it would go by one batch as far as it can.
  newton: (params, lr) => optim.newton(params, { lr, absolute: true, damping: 0.01 }),
  lbfgs: (params, lr) => optim.lbfgs(params, { lr, maxIter: 5, lineSearchFn: "strongWolfe" }),
  hessianFree: (params, lr) => optim.hessianFree(params, { lr }),
  gaussNewton: (params, lr) => optim.gaussNewton(params, { lr, damping: 0.01 }),
  levenbergMarquardt: (params) => optim.levenbergMarquardt(params),
  naturalGradient: (params, lr, { likelihood }) =>
    optim.naturalGradient(params, { lr, damping: 0.01, likelihood: likelihood?.kind ?? "gaussian" }),
}

/** @throws when the optimizer asks of the loss what it is not */
export function makeOptimizer(
  values: Values,
  params: Tensor[],
  objective: Objective,
): readonly optim.Optimizer[] {
  const { mode, learningRate: lr, regularization, regularizationRate: rate, optimizer } = values
  if (mode === "playground") return [new ClassicSGD(params, regularization as Penalty, { lr, rate })]
  const made = [makers[optimizer]!(params, lr, objective)].flat()
  for (const one of made) {
    const [need, given] = [needOf(one), objective]
    const squares = need === "residuals" && (given.residuals === undefined || regularization === "L1")
    if (squares)
      throw unfit(
        "asks for a sum of squares",
        "choose the loss ½ (o − t)² or Mean square, and L2 or no penalty",
      )
    if (need === "outputs" && given.likelihood === undefined)
      throw unfit("asks for a likelihood", "choose the loss Logistic, ½ (o − t)² or Mean square")
  }
  return made
}

/** What a step is to be given: nothing, or a closure that gives the loss, the residuals, or the loss with the outputs. */
export type Need = "nothing" | "loss" | "residuals" | "outputs"

export function needOf(optimizer: optim.Optimizer): Need {
  if (optimizer instanceof optim.GaussNewton || optimizer instanceof optim.LevenbergMarquardt)
    return "residuals"
  if (optimizer instanceof optim.NaturalGradient) return "outputs"
  return optimizer.needsClosure ? "loss" : "nothing"
}

/** Whether a step can be captured: one that looks at values to decide cannot. */
export const capturable = (optimizer: optim.Optimizer): boolean =>
  !(optimizer instanceof optim.ClosureOptimizer)

function unfit(what: string, hint: string): Error {
  const message = `this optimizer ${what}`
  return Object.assign(new Error(message), { code: "NABLA_INVALID_ARGUMENT", detail: { message, hint } })
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

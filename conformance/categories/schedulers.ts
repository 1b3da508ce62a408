/** schedulers: learning rates and momenta step by step, and averaged models. */
import { type Case, type CaseOf, expectedField, type Json, type TensorData, type TensorMap } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeNumber } from "../compare.ts"
import { decodeOption, decodeTensor } from "../decode.ts"
import { plainHost } from "../python/host.ts"
import { Interpreter } from "../python/interpreter.ts"
import type { Value } from "../python/values.ts"
import { type Tolerance, toleranceOf } from "../tolerance.ts"
import { toNabla } from "../torch/convert.ts"
import type { Module } from "../torch/modules.ts"
import { nabla } from "../torch/nabla.ts"
import { moduleOf } from "../torch/nn.ts"
import {
  build,
  makeOptimizer,
  makeScheduler,
  type Optimizer,
  optionsOf,
  type Scheduler,
} from "../torch/optim.ts"
import { createInterpreter } from "../torch/session.ts"
import type { RunContext } from "./registry.ts"

interface SchedulerFields {
  class: string
  options: Case["options"]
  schedulers?: SchedulerFields[]
  milestones?: number[]
}

type Fields = SchedulerFields & {
  optimizer?: { class: string; options: Case["options"]; lrs: number[] }
  steps?: number
}

const tolerance: Tolerance = { relative: 1e-9, absolute: 1e-9 }

export function runScheduler(testCase: Case, context: RunContext, check: Checker): void {
  const fields = testCase as unknown as CaseOf<Fields>
  if (!fields.optimizer) {
    runAveraging(fields, context, check)
    return
  }
  const expected = testCase.expected as unknown as { lr: number[][]; momentum?: number[][] }
  const optimizer = optimizerOf(fields.optimizer)
  const scheduler = schedulerOf(fields, optimizer)
  const metrics = (testCase.inputs as unknown as { metrics?: TensorData | number[] }).metrics
  const metricValues = metrics ? (Array.isArray(metrics) ? metrics : metrics.data.map(decodeNumber)) : null

  const got = optimizer.paramGroups.map((): { lr: number[]; momentum: number[] } => ({
    lr: [],
    momentum: [],
  }))
  const record = () => {
    optimizer.paramGroups.forEach((group, at) => {
      got[at].lr.push(Number(group.lr))
      const betas = group.betas as number[] | undefined
      got[at].momentum.push(Number(betas ? betas[0] : group.momentum))
    })
  }
  record()
  for (let step = 1; step < expected.lr[0].length; step++) {
    optimizer.step()
    if (metricValues) scheduler.step(metricValues[step - 1])
    else scheduler.step()
    record()
  }
  expected.lr.forEach((values, at) => {
    check.compare(`lr[${at}]`, got[at].lr, values, tolerance)
  })
  expected.momentum?.forEach((values, at) => {
    check.compare(`momentum[${at}]`, got[at].momentum, values, tolerance)
  })
}

function optimizerOf({ class: name, options, lrs }: NonNullable<Fields["optimizer"]>): Optimizer {
  const groups = lrs.map((lr) => ({
    params: [nabla.tensor([0], { shape: [1], dtype: "float32", requiresGrad: true })],
    lr,
  }))
  return makeOptimizer(name, groups, [
    ["lr", lrs[0]],
    ...Object.entries(options).map(([key, value]) => [key, decodeOption(value, "float64")] as const),
  ])
}

function schedulerOf(fields: SchedulerFields, optimizer: Optimizer): Scheduler {
  const options: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields.options ?? {})) {
    Object.assign(options, optionsOf([[name, schedulerOption(value)]]))
  }
  if (fields.milestones) options.milestones = fields.milestones
  if (fields.schedulers) options.schedulers = fields.schedulers.map((inner) => schedulerOf(inner, optimizer))
  return makeScheduler(fields.class, optimizer, options)
}

/** A lambda is given as Python source (and as JS, which is not run here: the file is data). */
function schedulerOption(value: Json): Value {
  if (Array.isArray(value)) return value.map(schedulerOption)
  if (value === null || typeof value !== "object" || typeof value.python !== "string") {
    return decodeOption(value, "float64")
  }
  const interpreter = new Interpreter(plainHost)
  const lambda = interpreter.evaluate(value.python)
  return ((epoch: number) => toNabla(interpreter.call(lambda, [BigInt(epoch)]))) as unknown as Value
}

const holder = `
class Holder(nn.Module):
    def __init__(self, values):
        super().__init__()
        for name, value in values.items():
            setattr(self, name, nn.Parameter(value))
`

interface AveragedModel {
  updateParameters(model: Module): void
  module: Module
}

/** The parameters at each update are the inputs' rows; after each the average is compared. */
function runAveraging(fields: CaseOf<Fields>, { float }: RunContext, check: Checker): void {
  const rows = Object.entries(fields.inputs)
  const at = (update: number) => {
    return Object.fromEntries(rows.map(([name, data]) => [name, decodeTensor(rowOf(data, update), float)]))
  }
  const interpreter = createInterpreter(float)
  interpreter.run(holder)
  const values = new Map<Value, Value>(Object.entries(at(0)))
  const model = moduleOf(interpreter.call(interpreter.get("Holder"), [values])) as Module
  const decay = fields.options.decay
  const options = decay === undefined ? {} : { decay }
  const averaged = build<AveragedModel>([`optim.${fields.class}`], [model, options])
  const expected = expectedField<TensorMap>(fields, "averaged") ?? {}
  const tolerances = float === "float64" ? tolerance : toleranceOf(float, "values", null)
  for (let update = 0; update < rows[0][1].shape[0]; update++) {
    model.loadStateDict(at(update))
    averaged.updateParameters(model)
    for (const [name, data] of Object.entries(expected)) {
      check.compare(
        `${name} after ${update}`,
        averaged.module.stateDict()[name],
        rowOf(data, update),
        tolerances,
      )
    }
  }
}

function rowOf(data: TensorData, row: number): TensorData {
  const size = data.data.length / data.shape[0]
  return { ...data, shape: data.shape.slice(1), data: data.data.slice(row * size, (row + 1) * size) }
}

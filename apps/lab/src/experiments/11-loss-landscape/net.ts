import { data, Generator, nn, noGrad, optim, type Tensor, tensor } from "nabla"
import type { Batch, Objective } from "nabla/diagnostics"
import { objectiveOf } from "nabla/diagnostics"
import { fullBatch } from "../full-batch.ts"
import type { Values } from "./controls.ts"

const f64 = { dtype: "float64" } as const

/** A net with fixed parameters, and its loss as a function of them. */
export interface Subject {
  readonly objective: Objective
  readonly values: Float64Array
  /** The net's outputs for all data. */
  readonly outputs: Float64Array
}

export interface Training {
  /** All parameters at moments of the training, the first and the last among them. */
  readonly way: readonly Float64Array[]
  readonly losses: readonly number[]
}

type Points = (options: data.PointOptions) => ReturnType<typeof data.xor>
const points: Readonly<Record<string, Points>> = {
  xor: data.xor,
  circle: data.circle,
  gauss: data.gauss,
  spiral: data.spiral,
}

function batchOf({ data: name, seed }: Values): Batch {
  const [[x, y]] = [...new data.DataLoader(points[name]!({ n: 200, seed }), { batchSize: 200 })] as [
    [Tensor, Tensor],
  ]
  return [x.to("float64"), y]
}

function netOf({ width, activation, broken, seed }: Values): nn.Sequential {
  // Broken on purpose: tanh(α·x) is not α·tanh(x).
  const make = broken ? nn.tanh : activation === "relu" ? nn.relu : nn.leakyRelu
  const net = nn.sequential(
    ...[nn.linear(2, width, f64), make()],
    ...[nn.linear(width, width, f64), make()],
    nn.linear(width, 2, f64),
  )
  return nn.init.initialize(net, "heNormal", { generator: new Generator(seed) })
}

/** The net as it was made, with other parameters. */
export async function subjectOf(values: Values, parameters?: Float64Array): Promise<Subject> {
  const [net, batch] = [netOf(values), batchOf(values)]
  const objective = objectiveOf(net, batch)
  if (parameters !== undefined) {
    const parts = objective.split(tensor(parameters, f64))
    noGrad(() => objective.params.forEach((parameter, i) => parameter.copy_(parts[i]!)))
  }
  const outputs = Float64Array.from(await noGrad(() => net.forward(batch[0])).data())
  return { objective, values: await objective.values(), outputs }
}

const TOGETHER = 5
/** Moments of the training that are kept. */
const MOMENTS = 40

/** Trains with all data in each step. Gives what there is of the training every few steps, and at the end all of it. */
export async function* training(values: Values): AsyncGenerator<Training> {
  const [net, [x, y]] = [netOf(values), batchOf(values)]
  const objective = objectiveOf(net, [x, y])
  const optimizer = optim.sgd(net.parameters(), { lr: 0.02, momentum: 0.9 })
  const run = fullBatch(optimizer, () => nn.crossEntropy(net.forward(x), y), TOGETHER)
  const way = [await objective.values()]
  const losses: number[] = []
  const every = Math.max(1, Math.round(values.steps / TOGETHER / MOMENTS))
  for (let i = 1; losses.length < values.steps; i++) {
    losses.push(...run())
    if (i % every === 0 || losses.length >= values.steps) way.push(await objective.values())
    yield { way, losses }
  }
}

/** What each parameter is multiplied by: the first layer by α, the second layer's weights by 1/α, all else by 1. */
export function factorsOf({ params }: Objective, alpha: number): Float64Array {
  const each = [alpha, alpha, 1 / alpha]
  return Float64Array.from(params.flatMap((param, i) => new Array<number>(param.numel()).fill(each[i] ?? 1)))
}

export const times = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x * b[i]!)
export const over = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x / b[i]!)

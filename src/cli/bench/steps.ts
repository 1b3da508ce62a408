/** One step of a workload, as a function of the number of the step that gives the loss as a number. */
import * as optim from "../../optim/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { compile, matmul, realize, tensor } from "../../tensor/index.ts"
import type { Loss, Tensors } from "./models.ts"
import { losses } from "./models.ts"
import type { HostArray, OptimizerSpec, Workload } from "./spec.ts"

export interface Steps {
  readonly step: (i: number) => number
  /** What a reader of the numbers should know. */
  readonly note: string
  /** Further values to report at the end. */
  readonly extra?: () => Record<string, number>
}

function toTensor({ values, shape }: HostArray): Tensor {
  return tensor(values, { shape: [...shape], dtype: values instanceof Int32Array ? "int32" : "float32" })
}

const toTensors = (arrays: Readonly<Record<string, HostArray>>): Tensors =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, toTensor(array)]))

function leaves(arrays: Readonly<Record<string, HostArray>>): Tensors {
  const weights = toTensors(arrays)
  for (const weight of Object.values(weights)) weight.requiresGrad = true
  return weights
}

function makeOptimizer({ name, lr, weightDecay = 0 }: OptimizerSpec, params: Tensor[]): optim.Optimizer {
  switch (name) {
    case "sgd":
      return new optim.SGD(params, { lr }) as unknown as optim.Optimizer
    case "adam":
      return new optim.Adam(params, { lr }) as unknown as optim.Optimizer
    case "adamw": {
      const { scaleByAdam, addDecayedWeights, scaleByLearningRate } = optim.transforms
      const chain = optim.chain(scaleByAdam(), addDecayedWeights(weightDecay), scaleByLearningRate())
      return new optim.Composed(params, chain, { lr }) as unknown as optim.Optimizer
    }
  }
}

/**
 * A step as one captured program, unless a loop is wanted that nothing captures. Each step drops its results, so their
 * memory serves the next, as where references are counted.
 */
function captured<A extends Tensor[] | [Tensors], R>(
  f: (...args: A) => R,
  plain: boolean,
): (...args: A) => R {
  return plain ? f : compile(f, { reuse: true })
}

const noteOf = (plain: boolean): string => (plain ? "plain loop" : "compiled step")

function training(workload: Workload, loss: Loss, plain: boolean): Steps {
  const weights = leaves(workload.weights)
  const batches = workload.inputs.map(toTensors)
  const optimizer = makeOptimizer(workload.optimizer!, Object.values(weights))
  const train = (batch: Tensors): Tensor => {
    const value = loss(weights, batch)
    optimizer.zeroGrad()
    value.backward()
    optimizer.step()
    return value
  }
  const run = captured(train, plain)
  return {
    step: (i) => run(batches[i % batches.length]).itemSync(),
    note: noteOf(plain),
  }
}

function product({ inputs }: Workload, plain: boolean): Steps {
  const { a, b } = toTensors(inputs[0])
  const multiply = (x: Tensor, y: Tensor): [product: Tensor, corner: Tensor] => {
    const c = matmul(x, y)
    return [c, c.index(0, 0)]
  }
  const run = captured(multiply, plain)
  const step = (i: number): number => {
    const results = run(a, b)
    // All results of one program, so that the whole product has to be there.
    realize(results)
    const [c, corner] = results
    return (i < 3 ? c.abs().mean() : corner).itemSync()
  }
  return { step, note: noteOf(plain) }
}

function elementwise({ weights, inputs }: Workload, plain: boolean): Steps {
  const { a, b, x } = leaves({ ...weights, ...inputs[0] })
  const params = [x, a, b]
  const differentiate = (): Tensor[] => {
    for (const param of params) param.grad = null
    const loss = x.mul(a).add(b).tanh().mul(x.sigmoid()).mean()
    loss.backward()
    return [loss, ...params.map(({ grad }) => grad!)]
  }
  const run = captured(differentiate, plain)
  let check = 0
  const step = (i: number): number => {
    const results = run()
    realize(results)
    const [loss, ...gradients] = results
    if (i === 0) for (const gradient of gradients) check += gradient.abs().sum().itemSync()
    return loss.itemSync()
  }
  return { step, note: noteOf(plain), extra: () => ({ check }) }
}

/** @param plain a loop that nothing captures, even where nabla could compile it */
export function makeSteps(workload: Workload, plain: boolean): Steps {
  if (workload.kind === "matmul") return product(workload, plain)
  if (workload.kind === "elementwise") return elementwise(workload, plain)
  return training(workload, losses[workload.name]!, plain)
}

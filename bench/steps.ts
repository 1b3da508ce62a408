/** One step of a workload, as a function of the number of the step that gives the loss as a number. */
import * as nabla from "nabla"
import { matmul, optim, realize, type Tensor, tensor } from "nabla"
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

type Compile = <A extends readonly unknown[]>(f: (...args: A) => Tensor) => (...args: A) => Tensor

/** nabla's compile where this version has one, and the user did not ask for a plain loop. */
function compiler(plain: boolean): Compile | null {
  const found: unknown = Reflect.get(nabla, "compile")
  return plain || typeof found !== "function" ? null : (found as Compile)
}

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
  const compile = compiler(plain)
  const run = compile === null ? train : compile(train)
  return {
    step: (i) => run(batches[i % batches.length]).itemSync(),
    note: compile === null ? "plain loop" : "compiled step",
  }
}

function product({ inputs }: Workload): Steps {
  const { a, b } = toTensors(inputs[0])
  const step = (i: number): number => {
    const c = matmul(a, b)
    const seen = i < 3 ? c.abs().mean() : c.index(0, 0)
    // Both are results of one program, so that the whole product has to be there.
    realize([c, seen])
    return seen.itemSync()
  }
  return { step, note: "plain loop" }
}

function elementwise({ weights, inputs }: Workload): Steps {
  const { a, b, x } = leaves({ ...weights, ...inputs[0] })
  const params = [x, a, b]
  let check = 0
  const step = (i: number): number => {
    for (const param of params) param.grad = null
    const loss = x.mul(a).add(b).tanh().mul(x.sigmoid()).mean()
    loss.backward()
    const gradients = params.map(({ grad }) => grad!)
    realize([loss, ...gradients])
    if (i === 0) for (const gradient of gradients) check += gradient.abs().sum().itemSync()
    return loss.itemSync()
  }
  return { step, note: "plain loop", extra: () => ({ check }) }
}

/** @param plain a loop that nothing captures, even where nabla could compile it */
export function makeSteps(workload: Workload, plain: boolean): Steps {
  if (workload.kind === "matmul") return product(workload)
  if (workload.kind === "elementwise") return elementwise(workload)
  return training(workload, losses[workload.name]!, plain)
}

import { NablaError } from "../base/index.ts"
import type { OpNonFinite } from "../diagnostics/index.ts"
import { findNonFinite } from "../diagnostics/index.ts"
import type { AnyModule, Module } from "../nn/index.ts"
import { noGrad, Tensor, tensor } from "../tensor/index.ts"
import type { Loss } from "./metrics/index.ts"

/**
 * Keeps the parameters of the last step, so that a step with a loss that is not finite can be undone: by the time the
 * loss is read, the optimizer has already made new parameters of it.
 */
export class ParameterGuard {
  private readonly parameters: readonly Tensor[]
  private kept: readonly Tensor["node"][] = []

  constructor(model: AnyModule) {
    this.parameters = [...model.parameters()]
  }

  /** Before a step. Costs no copy: values are immutable, and the engine keeps those of one step before. */
  remember(): void {
    this.kept = this.parameters.map((parameter) => parameter.node)
  }

  /** Gives the parameters the values that they had when remember was called last. */
  async restore(): Promise<void> {
    const values = await Promise.all(this.kept.map((node) => new Tensor(node).data()))
    this.parameters.forEach((parameter, i) => {
      const { shape, dtype, requiresGrad } = parameter
      parameter.replace(tensor(values[i]!, { shape, dtype, requiresGrad }).node)
    })
  }
}

/** A first place where numbers were not finite. */
interface Finding {
  /** Path of the module, or the name of a parameter or "input". */
  readonly where: string
  readonly got: string
  readonly hint: string
}

/**
 * The error for a loss that is not finite, with the first module whose output was not, and the first operation: the pass
 * is made once more, with the parameters from before the step, and every output and result is looked at.
 */
export async function nonFiniteError<Output>(
  model: Module<readonly [Tensor], Output>,
  [input, target]: readonly [Tensor, Tensor],
  loss: Loss<Output>,
  at: { readonly loss: number; readonly step: number; readonly epoch: number },
): Promise<NablaError> {
  const { where, got, hint } = await findFirst(model, input)
  const operation = await findNonFinite(() => loss(model.forward(input), target)).catch(() => null)
  return new NablaError("NABLA_NON_FINITE", {
    message: `the loss is ${at.loss} at step ${at.step} (epoch ${at.epoch})`,
    expected: "finite numbers",
    got: operation === null || operation.inputs.length === 0 ? got : `${got}; ${operationText(operation)}`,
    where,
    hint,
  })
}

/** "the first operation is log of values from -2 to 3, which gave 5 numbers that are not finite" */
function operationText({ op, inputs, count }: OpNonFinite): string {
  const ranges = inputs.map(({ min, max }) => `from ${rounded(min)} to ${rounded(max)}`)
  return `the first operation is ${op} of values ${ranges.join(" and ")}, which gave ${count} that are not finite`
}

const rounded = (value: number): string => String(Number(value.toPrecision(4)))

async function findFirst(model: Module<readonly [Tensor], unknown>, input: Tensor): Promise<Finding> {
  const bad = await describe(input)
  if (bad !== null) {
    const hint = "check the data: training cannot mend it"
    return { where: "input", got: `${bad} in the input of the batch`, hint }
  }
  const outputs = await outputsInOrder(model, input)
  const parameter = await findParameter(model)
  const because = parameter === null ? "its parameters were" : `${parameter}; the inputs of the batch were`
  for (const { path, type, output } of outputs) {
    const found = await describe(output)
    if (found === null) continue
    const where = path === "" ? type : `${path} (${type})`
    const got = `${found} in the output of ${where}, the first layer that is not finite; ${because} finite`
    return { where, got, hint: "lower the learning rate, clip the gradients, or scale the inputs" }
  }
  return {
    where: "loss",
    got: "every layer's output was finite; only the loss was not",
    hint: "lower the learning rate, and check the targets and the loss function for log(0) and divisions by 0",
  }
}

interface Output {
  readonly path: string
  readonly type: string
  readonly output: Tensor
}

/** The outputs of all modules in the order in which they were made: a module's parts come before itself. */
async function outputsInOrder(model: Module<readonly [Tensor], unknown>, input: Tensor): Promise<Output[]> {
  const outputs: Output[] = []
  const handles = [...model.namedModules()].map(([path, module]) =>
    module.registerForwardHook((_module, _input, output) => {
      for (const t of [output].flat())
        if (t instanceof Tensor) outputs.push({ path, type: module.constructor.name, output: t })
    }),
  )
  try {
    noGrad(() => model.forward(input))
  } finally {
    for (const handle of handles) handle.remove()
  }
  return outputs
}

/** What is wrong with the first parameter that holds numbers that are not finite. */
async function findParameter(model: AnyModule): Promise<string | null> {
  for (const [name, parameter] of model.namedParameters()) {
    const found = await describe(parameter)
    if (found !== null) return `${found} in the parameter ${name}`
  }
  return null
}

/** "3 of 40 numbers are NaN", or null when all are finite. */
async function describe(t: Tensor): Promise<string | null> {
  const numbers = await t.data()
  let [nan, infinite] = [0, 0]
  for (const x of numbers) {
    if (Number.isNaN(x)) nan++
    else if (!Number.isFinite(x)) infinite++
  }
  if (nan === 0 && infinite === 0) return null
  const counts = [nan > 0 ? `${nan} NaN` : "", infinite > 0 ? `${infinite} infinite` : ""].filter(Boolean)
  return `${counts.join(" and ")} of ${numbers.length} numbers`
}

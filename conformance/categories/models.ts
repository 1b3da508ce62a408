/** models: whole models, from Python source, over fifty training steps. */
import { type Case, type CaseOf, expectedField, type TensorData, type TensorMap } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeOptions, decodeTensors } from "../decode.ts"
import { requireTensor, take } from "../derivatives.ts"
import type { Tolerance } from "../tolerance.ts"
import { type Module, moduleCall } from "../torch/modules.ts"
import { callNabla, type FloatType, nabla, type Tensor } from "../torch/nabla.ts"
import { moduleOf } from "../torch/nn.ts"
import { callUtility, makeOptimizer, makeScheduler, optionsOf } from "../torch/optim.ts"
import { createInterpreter } from "../torch/session.ts"
import type { RunContext } from "./registry.ts"

interface Part {
  class: string
  options: Case["options"]
}

interface Fields {
  class: string
  python: string
  loss: string
  optimizer: Part
  scheduler?: Part | null
  clip_grad_norm?: number | null
  steps: number
  batch_indices?: number[][] | null
  params: TensorMap
  buffers: TensorMap
  float32_max_rel_loss_deviation: number
  float32_max_abs_param_deviation: number
  float32_noise_params?: string[]
}

const losses = `
def bce_with_logits(output, y):
    return F.binary_cross_entropy_with_logits(output, y)

def mse(output, y):
    return F.mse_loss(output, y)

def cross_entropy(output, y):
    return F.cross_entropy(output, y)

def cross_entropy_tokens(output, y):
    return F.cross_entropy(output.reshape(-1, output.shape[-1]), y.reshape(-1))
`

export function runModel(testCase: Case, { float }: RunContext, check: Checker): void {
  const fields = testCase as CaseOf<Fields>
  const interpreter = createInterpreter(float)
  interpreter.run(losses)
  interpreter.run(fields.python)
  const options = new Map(decodeOptions(fields.options, float))
  const model = moduleOf(interpreter.call(interpreter.get(fields.class), [], options)) as Module
  model.loadStateDict(Object.fromEntries(decodeTensors({ ...fields.params, ...fields.buffers }, float)))
  const [x, y] = take(decodeTensors(fields.inputs, float), ["x", "y"])
  const loss = (output: Tensor, target: Tensor) =>
    requireTensor(interpreter.call(interpreter.get(fields.loss), [output, target]))

  const history = train(model, fields, [x, y], loss)
  compareTraining(check, fields, float, model, history)
  const output = expectedField<TensorData>(testCase, "eval_output_after_float64")
  if (!output) return
  check.attempt("eval_output", () => {
    model.eval()
    const got = requireTensor(moduleCall(model, new Map(), [x]) as Tensor)
    check.compare("eval_output", got, output, downstreamTolerance(fields, float))
  })
}

function train(
  model: Module,
  fields: Fields,
  data: readonly Tensor[],
  loss: (output: Tensor, target: Tensor) => Tensor,
): number[] {
  const { optimizer: part, scheduler: schedule } = fields
  const optimizer = makeOptimizer(part.class, [...model.parameters()], decodeOptions(part.options, "float64"))
  const scheduler = schedule
    ? makeScheduler(schedule.class, optimizer, optionsOf(decodeOptions(schedule.options, "float64")))
    : null
  const history: number[] = []
  model.train()
  for (let step = 0; step < fields.steps; step++) {
    const [x, y] = data.map((tensor) => batchOf(tensor, fields.batch_indices?.[step]))
    optimizer.zeroGrad()
    const value = loss(requireTensor(moduleCall(model, new Map(), [x]) as Tensor), y)
    history.push(Number(value.itemSync()))
    ;(value as Tensor & { backward(): void }).backward()
    if (fields.clip_grad_norm) callUtility("clipGradNorm_", [[...model.parameters()], fields.clip_grad_norm])
    optimizer.step()
    scheduler?.step()
  }
  return history
}

function batchOf(tensor: Tensor, rows: readonly number[] | undefined): Tensor {
  if (!rows) return tensor
  const index = nabla.tensor(rows, { shape: [rows.length], dtype: "int32" })
  return callNabla("indexSelect", tensor, 0, index)
}

function compareTraining(
  check: Checker,
  fields: CaseOf<Fields>,
  float: FloatType,
  model: Module,
  history: readonly number[],
): void {
  const relative = float === "float64" ? 1e-7 : Math.max(1e-3, 10 * fields.float32_max_rel_loss_deviation)
  check.compare("loss", history, fields.expected.loss_float64, { relative, absolute: 1e-9 })
  const noise = float === "float32" ? (fields.float32_noise_params ?? []) : []
  const state = model.stateDict()
  const parts = [
    ["params_after_float64", parameterTolerance(fields, float)],
    ["buffers_after_float64", downstreamTolerance(fields, float)],
  ] as const
  for (const [field, tolerance] of parts) {
    for (const [name, data] of Object.entries(expectedField<TensorMap>(fields, field) ?? {})) {
      if (!noise.includes(name)) check.compare(name, state[name], data, tolerance)
    }
  }
}

function parameterTolerance(fields: Fields, float: FloatType): Tolerance {
  if (float === "float64") return { relative: 1e-7, absolute: 1e-7 }
  // The deviation of noise parameters is in the maximum too; they are not compared.
  const deviation = fields.float32_noise_params?.length ? 0 : fields.float32_max_abs_param_deviation
  return { relative: 1e-3, absolute: Math.max(1e-3, 10 * deviation) }
}

/**
 * Of what a noise parameter shifts: running means follow a bias before the normalisation, and the output in evaluation
 * follows them. PyTorch's own float32 run was off by as much as its noise parameters were.
 */
function downstreamTolerance(fields: Fields, float: FloatType): Tolerance {
  const tolerance = parameterTolerance(fields, float)
  if (float === "float64" || !fields.float32_noise_params?.length) return tolerance
  return { ...tolerance, absolute: fields.float32_max_abs_param_deviation }
}

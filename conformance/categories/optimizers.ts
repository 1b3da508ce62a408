/** optimizers: parameter trajectories on small analytic problems. */
import type { Case, CaseOf, TensorData, TensorMap } from "../case.ts"
import { Checker, Skip } from "../checker.ts"
import { decodeOptions, decodeTensor } from "../decode.ts"
import { requireTensor } from "../derivatives.ts"
import type { Interpreter } from "../python/interpreter.ts"
import type { Value } from "../python/values.ts"
import { nabla, type Tensor } from "../torch/nabla.ts"
import { callUtility, makeOptimizer, optionsOf } from "../torch/optim.ts"
import { createInterpreter } from "../torch/session.ts"
import type { RunContext } from "./registry.ts"

interface Fields {
  class: string
  problem: { kind: string; A?: TensorData; b?: TensorData; sign?: number; c?: number }
  clip?: { kind: string; max_norm?: number; norm_type?: number; clip_value?: number } | null
  param_groups?: { params: string[]; options: Case["options"] }[] | null
  float32_max_abs_deviation: number
  "sensitivity_1e-12": number
  expected_documented?: Record<string, unknown>
}

interface Trajectory {
  steps: number[]
  params: TensorMap
  loss?: number[]
  closure_evaluations?: number[]
}

/**
 * In double precision, whatever the parameters are: a case is about the optimizer's own arithmetic. Near a minimum the
 * terms of a gradient cancel, and an adaptive method divides what rounding leaves of it by its own size: with objectives
 * in float32 PyTorch's own Adam_groups is 4e-3 off, with this one 4e-5.
 */
const problems = `
def joined(params):
    return torch.cat([p.reshape(-1) for p in params]).double()

def quadratic_sin(params, A, b, sign=1):
    z = joined(params)
    return sign * (0.5 * (z @ (A @ z)) + b @ z + torch.sin(z).sum())

def rosenbrock(params, c):
    z = joined(params)
    return (c * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2).sum()
`

interface Parameter extends Tensor {
  grad: Tensor | null
}

interface Backward extends Tensor {
  backward(): void
}

export function runOptimizer(testCase: Case, { float }: RunContext, check: Checker): void {
  const fields = testCase as CaseOf<Fields>
  const expected = testCase.expected as unknown as Trajectory
  const run = new OptimizerRun(fields, float)
  const got = run.trajectory(expected.steps, (expected.loss?.length ?? 1) - 1)
  const absolute =
    float === "float32"
      ? Math.max(1e-5, 10 * fields.float32_max_abs_deviation)
      : Math.max(1e-9, 10 * fields["sensitivity_1e-12"])
  const relative = float === "float32" ? 1e-5 : 1e-7
  const compare = (into: Checker, reference: Trajectory) => {
    for (const [name, data] of Object.entries(reference.params)) {
      reference.steps.forEach((step, at) => {
        const size = data.data.length / reference.steps.length
        const slice = { ...data, shape: [size], data: data.data.slice(at * size, (at + 1) * size) }
        into.compare(`${name} after ${step}`, got.params.get(name)?.[at], slice, { relative, absolute })
      })
    }
    if (reference.loss) {
      // The loss moves with the parameters, by at most about its slope.
      const slack = { relative: 100 * relative, absolute: 100 * absolute }
      into.compare("loss", got.loss, reference.loss, slack)
    }
    const evaluations = reference.closure_evaluations
    // Rounding may end a line search one evaluation earlier or later.
    if (evaluations && float === "float64") {
      into.compare("closure_evaluations", got.evaluations, evaluations, { relative: 0, absolute: 0 })
    }
  }
  if (fields.expected_documented) {
    // Either formula is correct (the README says why): the case passes with the documented one.
    const documented = new Checker(float)
    compare(documented, { ...expected, ...fields.expected_documented } as Trajectory)
    if (documented.failures.length === 0) {
      check.margins.push(...documented.margins)
      return
    }
  }
  compare(check, expected)
}

class OptimizerRun {
  private readonly interpreter: Interpreter
  private readonly fields: CaseOf<Fields>
  private readonly parameters: Map<string, Parameter>
  private readonly loss: () => Backward
  private evaluations = 0

  constructor(fields: CaseOf<Fields>, float: RunContext["float"]) {
    this.fields = fields
    this.interpreter = createInterpreter(float)
    this.interpreter.run(problems)
    this.parameters = new Map(
      Object.entries(fields.inputs).map(([name, data]) => [name, asParameter(decodeTensor(data, float))]),
    )
    const { kind, ...constants } = fields.problem
    const keywords = new Map(decodeOptions(constants as Case["options"], "float64"))
    const problem = this.interpreter.get(kind)
    this.loss = () =>
      requireTensor(this.interpreter.call(problem, [[...this.parameters.values()]], keywords)) as Backward
  }

  trajectory(steps: readonly number[], count: number) {
    const optimizer = makeOptimizer(
      this.fields.class,
      this.groups(),
      decodeOptions(this.fields.options, "float64"),
    )
    const params = new Map<string, number[][]>([...this.parameters.keys()].map((name) => [name, []]))
    const loss = [Number(this.loss().itemSync())]
    const evaluations: number[] = []
    const closure = () => {
      this.evaluations++
      optimizer.zeroGrad()
      const value = this.loss()
      value.backward()
      this.clip()
      return value
    }
    for (let step = 1; step <= Math.max(count, ...steps); step++) {
      if (this.fields.class === "LBFGS") optimizer.step(closure)
      else {
        closure()
        optimizer.step()
      }
      loss.push(Number(this.loss().itemSync()))
      if (!steps.includes(step)) continue
      evaluations.push(this.evaluations)
      for (const [name, tensor] of this.parameters)
        params.get(name)?.push(Array.from(tensor.dataSync(), Number))
    }
    return { params, loss: loss.slice(0, count + 1), evaluations }
  }

  private groups() {
    const { param_groups } = this.fields
    if (!param_groups) return [...this.parameters.values()]
    return param_groups.map(({ params, options }) => ({
      params: params.map((name) => requireTensor(this.parameters.get(name) ?? null)),
      ...optionsOf(decodeOptions(options, "float64")),
    }))
  }

  private clip(): void {
    const { clip } = this.fields
    if (!clip) return
    const parameters: Value = [...this.parameters.values()]
    if (clip.kind === "norm") {
      const normType = clip.norm_type === undefined ? [] : ([["norm_type", clip.norm_type]] as const)
      callUtility("clipGradNorm_", [parameters, clip.max_norm ?? 1], new Map(normType))
    } else if (clip.kind === "value") callUtility("clipGradValue_", [parameters, clip.clip_value ?? 1])
    else throw new Skip(`unknown clipping ${clip.kind}`)
  }
}

export function asParameter(tensor: Tensor): Parameter {
  const data = Float64Array.from(tensor.dataSync(), Number)
  const options = { shape: tensor.shape, dtype: tensor.dtype, requiresGrad: true }
  return nabla.tensor(data, options) as Parameter
}

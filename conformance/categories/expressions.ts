/** ops, activations, losses: one Python expression over the case's inputs and options. */
import { type Case, type CaseOf, expectedField, type TensorData } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeOptions, decodeTensors } from "../decode.ts"
import { checkDerivatives, flattenOutputs, requireTensor } from "../derivatives.ts"
import { toleranceOf } from "../tolerance.ts"
import { callNabla, nabla, type Tensor } from "../torch/nabla.ts"
import { createInterpreter } from "../torch/session.ts"
import type { RunContext } from "./registry.ts"

export function runExpression(testCase: Case, { float }: RunContext, check: Checker): void {
  const { expr, tol_f32 } = testCase as CaseOf<{ expr: string; tol_f32?: unknown }>
  const inputs = decodeTensors(testCase.inputs, float)
  const options = decodeOptions(testCase.options, float)
  const expression = createInterpreter(float).expression(expr)
  const evaluate = (named: ReadonlyMap<string, Tensor>) => flattenOutputs(expression([...options, ...named]))
  checkDerivatives(check, { testCase, inputs, evaluate, float })

  const first = () => requireTensor(evaluate(inputs)[0])
  for (const [field, reduce] of [
    ["output_min", "min"],
    ["output_max", "max"],
  ]) {
    const expected = expectedField<number>(testCase, field)
    if (expected === undefined) continue
    check.attempt(field, () => {
      check.compare(field, callNabla(reduce, first()), expected, toleranceOf(float, "values", tol_f32))
    })
  }
  const second = expectedField<TensorData>(testCase, "second_derivative")
  if (!second) return
  check.attempt("second_derivative", () => {
    // For an elementwise function the Hessian of the sum is diagonal: its product with ones is f''.
    const [name, primal] = [...inputs][0]
    const sum = (x: Tensor) => callNabla("sum", requireTensor(evaluate(new Map([...inputs, [name, x]]))[0]))
    const [result] = nabla.hvp(sum, [primal], [callNabla("onesLike", primal)])
    check.compare("second_derivative", result, second, toleranceOf(float, "second", tol_f32))
  })
}

/** functional: Python functions with loops, branches and recursion, differentiated along the path that they take. */
import { type Case, type CaseOf, expectedField, type TensorList, type TensorMap } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeOptions, decodeTensor, decodeTensors } from "../decode.ts"
import { checkDerivatives, flattenOutputs, requireTensor, take } from "../derivatives.ts"
import { toleranceOf } from "../tolerance.ts"
import { callNabla, nabla, type Tensor } from "../torch/nabla.ts"
import { createInterpreter } from "../torch/session.ts"
import type { RunContext } from "./registry.ts"

interface Fields {
  python: string
  function: string
  cotangents: TensorList
  tangents: TensorMap
  tol_f32?: unknown
}

export function runFunctional(testCase: Case, { float }: RunContext, check: Checker): void {
  const fields = testCase as CaseOf<Fields>
  const inputs = decodeTensors(testCase.inputs, float)
  const options = new Map(decodeOptions(testCase.options, float))
  const interpreter = createInterpreter(float)
  interpreter.run(fields.python)
  const f = interpreter.get(fields.function)
  const evaluate = (named: ReadonlyMap<string, Tensor>) =>
    flattenOutputs(interpreter.call(f, [...named.values()], options))

  // `hvp` means another function here than in ops: see below.
  const { hvp, ...others } = testCase.expected
  checkDerivatives(check, { testCase: { ...fields, expected: others }, inputs, evaluate, float })

  const names = [...inputs.keys()]
  const output = (...tensors: Tensor[]) =>
    requireTensor(evaluate(new Map(names.map((name, at) => [name, tensors[at]])))[0])
  const scalar = scalarOf(output, fields, float)
  const primals = take(inputs, names)
  const second = toleranceOf(float, "second", fields.tol_f32)

  const jacobian = expectedField<TensorMap>(testCase, "jacobian")
  if (jacobian) {
    check.attempt("jacobian", () => {
      const wanted = Object.keys(jacobian)
      const results = nabla.jacobian(output, { argnums: wanted.map((name) => names.indexOf(name)) })(
        ...primals,
      )
      wanted.forEach((name, at) => {
        check.compare(`jacobian.${name}`, results[at], jacobian[name], second)
      })
    })
  }
  const hessian = expectedField<Record<string, TensorMap>>(testCase, "hessian")
  if (hessian) {
    check.attempt("hessian", () => {
      const wanted = Object.keys(hessian)
      const results = nabla.hessian(scalar, { argnums: wanted.map((name) => names.indexOf(name)) })(
        ...primals,
      )
      wanted.forEach((row, i) => {
        for (const column of Object.keys(hessian[row])) {
          check.compare(
            `hessian.${row}.${column}`,
            results[i][wanted.indexOf(column)],
            hessian[row][column],
            second,
          )
        }
      })
    })
  }
  if (hvp) {
    check.attempt("hvp", () => {
      const along = Object.keys(fields.tangents)
      const tangents = Object.values(fields.tangents).map((data) => decodeTensor(data, float))
      const restricted = (...some: Tensor[]) =>
        scalar(...names.map((name, at) => (along.includes(name) ? some[along.indexOf(name)] : primals[at])))
      const results = nabla.hvp(restricted, take(inputs, along), tangents)
      for (const [name, expected] of Object.entries(hvp as unknown as TensorMap)) {
        check.compare(`hvp.${name}`, results[along.indexOf(name)], expected, second)
      }
    })
  }
}

/** The function itself when it is scalar, else <cotangents[0], f>. */
function scalarOf(
  output: (...tensors: Tensor[]) => Tensor,
  { cotangents }: Fields,
  float: RunContext["float"],
): (...tensors: Tensor[]) => Tensor {
  const cotangent = cotangents[0]
  if (!cotangent || cotangent.shape.length === 0) return output
  return (...tensors) =>
    callNabla("sum", callNabla("mul", decodeTensor(cotangent, float), output(...tensors)))
}

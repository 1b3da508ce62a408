/** Checks outputs, VJP, JVP and HVP of a function of named tensors. */
import { type Case, expectedField, type TensorList, type TensorMap } from "./case.ts"
import type { Checker } from "./checker.ts"
import { decodeTensor } from "./decode.ts"
import { Tuple, type Value } from "./python/values.ts"
import { type Order, toleranceOf } from "./tolerance.ts"
import { callNabla, type FloatType, isTensor, nabla, type Tensor } from "./torch/nabla.ts"

/** Maps all inputs of a case to its outputs, flattened. */
export type NamedFunction = (inputs: ReadonlyMap<string, Tensor>) => Value[]

export interface Derivatives {
  testCase: Case & { cotangents?: TensorList; tangents?: TensorMap; tol_f32?: unknown }
  inputs: ReadonlyMap<string, Tensor>
  evaluate: NamedFunction
  float: FloatType
}

/** Tuples in tuples, as one list: what `outputs` of a case is. */
export function flattenOutputs(value: Value): Value[] {
  if (value instanceof Tuple) return value.items.flatMap(flattenOutputs)
  return Array.isArray(value) ? value.flatMap(flattenOutputs) : [value]
}

export function checkDerivatives(check: Checker, task: Derivatives): void {
  const { testCase } = task
  const outputs = expectedField<TensorList>(testCase, "outputs")
  if (outputs) {
    check.attempt("outputs", () => {
      check.compareList("outputs", task.evaluate(task.inputs), outputs, tolerance(task, "values"))
    })
  }
  const grads = expectedField<TensorMap>(testCase, "grads")
  if (grads) check.attempt("vjp", () => checkVjp(check, task, grads))
  const jvp = expectedField<TensorList>(testCase, "jvp")
  if (jvp) check.attempt("jvp", () => checkJvp(check, task, jvp))
  const hvp = expectedField<TensorMap>(testCase, "hvp")
  if (hvp) check.attempt("hvp", () => checkHvp(check, task, hvp))
}

const tolerance = ({ testCase, float }: Derivatives, order: Order) =>
  toleranceOf(float, order, testCase.tol_f32)

function checkVjp(check: Checker, task: Derivatives, grads: TensorMap): void {
  const names = Object.keys(grads)
  const cotangents = decodeList(task.testCase.cotangents ?? [], task.float)
  const wanted = cotangents.map((cotangent) => cotangent !== null)
  const [, pullback] = nabla.vjp(restrict(task, names, wanted), ...take(task.inputs, names))
  const results = pullback(cotangents.filter((cotangent) => cotangent !== null))
  names.forEach((name, at) => {
    check.compare(`grads.${name}`, results[at], grads[name], tolerance(task, "values"))
  })
}

function checkJvp(check: Checker, task: Derivatives, jvp: TensorList): void {
  const [names, tangents] = decodeTangents(task)
  const f = restrict(
    task,
    names,
    jvp.map((expected) => expected !== null),
  )
  const [, results] = nabla.jvp(f, take(task.inputs, names), tangents)
  const wanted = jvp.filter((expected) => expected !== null)
  check.compareList("jvp", results as Tensor[], wanted, tolerance(task, "second"))
}

function checkHvp(check: Checker, task: Derivatives, hvp: TensorMap): void {
  const [names, tangents] = decodeTangents(task)
  const cotangents = decodeList(task.testCase.cotangents ?? [], task.float)
  const f = restrict(
    task,
    names,
    cotangents.map((cotangent) => cotangent !== null),
  )
  const present = cotangents.filter((cotangent) => cotangent !== null)
  const scalar = (...inputs: Tensor[]) => squareLoss(f(...inputs), present)
  const results = nabla.hvp(scalar, take(task.inputs, names), tangents)
  for (const [name, expected] of Object.entries(hvp)) {
    check.compare(`hvp.${name}`, results[names.indexOf(name)], expected, tolerance(task, "second"))
  }
}

/** s = Σ_i Σ (c_i·o_i + ½·o_i²), of which the files give the Hessian's product. */
function squareLoss(outputs: readonly Tensor[], cotangents: readonly Tensor[]): Tensor {
  const terms = outputs.map((output, at) => {
    const linear = callNabla("mul", cotangents[at], output)
    const square = callNabla("mul", callNabla("mul", output, output), 0.5)
    return callNabla("sum", callNabla("add", linear, square))
  })
  return terms.reduce((total, term) => callNabla("add", total, term))
}

/** The case's function of some of its inputs, with only the outputs that are wanted (the differentiable ones). */
function restrict(
  task: Derivatives,
  names: readonly string[],
  wanted: readonly boolean[],
): (...inputs: Tensor[]) => Tensor[] {
  return (...inputs) => {
    const all = new Map(task.inputs)
    names.forEach((name, at) => {
      all.set(name, inputs[at])
    })
    return task
      .evaluate(all)
      .filter((_, at) => wanted[at])
      .map(requireTensor)
  }
}

export function requireTensor(value: Value): Tensor {
  if (!isTensor(value)) throw new TypeError(`a tensor expected, got ${String(value)}`)
  return value
}

export function take(inputs: ReadonlyMap<string, Tensor>, names: readonly string[]): Tensor[] {
  return names.map((name) => {
    const found = inputs.get(name)
    if (!found) throw new Error(`the case has no input ${name}`)
    return found
  })
}

function decodeList(list: TensorList, float: FloatType): (Tensor | null)[] {
  return list.map((data) => (data === null ? null : decodeTensor(data, float)))
}

function decodeTangents({ testCase, float }: Derivatives): [names: string[], tangents: Tensor[]] {
  const tangents = testCase.tangents ?? {}
  return [Object.keys(tangents), Object.values(tangents).map((data) => decodeTensor(data, float))]
}

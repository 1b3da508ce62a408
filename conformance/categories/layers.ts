/** layers: a layer of nabla with given parameters; values, gradients, directional derivatives, buffers. */
import { type Case, type CaseOf, expectedField, type TensorList, type TensorMap } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeOption, decodeOptions, decodeTensor, decodeTensors } from "../decode.ts"
import { flattenOutputs, requireTensor } from "../derivatives.ts"
import type { Keywords, Value } from "../python/values.ts"
import { toleranceOf } from "../tolerance.ts"
import { bindArguments } from "../torch/bind.ts"
import { fromNabla } from "../torch/convert.ts"
import { type Module, moduleCall } from "../torch/modules.ts"
import { nabla, type Tensor } from "../torch/nabla.ts"
import { construct } from "../torch/nn.ts"
import type { RunContext } from "./registry.ts"

type ArgumentNames = (string | string[])[]

interface Fields {
  class: string
  train: boolean
  sequence?: boolean
  call: { args: ArgumentNames; kwargs: Case["options"]; tensor_kwargs: Record<string, string> }
  params: TensorMap
  buffers: TensorMap
  cotangents?: TensorList
  tangents?: { inputs: TensorMap; params: TensorMap }
}

/** Tensors by name; parameters are told from inputs by their prefix. */
type Named = ReadonlyMap<string, Tensor>
const parameterName = (name: string) => `param ${name}`

class LayerCase {
  readonly fields: CaseOf<Fields>
  private readonly context: RunContext
  private readonly inputs: Named

  constructor(testCase: Case, context: RunContext) {
    this.fields = testCase as CaseOf<Fields>
    this.context = context
    this.inputs = decodeTensors(testCase.inputs, context.float)
  }

  /** A fresh layer: calls may change its buffers, and even its parameters (Embedding's max_norm). */
  build(): Module {
    const { fields, context } = this
    const options: Keywords = new Map(decodeOptions(fields.options, context.float))
    const layer = construct(fields.class, [], options, context.float) as Module
    const state = decodeTensors({ ...fields.params, ...fields.buffers }, context.float)
    layer.loadStateDict(Object.fromEntries(state))
    layer.train(fields.train)
    return layer
  }

  /** All outputs of the case, with some inputs and parameters replaced. */
  outputs(layer: Module, replaced: Named): Value[] {
    const { call, sequence } = this.fields
    const parameters = new Map<string, Tensor>()
    for (const name of Object.keys(this.fields.params)) {
      const tensor = replaced.get(parameterName(name))
      if (tensor) parameters.set(name, tensor)
    }
    const input = (name: string) => replaced.get(name) ?? requireTensor(this.inputs.get(name) ?? null)
    const one = (args: ArgumentNames) => flattenOutputs(this.callOnce(layer, parameters, args, input))
    return sequence ? call.args.flatMap((name) => one([name])) : one(call.args)
  }

  private callOnce(
    layer: Module,
    parameters: Named,
    names: ArgumentNames,
    input: (name: string) => Tensor,
  ): Value {
    const { call } = this.fields
    const args = names.map((name): Value => (Array.isArray(name) ? name.map(input) : input(name)))
    const keywords: Keywords = new Map()
    for (const [name, option] of Object.entries(call.kwargs)) {
      keywords.set(name, decodeOption(option, this.context.float))
    }
    for (const [name, source] of Object.entries(call.tensor_kwargs)) keywords.set(name, input(source))
    const bound = bindArguments(undefined, args, keywords, this.context.float)
    return fromNabla(moduleCall(layer, parameters, bound))
  }

  /** The named tensors at which derivatives are taken. */
  primals(names: readonly string[]): Tensor[] {
    const parameters = decodeTensors(this.fields.params, this.context.float)
    const known = new Map([
      ...this.inputs,
      ...[...parameters].map(([n, t]) => [parameterName(n), t] as const),
    ])
    return names.map((name) => requireTensor(known.get(name) ?? null))
  }

  /** The layer as a function of the named tensors, with the wanted outputs. */
  functionOf(names: readonly string[], wanted: readonly boolean[]): (...tensors: Tensor[]) => Tensor[] {
    return (...tensors) => {
      const replaced = new Map(names.map((name, at) => [name, tensors[at]]))
      return this.outputs(this.build(), replaced)
        .filter((_, at) => wanted[at])
        .map(requireTensor)
    }
  }
}

export function runLayer(testCase: Case, context: RunContext, check: Checker): void {
  const { float } = context
  const problem = new LayerCase(testCase, context)
  const values = toleranceOf(float, "values", null)
  const layer = problem.build()

  const outputs = expectedField<TensorList>(testCase, "outputs")
  if (outputs) {
    check.attempt("outputs", () => {
      check.compareList("outputs", problem.outputs(layer, new Map()), outputs, values)
    })
  }
  for (const field of ["buffers_after", "params_after"]) {
    const state = expectedField<TensorMap>(testCase, field) ?? {}
    for (const [name, data] of Object.entries(state)) {
      check.compare(`${field}.${name}`, layer.stateDict()[name], data, values)
    }
  }
  check.attempt("vjp", () => checkGradients(problem, context, check))
  check.attempt("jvp", () => checkTangents(problem, context, check))
}

function checkGradients(problem: LayerCase, { float }: RunContext, check: Checker): void {
  const { fields } = problem
  const expected = new Map(Object.entries(expectedField<TensorMap>(fields, "grads") ?? {}))
  for (const [name, data] of Object.entries(expectedField<TensorMap>(fields, "param_grads") ?? {})) {
    expected.set(parameterName(name), data)
  }
  const cotangents = fields.cotangents ?? []
  const names = [...expected.keys()]
  if (names.length === 0 || cotangents.length === 0) return
  const f = problem.functionOf(
    names,
    cotangents.map((cotangent) => cotangent !== null),
  )
  const [, pullback] = nabla.vjp(f, ...problem.primals(names))
  const given = cotangents.filter((cotangent) => cotangent !== null)
  const results = pullback(given.map((cotangent) => decodeTensor(cotangent, float)))
  names.forEach((name, at) => {
    check.compare(`grads.${name}`, results[at], expected.get(name), toleranceOf(float, "values", null))
  })
}

function checkTangents(problem: LayerCase, { float }: RunContext, check: Checker): void {
  const { tangents } = problem.fields
  const expected = expectedField<TensorList>(problem.fields, "jvp")
  if (!tangents || !expected) return
  const along = new Map(Object.entries(tangents.inputs ?? {}))
  for (const [name, data] of Object.entries(tangents.params ?? {})) along.set(parameterName(name), data)
  const names = [...along.keys()]
  const wanted = expected.map((data) => data !== null)
  const directions = [...along.values()].map((data) => decodeTensor(data, float))
  const [, results] = nabla.jvp(problem.functionOf(names, wanted), problem.primals(names), directions)
  const references = expected.filter((data) => data !== null)
  check.compareList("jvp", results as Tensor[], references, toleranceOf(float, "second", null))
}

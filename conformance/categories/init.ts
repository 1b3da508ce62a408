/** init: gains, fans, exact initialisers, and the distributions that the random ones draw from. */
import { type Case, type CaseOf, expectedField, type Json, type TensorData } from "../case.ts"
import type { Checker } from "../checker.ts"
import { decodeOptions } from "../decode.ts"
import { toleranceOf } from "../tolerance.ts"
import { bindArguments } from "../torch/bind.ts"
import { toNabla } from "../torch/convert.ts"
import type { Module } from "../torch/modules.ts"
import { callNabla, type FloatType, lookUp, MissingFunction, type Tensor } from "../torch/nabla.ts"
import { camelCase } from "../torch/names.ts"
import { construct } from "../torch/nn.ts"
import type { RunContext } from "./registry.ts"

interface Fields {
  function?: string
  class?: string
}

/** What the files say of a random tensor. */
interface Law {
  distribution?: string
  shape?: number[]
  mean?: number
  std?: number
  bound?: number
  min?: number
  max?: number
  value?: number
  quantiles?: { p: number[]; x: number[] }
  zeros_per_column?: number
  nonzero_mean?: number
  nonzero_std?: number
  flattened?: number[]
  gram?: string
  gram_diagonal?: number
}

export function runInit(testCase: Case, { float }: RunContext, check: Checker): void {
  const fields = testCase as CaseOf<Fields>
  const options = decodeOptions(testCase.options, float)
  if (fields.class) {
    const layer = construct(fields.class, [], new Map(options), float) as Module
    const params = expectedField<Record<string, Law>>(testCase, "params") ?? {}
    const state = layer.stateDict()
    for (const [name, law] of Object.entries(params)) {
      check.attempt(name, () => checkLaw(check, name, state[name], law))
    }
    return
  }
  const name = fields.function ?? ""
  if (name === "calculate_gain") {
    const given = options.filter(([, value]) => value !== null)
    const gain = call(
      name,
      bindArguments(
        undefined,
        given.map(([, value]) => value),
        new Map(),
        float,
      ),
    )
    check.compare("gain", gain, testCase.expected.gain, toleranceOf("float64", "values", null))
    return
  }
  const tensor = callNabla("zeros", (testCase.inputs as unknown as { shape: number[] }).shape, {
    dtype: float,
  })
  const given = Object.fromEntries(options.map(([key, value]) => [camelCase(key), toNabla(value)]))
  if (name.includes("calculate_fan")) {
    const [fanIn, fanOut] = call(name, [tensor]) as number[]
    check.compare("fan_in", fanIn, testCase.expected.fan_in, { relative: 0, absolute: 0 })
    check.compare("fan_out", fanOut, testCase.expected.fan_out, { relative: 0, absolute: 0 })
    return
  }
  const required = requiredArguments[name] ?? []
  const positional = required.map((key) => given[key])
  for (const key of required) delete given[key]
  call(name, [tensor, ...positional, ...(Object.keys(given).length > 0 ? [given] : [])])
  const exact = testCase.expected.tensor as unknown as TensorData | undefined
  if (exact) check.compare("tensor", tensor, exact, toleranceOf(float, "values", null))
  else checkLaw(check, "tensor", tensor, testCase.expected as Record<string, Json> as Law, float)
}

/** The arguments that PyTorch's initialisers cannot do without. */
const requiredArguments: Record<string, string[]> = { constant_: ["val"], sparse_: ["sparsity"] }

function call(name: string, args: unknown[]): unknown {
  const nablaName = camelCase(name.replace(/^_/, ""))
  const found = lookUp(`nn.init.${nablaName}`)
  if (typeof found !== "function") throw new MissingFunction(`nn.init.${nablaName}`)
  return found(...args)
}

/** A sample of n values has a mean within 5·std/√n of the law's, and so on: wrong laws are far outside. */
function checkLaw(
  check: Checker,
  name: string,
  tensor: Tensor,
  law: Law,
  float: FloatType = "float32",
): void {
  const values = Array.from(tensor.dataSync(), Number)
  const inside = (what: string, got: number, expected: number, slack: number) => {
    const message = `expected ${expected} within ${slack}, got ${got}`
    check.require(`${name} ${what}`, Math.abs(got - expected) <= slack, message)
  }
  if (law.shape)
    check.require(`${name} shape`, tensor.shape.join() === law.shape.join(), `got [${tensor.shape}]`)
  if (law.value !== undefined) {
    const all = values.every((value) => Math.abs(value - Number(law.value)) < 1e-6)
    check.require(`${name} value`, all, `expected ${law.value} everywhere`)
  }
  const low = law.min ?? (law.bound === undefined ? undefined : -law.bound)
  const high = law.max ?? law.bound
  if (low !== undefined && high !== undefined) {
    const slack = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high))
    const contained = values.every((value) => value >= low - slack && value <= high + slack)
    check.require(`${name} range`, contained, `values outside of [${low}, ${high}]`)
  }
  const { mean, std } = momentsOf(values)
  const root = Math.sqrt(values.length)
  if (law.std !== undefined) inside("mean", mean, law.mean ?? 0, (5 * law.std) / root + 1e-7)
  if (law.std !== undefined && values.length > 1) inside("std", std, law.std, (5 * law.std) / root + 1e-7)
  if (law.quantiles) checkQuantiles(values, law, inside)
  if (law.zeros_per_column !== undefined) checkSparse(tensor, values, law, inside)
  if (law.gram !== undefined) checkGram(check, tensor, law, float)
}

type Inside = (what: string, got: number, expected: number, slack: number) => void

function momentsOf(values: readonly number[]): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1)
  return { mean, std: Math.sqrt(variance) }
}

/** The share of the sample below each quantile. */
function checkQuantiles(values: readonly number[], { quantiles }: Law, inside: Inside): void {
  quantiles?.p.forEach((p, at) => {
    const share = values.filter((value) => value <= quantiles.x[at]).length / values.length
    inside(`quantile ${p}`, share, p, 5 * Math.sqrt((p * (1 - p)) / values.length))
  })
}

function checkSparse(tensor: Tensor, values: readonly number[], law: Law, inside: Inside): void {
  const [rows, columns] = tensor.shape
  for (let column = 0; column < columns; column++) {
    const zeros = Array.from({ length: rows }, (_, row) => values[row * columns + column]).filter(
      (v) => v === 0,
    )
    inside(`zeros of column ${column}`, zeros.length, law.zeros_per_column ?? 0, 0)
  }
  const nonzero = values.filter((value) => value !== 0)
  const std = law.nonzero_std ?? 0
  inside("mean", momentsOf(nonzero).mean, law.nonzero_mean ?? 0, (5 * std) / Math.sqrt(nonzero.length))
  inside("std", momentsOf(nonzero).std, std, (5 * std) / Math.sqrt(nonzero.length))
}

/** Rows (or columns, whichever are fewer) are orthogonal with one squared length. */
function checkGram(check: Checker, tensor: Tensor, law: Law, float: FloatType): void {
  const flat = callNabla("reshape", tensor, law.flattened ?? [tensor.shape[0], -1])
  const [rows, columns] = flat.shape
  const turned = callNabla("transpose", flat, 0, 1)
  const gram = rows <= columns ? callNabla("matmul", flat, turned) : callNabla("matmul", turned, flat)
  const size = Math.min(rows, columns)
  const data = Array.from({ length: size * size }, (_, at) =>
    at % (size + 1) === 0 ? (law.gram_diagonal ?? 1) : 0,
  )
  check.compare(
    "gram",
    gram,
    { shape: [size, size], dtype: "float64", data },
    toleranceOf(float, "values", null),
  )
}

import { formatShape, NablaError, sameShape } from "../base/index.ts"
import type { Tensor, Update } from "../tensor/index.ts"
import { mul, noGrad, update } from "../tensor/index.ts"
import type { BaseOptions, ParameterGroup, ParameterRecord } from "./groups.ts"
import { zerosOf } from "./transform.ts"

/** What an optimizer was doing. Parameters are known by their places, counted through all groups. */
export interface OptimizerState {
  /** Class of the optimizer. */
  readonly optimizer: string
  readonly steps: number
  /** Options of each group with the places of its parameters. A learning rate that is a function is left out. */
  readonly paramGroups: readonly (Readonly<Record<string, unknown>> & {
    readonly params: readonly number[]
  })[]
  /** For each parameter that has taken a step: how many, and the tensors kept for it. */
  readonly state: Readonly<
    Record<number, { readonly step: number; readonly [name: string]: number | Tensor }>
  >
}

type Groups<O extends BaseOptions> = readonly ParameterGroup<O>[]
type Records = ReadonlyMap<Tensor, ParameterRecord>

export function saveOptimizerState<O extends BaseOptions>(
  optimizer: string,
  steps: number,
  groups: Groups<O>,
  records: Records,
): OptimizerState {
  let place = 0
  const paramGroups = groups.map(({ params, ...options }) => ({
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value !== "function")),
    params: params.map(() => place++),
  }))
  const entries = allParameters(groups).map((param, i) => {
    const { step, state } = records.get(param)!
    return [i, { ...state, step }] as const
  })
  const state = Object.fromEntries(entries.filter(([, { step }]) => step > 0))
  return { optimizer, steps, paramGroups, state }
}

export function loadOptimizerState<O extends BaseOptions>(
  optimizer: string,
  given: OptimizerState,
  groups: Groups<O>,
  records: Records,
): void {
  const params = allParameters(groups)
  const mismatch = groupProblems(optimizer, given, groups)
  const problems = mismatch.length > 0 ? mismatch : stateProblems(given, params)
  if (problems.length > 0) {
    throw new NablaError("NABLA_STATE_DICT", {
      message: ["the state dictionary does not fit the optimizer", ...problems].join("\n  "),
      where: `${optimizer}.loadStateDict`,
      hint: "load what stateDict() of the same optimizer gave, for the same parameters in the same groups",
    })
  }
  groups.forEach((group, i) => {
    const { params: _, ...options } = given.paramGroups[i]!
    Object.assign(group, options)
  })
  const copies: Update[] = []
  params.forEach((param, i) => {
    const record = records.get(param)!
    const { step = 0, ...tensors } = given.state[i] ?? {}
    record.step = step
    record.state = Object.fromEntries(Object.keys(tensors).map((name) => [name, zerosOf(param)]))
    for (const [name, target] of Object.entries(record.state)) {
      const value = noGrad(() => mul(tensors[name] as Tensor, 1).to(param.dtype))
      copies.push({ target, value })
    }
  })
  update([], copies)
}

function allParameters<O extends BaseOptions>(groups: Groups<O>): Tensor[] {
  return groups.flatMap(({ params }) => params)
}

function groupProblems<O extends BaseOptions>(
  optimizer: string,
  given: OptimizerState,
  groups: Groups<O>,
): string[] {
  if (given.optimizer !== optimizer) return [`it is of the optimizer ${given.optimizer}, not of ${optimizer}`]
  const sizes = (list: readonly { readonly params: readonly unknown[] }[]): string =>
    list.map(({ params }) => params.length).join(" + ")
  const [own, theirs] = [sizes(groups), sizes(given.paramGroups)]
  return own === theirs ? [] : [`expected groups of ${own} parameters, got ${theirs}`]
}

function stateProblems(given: OptimizerState, params: readonly Tensor[]): string[] {
  return params.flatMap((param, i) => {
    const { step: _, ...tensors } = given.state[i] ?? {}
    return Object.entries(tensors).flatMap(([name, tensor]) => {
      const { shape } = tensor as Tensor
      if (sameShape(shape, param.shape)) return []
      return [`${name} of parameter ${i}: expected ${formatShape(param.shape)}, got ${formatShape(shape)}`]
    })
  })
}

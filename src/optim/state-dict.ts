import { formatShape, NablaError, sameShape } from "../base/index.ts"
import type { Tensor, Update } from "../tensor/index.ts"
import { mul, noGrad, update } from "../tensor/index.ts"
import type { BaseOptions, ParameterGroup, ParameterRecord } from "./groups.ts"
import type { GradientTransform, ParameterState } from "./transform.ts"

/** What an optimizer was doing. Parameters are known by their places, counted through all groups. */
export interface OptimizerState {
  /** Class of the optimizer. */
  readonly optimizer: string
  readonly steps: number
  /** Options of each group with the places of its parameters. Options that are functions are left out. */
  readonly paramGroups: readonly (Readonly<Record<string, unknown>> & {
    readonly params: readonly number[]
  })[]
  /** For each parameter that has taken a step: how many, and the tensors kept for it. */
  readonly state: Readonly<
    Record<number, { readonly step: number; readonly [name: string]: number | Tensor }>
  >
}

type Groups<O extends BaseOptions> = readonly ParameterGroup<O>[]
type RecordOf = (param: Tensor) => ParameterRecord

/** The groups' options, with the places of the parameters instead of the parameters. */
export function saveGroups<O extends BaseOptions>(groups: Groups<O>): OptimizerState["paramGroups"] {
  let place = 0
  return groups.map(({ params, ...options }) => ({
    ...Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value !== "function")),
    params: params.map(() => place++),
  }))
}

export function saveOptimizerState<O extends BaseOptions>(
  optimizer: string,
  steps: number,
  groups: Groups<O>,
  recordOf: RecordOf,
): OptimizerState {
  const entries = groups
    .flatMap(({ params }) => params)
    .map((param, i) => {
      const { step, state } = recordOf(param)
      return [i, { ...state, step }] as const
    })
  const state = Object.fromEntries(entries.filter(([, { step }]) => step > 0))
  return { optimizer, steps, paramGroups: saveGroups(groups), state }
}

export interface LoadRequest<O extends BaseOptions> {
  /** Class of the optimizer that loads. */
  readonly optimizer: string
  readonly given: OptimizerState
  readonly groups: Groups<O>
  readonly recordOf: RecordOf
  /** Throws when the options of a group make no sense. */
  check(group: ParameterGroup<O>): void
  transformOf(group: ParameterGroup<O>): GradientTransform
}

/** A parameter's state as it is in the dictionary, and as its transform would start it. */
interface Loading {
  readonly record: ParameterRecord
  readonly step: number
  readonly prepared: string
  readonly given: ParameterState
  readonly initial: ParameterState
}

export function loadOptimizerState<O extends BaseOptions>(request: LoadRequest<O>): void {
  const { optimizer, given, groups } = request
  checkGroups(optimizer, given, groups, request.check)
  const loadings = groups.flatMap((group, i) => {
    const { params: places, ...options } = given.paramGroups[i]!
    const transform = request.transformOf({ ...group, ...options })
    return group.params.map((param, at): Loading => {
      const { step = 0, ...state } = given.state[places[at]!] ?? {}
      const initial = step === 0 ? {} : transform.init(param)
      const prepared = step === 0 ? "" : transform.state.join()
      return { record: request.recordOf(param), step, prepared, given: state as ParameterState, initial }
    })
  })
  refuse(optimizer, loadings.flatMap(stateProblems))
  adoptOptions(given, groups)
  const copies: Update[] = []
  for (const loading of loadings) adopt(loading, copies)
  update([], copies)
}

/** Takes over the options of a dictionary's groups. */
export function adoptOptions<O extends BaseOptions>(given: OptimizerState, groups: Groups<O>): void {
  groups.forEach((group, i) => {
    const { params: _, ...options } = given.paramGroups[i]!
    Object.assign(group, options)
  })
}

/**
 * Gives a record tensors of its own with the values of the dictionary. Those that it has already stay, with other values:
 * captured steps know them.
 */
function adopt({ record, step, prepared, given, initial }: Loading, copies: Update[]): void {
  const own = record.prepared === prepared ? record.state : {}
  const state: Record<string, Tensor> = {}
  for (const [name, fresh] of Object.entries(initial)) {
    const kept = own[name]
    const target = kept !== undefined && sameType(kept, fresh) ? kept : fresh
    const value = given[name] ?? (target === fresh ? undefined : fresh)
    state[name] = target
    if (value !== undefined) copies.push({ target, value: noGrad(() => mul(value, 1).to(target.dtype)) })
  }
  Object.assign(record, { step, prepared, state })
}

const sameType = (a: Tensor, b: Tensor): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)

/** Throws unless a dictionary is of the same optimizer, with groups of the same sizes and options that make sense. */
export function checkGroups<O extends BaseOptions>(
  optimizer: string,
  given: OptimizerState,
  groups: Groups<O>,
  check: (group: ParameterGroup<O>) => void,
): void {
  if (given.optimizer !== optimizer)
    refuse(optimizer, [`it is of the optimizer ${given.optimizer}, not of ${optimizer}`])
  const sizes = (list: readonly { readonly params: readonly unknown[] }[]): string =>
    list.map(({ params }) => params.length).join(" + ")
  const [own, theirs] = [sizes(groups), sizes(given.paramGroups)]
  if (own !== theirs) refuse(optimizer, [`expected groups of ${own} parameters, got ${theirs}`])
  groups.forEach((group, i) => {
    const { params: _, ...options } = given.paramGroups[i]!
    check({ ...group, ...options })
  })
}

function refuse(optimizer: string, problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new NablaError("NABLA_STATE_DICT", {
    message: ["the state dictionary does not fit the optimizer", ...problems].join("\n  "),
    where: `${optimizer}.loadStateDict`,
    hint: "load what stateDict() of the same optimizer gave, for the same parameters in the same groups",
  })
}

function stateProblems({ given, initial }: Loading, place: number): string[] {
  return Object.entries(initial).flatMap(([name, { shape }]) => {
    const got = given[name]?.shape ?? shape
    if (sameShape(got, shape)) return []
    return [`${name} of parameter ${place}: expected ${formatShape(shape)}, got ${formatShape(got)}`]
  })
}

import type { Schedule } from "../schedules/index.ts"
import type { Tensor } from "../tensor/index.ts"
import type { ParameterState } from "./transform.ts"

/** What every optimizer takes. */
export interface BaseOptions {
  /** Learning rate ≥ 0: a number, or a function of the number of steps made so far. */
  lr?: number | Schedule
  /** Whether to climb: every gradient is turned around first. Default: false. */
  maximize?: boolean
}

/** Parameters with options of their own; options that are left out are the optimizer's. */
export type GroupOptions<O extends BaseOptions> = Partial<O> & { readonly params: Iterable<Tensor> }

/** What an optimizer moves: parameters, or groups of them. */
export type Params<O extends BaseOptions> = Iterable<Tensor> | Iterable<GroupOptions<O>>

/** Parameters that share options. Options may be changed between steps. */
export type ParameterGroup<O extends BaseOptions> = Required<O> & {
  lr: number | Schedule
  maximize: boolean
  readonly params: readonly Tensor[]
}

/** What an optimizer remembers of a parameter. */
export interface ParameterRecord {
  /** Steps that the parameter has taken. */
  step: number
  state: ParameterState
  /** Names of the state that has its first values, as one text; another chain of transforms may want other names. */
  prepared: string
}

import type { DType } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { Schedule } from "../schedules/index.ts"
import type { Update } from "../tensor/index.ts"
import { add, enableGrad, hostWork, realize, Tensor, update } from "../tensor/index.ts"
import type { BaseOptions, GroupOptions, ParameterGroup, ParameterRecord } from "./groups.ts"
import { ScalarInputs } from "./scalars.ts"
import type { OptimizerState } from "./state-dict.ts"
import { loadOptimizerState, saveOptimizerState } from "./state-dict.ts"
import type { GradientTransform, StepContext } from "./transform.ts"

/**
 * What all optimizers do: hold groups of parameters, and in a step turn gradients into new values by a chain of
 * transforms. All new values, of parameters and of state, are computed as one program, along with the gradients that
 * they come from.
 */
export abstract class Optimizer<O extends BaseOptions = BaseOptions> {
  /** The groups; their options may be changed between steps, such as `optimizer.paramGroups[0].lr = 0.01`. */
  readonly paramGroups: ParameterGroup<O>[] = []
  private readonly defaults: Required<O>
  private readonly records = new Map<Tensor, ParameterRecord>()
  private readonly scalars: ScalarInputs[] = []
  private stepsTaken = 0

  /**
   * @param params the parameters, or groups of them
   * @param defaults all options with their default values
   * @param options those of groups that do not say otherwise
   */
  constructor(
    params: Iterable<Tensor> | Iterable<GroupOptions<O>>,
    defaults: Required<O>,
    options: Partial<O>,
  ) {
    this.defaults = defaults
    this.defaults = this.complete(options)
    const list = this.listOf<Tensor | GroupOptions<O>>(params)
    const grouped = list.length > 0 && list.every((item) => !(item instanceof Tensor))
    const groups = grouped ? list : [{ params: list }]
    for (const group of groups) this.addParamGroup(group as GroupOptions<O>)
  }

  /** The chain that makes updates of gradients, for a group with its present options. */
  protected abstract transform(group: ParameterGroup<O>): GradientTransform

  /** Throws when options make no sense. */
  protected abstract checkOptions(options: Required<O>): void

  /**
   * Adds parameters, with options of their own.
   *
   * @throws NABLA_INVALID_ARGUMENT for options out of range, no parameters, a parameter that is there already, or
   *   something that is no leaf tensor
   */
  addParamGroup(options: GroupOptions<O>): void {
    const { params: list, ...own } = options
    const params = this.checkParameters(list)
    const group = { ...this.complete(own as unknown as Partial<O>), params } as ParameterGroup<O>
    this.checkRate(group.lr)
    this.checkOptions(group)
    for (const param of params) this.records.set(param, { step: 0, state: {} })
    // Initial values are computed here, so that they are no part of the first step's program.
    realize(params)
    this.paramGroups.push(group)
    this.scalars.push(new ScalarInputs(widestType(params)))
  }

  /** Number of steps made so far. */
  get steps(): number {
    return this.stepsTaken
  }

  /** The learning rate of the next step (of the first group); setting it sets that of all groups. */
  get lr(): number {
    return this.rate(this.paramGroups[0]!)
  }

  set lr(value: number | Schedule) {
    this.checkRate(value)
    for (const group of this.paramGroups) group.lr = value
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const group of this.paramGroups) for (const param of group.params) param.grad = null
  }

  /**
   * Moves the parameters that have a gradient.
   *
   * @param closure computes the loss and calls backward; evaluated first, and its result returned
   */
  step(): void
  step(closure: () => Tensor): Tensor
  step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure)
    const parameters: Update[] = []
    const state: Update[] = []
    this.paramGroups.forEach((group, i) => {
      this.collectUpdates(group, this.scalars[i]!, parameters, state)
    })
    update(parameters, state)
    hostWork(() => {
      this.stepsTaken++
    })
    return loss
  }

  /** Options, numbers of steps and state tensors, by the parameters' places; enough to go on where this one is. */
  stateDict(): OptimizerState {
    return saveOptimizerState(this.constructor.name, this.stepsTaken, this.paramGroups, this.records)
  }

  /**
   * Copies options and state from a dictionary of the same optimizer for the same parameters.
   *
   * @throws NABLA_STATE_DICT with all that does not fit; nothing is changed then
   */
  loadStateDict(state: OptimizerState): void {
    loadOptimizerState(this.constructor.name, state, this.paramGroups, this.records)
    this.stepsTaken = state.steps
  }

  private collectUpdates(
    group: ParameterGroup<O>,
    scalars: ScalarInputs,
    parameters: Update[],
    state: Update[],
  ): void {
    const params = group.params.filter(({ grad }) => grad !== null)
    if (params.length === 0) return
    this.rate(group)
    const transform = this.transform(group)
    const records = params.map((param) => this.advance(param, transform))
    scalars.restart()
    const context: StepContext = {
      lr: () => this.rate(group),
      step: (i) => records[i]!.step,
      scalar: (value) => scalars.take(value),
    }
    const gradients = params.map(({ grad }) => grad!)
    const states = records.map((record) => record.state)
    const result = transform.update(gradients, states, params, context)
    params.forEach((target, i) => {
      parameters.push({ target, value: add(target, result.updates[i]!).to(target.dtype) })
      for (const [name, value] of Object.entries(result.states[i]!)) {
        const kept = states[i]![name]!
        if (kept !== value) state.push({ target: kept, value })
      }
    })
  }

  /** The record of a parameter at its next step, with all that the transform keeps. */
  private advance(param: Tensor, transform: GradientTransform): ParameterRecord {
    const record = this.records.get(param)!
    hostWork(() => {
      record.step++
    })
    if (transform.state.some((name) => record.state[name] === undefined))
      record.state = { ...transform.init(param), ...record.state }
    return record
  }

  /** Options with defaults in place of those that are absent. */
  private complete(options: Partial<O>): Required<O> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    const unknown = given.map(([name]) => name).filter((name) => !Object.hasOwn(this.defaults, name))
    if (unknown.length > 0)
      throw this.invalid("there is no such option", Object.keys(this.defaults).join(", "), unknown.join(", "))
    return { ...this.defaults, ...Object.fromEntries(given) }
  }

  private rate({ lr }: { readonly lr: number | Schedule }): number {
    const rate = typeof lr === "function" ? lr(this.stepsTaken) : lr
    this.checkRate(rate)
    return rate
  }

  private checkRate(lr: number | Schedule): void {
    if (typeof lr === "function" || (Number.isFinite(lr) && lr >= 0)) return
    throw this.invalid(
      "this is no learning rate",
      "a finite number ≥ 0, or a function of the step",
      String(lr),
    )
  }

  private listOf<T>(items: Iterable<T>): T[] {
    if (typeof items?.[Symbol.iterator] === "function") return [...items]
    const got = typeof items === "object" ? "an object that cannot be gone through" : typeof items
    throw this.invalid("these are no parameters", "model.parameters(), or groups { params, … }", got)
  }

  private checkParameters(params: Iterable<Tensor>): Tensor[] {
    const list = this.listOf(params)
    if (list.length === 0)
      throw this.invalid("there is nothing to optimize", "at least one parameter", "none")
    list.forEach((param, i) => {
      if (!(param instanceof Tensor) || !param.isLeaf) {
        const got = param instanceof Tensor ? "a tensor that was computed from others" : typeof param
        throw this.invalid(`parameter ${i} cannot be optimized`, "a leaf tensor, such as a Parameter", got)
      }
      if (this.records.has(param) || list.indexOf(param) < i) {
        const got = `parameter ${i} of the group, of shape [${param.shape.join(", ")}], a second time`
        throw this.invalid("a parameter is given twice", "each parameter once, in one group", got)
      }
    })
    return list
  }

  /** An error about an argument of this optimizer. */
  protected invalid(message: string, expected: string, got: string): NablaError {
    return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: this.constructor.name, expected, got })
  }

  /** Throws unless a number is finite and ≥ 0. */
  protected checkNonNegative(name: string, value: number): void {
    if (Number.isFinite(value) && value >= 0) return
    throw this.invalid(`${name} is no such number`, "a finite number ≥ 0", String(value))
  }

  /** Throws unless a number is a decay rate: at least 0 and below 1. */
  protected checkDecay(name: string, value: number): void {
    if (value >= 0 && value < 1) return
    throw this.invalid(`${name} is no such number`, "a number ≥ 0 and < 1", String(value))
  }
}

function widestType(params: readonly Tensor[]): DType {
  return params.some(({ dtype }) => dtype === "float64") ? "float64" : "float32"
}

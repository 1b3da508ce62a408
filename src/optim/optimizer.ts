import { NablaError } from "../base/index.ts"
import type { Schedule } from "../schedules/index.ts"
import { enableGrad, realize, Tensor } from "../tensor/index.ts"
import type { BaseOptions, GroupOptions, ParameterGroup, Params } from "./groups.ts"
import type { Rules } from "./rules.ts"
import { flag, violation } from "./rules.ts"
import type { OptimizerState } from "./state-dict.ts"

/** What an optimizer is made of: its options' values when nothing is said, and what each must be. */
export interface OptionTable<O extends BaseOptions> {
  readonly defaults: Required<O>
  readonly rules: Rules<O>
}

/**
 * What all optimizers are: groups of parameters with options, and a step that moves the parameters. Most are chains of
 * transforms of gradients (ChainedOptimizer); those that evaluate the loss themselves take a closure.
 */
export abstract class Optimizer<O extends BaseOptions = BaseOptions> {
  /** The groups; their options may be changed between steps, such as `optimizer.paramGroups[0].lr = 0.01`. */
  readonly paramGroups: ParameterGroup<O>[] = []
  /** All options with the values of groups that do not say otherwise, and what each must be. */
  readonly table: OptionTable<O>
  private readonly known = new Set<Tensor>()
  protected stepsTaken = 0

  /**
   * @param params the parameters, or groups of them
   * @param options those of groups that do not say otherwise
   * @param table all options with their default values and what they must be
   */
  constructor(params: Params<O>, options: Partial<O>, table: OptionTable<O>) {
    this.table = table
    this.table = { ...table, defaults: this.complete(options) }
    const list = this.listOf<Tensor | GroupOptions<O>>(params)
    const grouped = list.length > 0 && list.every((item) => !(item instanceof Tensor))
    const groups = grouped ? list : [{ params: list }]
    for (const group of groups) this.addParamGroup(group as GroupOptions<O>)
  }

  /**
   * Moves the parameters.
   *
   * @param closure computes the loss and calls backward; its result is returned
   */
  abstract step(): void
  abstract step(closure: () => Tensor): Tensor

  /** Options, numbers of steps and state tensors, by the parameters' places; enough to go on where this one is. */
  abstract stateDict(): OptimizerState

  /**
   * Copies options and state from a dictionary of the same optimizer for the same parameters.
   *
   * @throws NABLA_STATE_DICT with all that does not fit; nothing is changed then
   */
  abstract loadStateDict(state: OptimizerState): void

  /** Whether step() must be given a closure. */
  get needsClosure(): boolean {
    return false
  }

  /** Throws when options do not go together; each by itself has been held to its rule. */
  protected checkOptions(_options: Required<O>): void {}

  /** Throws when a parameter is none that this optimizer can move. */
  protected checkParameter(_param: Tensor, _place: number): void {}

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
    this.checkGroup(group)
    for (const param of params) this.known.add(param)
    // Initial values are computed here, so that they are no part of the first step's program.
    realize(params)
    this.paramGroups.push(group)
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

  /** All parameters, in the order of their groups. */
  get parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params)
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const param of this.parameters) param.grad = null
  }

  /** The loss of a closure, with derivatives recorded. */
  protected evaluate<T>(closure: (() => T) | undefined): T {
    if (typeof closure === "function") return enableGrad(closure)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "this optimizer evaluates the loss itself",
      where: `${this.constructor.name}.step`,
      expected: "a closure that returns the loss",
      got: closure === undefined ? "nothing" : typeof closure,
      hint: "call step(() => { optimizer.zeroGrad(); const loss = …; loss.backward(); return loss })",
    })
  }

  /** Options with defaults in place of those that are absent. */
  private complete(options: Partial<O>): Required<O> {
    const given = Object.entries(options).filter(([, value]) => value !== undefined)
    const unknown = given.map(([name]) => name).filter((name) => !Object.hasOwn(this.table.defaults, name))
    if (unknown.length > 0)
      throw this.invalid(
        "there is no such option",
        Object.keys(this.table.defaults).join(", "),
        unknown.join(", "),
      )
    return { ...this.table.defaults, ...Object.fromEntries(given) }
  }

  /** Holds all options of a group to their rules. */
  protected checkGroup(group: ParameterGroup<O>): void {
    this.checkRate(group.lr)
    for (const [name, rule] of Object.entries({ ...this.table.rules, maximize: flag })) {
      const wrong = violation(name, rule, group[name as keyof ParameterGroup<O>])
      if (wrong !== null)
        throw this.invalid(`the option ${wrong.name} cannot be this`, wrong.expected, wrong.got)
    }
    this.checkOptions(group)
  }

  protected rate({ lr }: { readonly lr: number | Schedule }): number {
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
      if (this.known.has(param) || list.indexOf(param) < i) {
        const got = `parameter ${i} of the group, of shape [${param.shape.join(", ")}], a second time`
        throw this.invalid("a parameter is given twice", "each parameter once, in one group", got)
      }
      this.checkParameter(param, i)
    })
    return list
  }

  /** An error about an argument of this optimizer. */
  protected invalid(message: string, expected: string, got: string): NablaError {
    return new NablaError("NABLA_INVALID_ARGUMENT", { message, where: this.constructor.name, expected, got })
  }
}

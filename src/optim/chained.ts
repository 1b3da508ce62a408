import { NablaError } from "../base/index.ts"
import type { Tensor, Update } from "../tensor/index.ts"
import { add, enableGrad, hostWork, isCapturing, neg, update } from "../tensor/index.ts"
import type { BaseOptions, ParameterGroup, ParameterRecord } from "./groups.ts"
import { Optimizer } from "./optimizer.ts"
import { ScalarInputs, widestType } from "./scalars.ts"
import type { OptimizerState } from "./state-dict.ts"
import { loadOptimizerState, saveOptimizerState } from "./state-dict.ts"
import type { GradientTransform, StepContext } from "./transform.ts"

/**
 * An optimizer whose step turns gradients into new values by a chain of transforms. All new values, of parameters and
 * of state, are computed as one program, along with the gradients that they come from.
 */
export abstract class ChainedOptimizer<O extends BaseOptions = BaseOptions> extends Optimizer<O> {
  private readonly records = new WeakMap<Tensor, ParameterRecord>()
  private readonly scalars = new WeakMap<ParameterGroup<O>, ScalarInputs>()
  /** Options whose exact values decide what a step computes, beside whether a number is 0. */
  readonly structural: readonly string[] = []

  /**
   * The chain that makes updates of gradients, for a group with its present options. Numbers are read from the group
   * when a step needs them, so that they may change under `compile` too.
   */
  abstract transform(group: ParameterGroup<O>): GradientTransform

  /**
   * Moves the parameters that have a gradient.
   *
   * @param closure computes the loss and calls backward; evaluated first, and its result returned
   */
  override step(): void
  override step(closure: () => Tensor): Tensor
  override step(closure?: () => Tensor): Tensor | undefined {
    const loss = closure === undefined ? undefined : enableGrad(closure)
    this.guardCapture()
    const parameters: Update[] = []
    const state: Update[] = []
    for (const group of this.paramGroups) this.collectUpdates(group, parameters, state)
    update(parameters, state)
    hostWork(() => {
      this.stepsTaken++
    })
    return loss
  }

  override stateDict(): OptimizerState {
    const records = (param: Tensor): ParameterRecord => this.recordOf(param)
    return saveOptimizerState(this.constructor.name, this.stepsTaken, this.paramGroups, records)
  }

  override loadStateDict(state: OptimizerState): void {
    loadOptimizerState({
      optimizer: this.constructor.name,
      given: state,
      groups: this.paramGroups,
      recordOf: (param) => this.recordOf(param),
      check: (group) => this.checkGroup(group),
      transformOf: (group) => this.transform(group),
    })
    this.stepsTaken = state.steps
  }

  private recordOf(param: Tensor): ParameterRecord {
    let record = this.records.get(param)
    if (record === undefined) this.records.set(param, (record = { step: 0, state: {}, prepared: "" }))
    return record
  }

  private scalarsOf(group: ParameterGroup<O>): ScalarInputs {
    let scalars = this.scalars.get(group)
    if (scalars === undefined) this.scalars.set(group, (scalars = new ScalarInputs(widestType(group.params))))
    return scalars
  }

  private collectUpdates(group: ParameterGroup<O>, parameters: Update[], state: Update[]): void {
    const params = group.params.filter(({ grad }) => grad !== null)
    if (params.length === 0) return
    this.checkGroup(group)
    this.rate(group)
    const transform = this.transform(group)
    const records = params.map((param) => this.advance(param, transform))
    const scalars = this.scalarsOf(group)
    scalars.restart()
    const context: StepContext = {
      lr: () => this.rate(group),
      step: (i) => records[i]!.step,
      scalar: (value) => scalars.take(value),
    }
    const gradients = params.map(({ grad }) => (group.maximize ? neg(grad!) : grad!))
    const states = records.map((record) => record.state)
    const result = transform.update(gradients, states, params, context)
    params.forEach((target, i) => {
      parameters.push({ target, value: add(target, result.updates[i]!).to(target.dtype) })
      for (const [name, value] of Object.entries(result.states[i]!)) {
        const kept = states[i]![name]!
        if (kept !== value) state.push({ target: kept, value: value.to(kept.dtype) })
      }
    })
  }

  /** The record of a parameter at its next step, with all that the transform keeps. */
  private advance(param: Tensor, transform: GradientTransform): ParameterRecord {
    const record = this.recordOf(param)
    hostWork(() => {
      record.step++
    })
    const names = transform.state.join()
    if (record.prepared !== names) {
      record.state = { ...transform.init(param), ...record.state }
      record.prepared = names
    }
    return record
  }

  /** Has replays fail when an option was changed that a captured step cannot follow. */
  private guardCapture(): void {
    if (!isCapturing()) return
    const before = this.structure()
    hostWork(() => {
      const now = this.structure()
      if (now === before) return
      throw new NablaError("NABLA_CAPTURE", {
        message: "an option that decides what a step computes is not what it was when the step was captured",
        where: `${this.constructor.name}.step`,
        expected: before,
        got: now,
        hint: "numbers may change, but not from or to 0; for anything else compile the step anew",
      })
    })
  }

  /** Text of what decides which program a step is, whatever the numbers are. */
  structure(): string {
    const form = (name: string, value: unknown): unknown => {
      if (Array.isArray(value)) return value.map((item) => form(name, item))
      if (typeof value === "function") return "function"
      return typeof value === "number" && value !== 0 && !this.structural.includes(name) ? "number" : value
    }
    return JSON.stringify(
      this.paramGroups.map(({ params: _, lr: __, ...options }) =>
        Object.fromEntries(Object.entries(options).map(([name, value]) => [name, form(name, value)])),
      ),
    )
  }
}

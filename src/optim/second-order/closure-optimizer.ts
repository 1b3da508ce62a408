import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import { tensor } from "../../tensor/index.ts"
import type { BaseOptions, GroupOptions, ParameterGroup } from "../groups.ts"
import { Optimizer } from "../optimizer.ts"
import type { OptimizerState } from "../state-dict.ts"
import { adoptOptions, checkGroups, saveGroups } from "../state-dict.ts"
import type { Vector } from "./flat.ts"
import { FlatParameters } from "./flat.ts"

/** What a method remembers between steps: numbers, vectors and lists of vectors. */
export type Memory = Record<string, number | Vector | readonly Vector[]>

/**
 * An optimizer that treats all parameters as one vector and evaluates the loss itself, as often as it needs to. It
 * reads values, so that its step cannot be captured by `compile`, and the device must be able to read at once.
 */
export abstract class ClosureOptimizer<
  O extends BaseOptions,
  Result extends Tensor | object = Tensor,
> extends Optimizer<O> {
  override get needsClosure(): boolean {
    return true
  }

  private flattened: FlatParameters | null = null

  /** Moves the parameters; the closure gives the loss (or what the class says), with derivatives recorded. */
  protected abstract advance(closure: () => Result, group: ParameterGroup<O>): Tensor

  /** What has to be kept for the next step, by name. */
  protected abstract memory(): Memory

  /** Takes over what memory() gave. */
  protected abstract recall(memory: Memory): void

  /**
   * Moves the parameters.
   *
   * @param closure computes and returns the loss; see the class for whether it must call backward
   * @throws NABLA_INVALID_ARGUMENT without a closure
   */
  override step(): never
  override step(closure: () => Result): Tensor
  override step(closure?: () => Result): Tensor {
    const [group] = this.paramGroups
    this.checkGroup(group!)
    const loss = this.advance(() => this.evaluate(closure), group!)
    this.stepsTaken++
    return loss
  }

  override addParamGroup(options: GroupOptions<O>): void {
    if (this.paramGroups.length > 0)
      throw this.invalid("all parameters are one vector to this optimizer", "one group", "another group")
    super.addParamGroup(options)
  }

  protected get flat(): FlatParameters {
    if (this.flattened === null) this.flattened = new FlatParameters(this.paramGroups[0]!.params)
    return this.flattened
  }

  override stateDict(): OptimizerState {
    const kept = Object.entries(this.memory()).map(([name, value]) => [name, toTensor(value)])
    return {
      optimizer: this.constructor.name,
      steps: this.stepsTaken,
      paramGroups: saveGroups(this.paramGroups),
      state: this.stepsTaken === 0 ? {} : { 0: { step: this.stepsTaken, ...Object.fromEntries(kept) } },
    }
  }

  override loadStateDict(given: OptimizerState): void {
    checkGroups(this.constructor.name, given, this.paramGroups, (group) => this.checkGroup(group))
    const { step: _, ...kept } = given.state[0] ?? { step: 0 }
    const memory = Object.fromEntries(
      Object.entries(kept).map(([name, value]) => [name, this.fromTensor(name, value)]),
    )
    adoptOptions(given, this.paramGroups)
    this.recall(memory)
    this.stepsTaken = given.steps
  }

  private fromTensor(name: string, value: number | Tensor): Memory[string] {
    if (typeof value === "number") return value
    const { size } = this.flat
    const data = Float64Array.from(value.dataSync())
    const rows = value.ndim === 2 ? value.shape[0]! : 1
    if (data.length !== rows * size) {
      throw new NablaError("NABLA_STATE_DICT", {
        message: `${name} does not fit the parameters`,
        where: `${this.constructor.name}.loadStateDict`,
        expected: `vectors of ${size} elements`,
        got: `[${value.shape.join(", ")}]`,
        hint: "load what stateDict() of the same optimizer gave, for the same parameters",
      })
    }
    if (value.ndim === 1) return data
    return Array.from({ length: rows }, (_, i) => data.slice(i * size, (i + 1) * size))
  }
}

function toTensor(value: Memory[string]): number | Tensor {
  if (typeof value === "number") return value
  if (value instanceof Float64Array) return tensor(value, { dtype: "float64" })
  const width = value[0]?.length ?? 0
  const joined = new Float64Array(value.length * width)
  value.forEach((row, i) => {
    joined.set(row, i * width)
  })
  return tensor(joined, { shape: [value.length, width], dtype: "float64" })
}

import { isFloating, NablaError } from "../../base/index.ts"
import type { Tensor, Update } from "../../tensor/index.ts"
import { add, hostWork, mul, noGrad, update } from "../../tensor/index.ts"
import { ScalarInputs, widestType } from "../scalars.ts"

/** What is asked of a model whose weights are averaged; modules of nabla/nn have it. */
export interface Averageable<Args extends readonly unknown[], Output> {
  namedParameters(): Iterable<readonly [name: string, tensor: Tensor]>
  namedBuffers(): Iterable<readonly [name: string, tensor: Tensor]>
  forward(...args: Args): Output
}

export interface AveragedModelOptions {
  /** β in [0, 1) of a running average; without it all updates count alike. */
  readonly decay?: number
  /** Whether buffers are averaged too; otherwise they are those of the model at the last update. Default: false. */
  readonly useBuffers?: boolean
}

/** The averaged model: its tensors by name, and its output. */
export interface AveragedView<Args extends readonly unknown[], Output> {
  stateDict(): Record<string, Tensor>
  forward(...args: Args): Output
}

/**
 * Averages of a model's weights along its training: stochastic weight averaging (Izmailov et al., arXiv:1803.05407v3), or
 * with `decay` a running average (Polyak & Juditsky, 1992).
 *
 *     ā = ā + (θ − ā)/(n + 1)              n: updates so far
 *     ā = β·ā + (1 − β)·θ                  with decay β; the first update copies
 *
 * The averages start as a copy of the model's weights. Buffers with whole numbers are copied. After averaging weights,
 * batch norms need new statistics: `nn.updateBn(batches, model)` with the averaged weights loaded into a model.
 *
 * @param model whose weights are averaged, and which computes what `module.forward` gives
 * @throws NABLA_INVALID_ARGUMENT for a decay out of range, or something that is no model
 *
 * Attributes: `module`, the averaged model (`stateDict`, `forward`), and `nAveraged`, the number of updates.
 *
 * @example
 * const averaged = new optim.AveragedModel(model, { decay: 0.999 })
 * optimizer.step()
 * averaged.updateParameters(model)
 * averaged.module.forward(x)
 */
export class AveragedModel<Args extends readonly unknown[], Output> {
  readonly module: AveragedView<Args, Output>
  private updates = 0
  private readonly model: Averageable<Args, Output>
  private readonly options: AveragedModelOptions
  private readonly parameters: Map<string, Tensor>
  private readonly buffers: Map<string, Tensor>
  private readonly scalars: ScalarInputs

  constructor(model: Averageable<Args, Output>, options: AveragedModelOptions = {}) {
    checkArguments(model, options)
    this.model = model
    this.options = options
    this.parameters = copies(model.namedParameters())
    this.buffers = copies(model.namedBuffers())
    this.scalars = new ScalarInputs(widestType([...this.parameters.values(), ...this.buffers.values()]))
    this.module = {
      stateDict: () => Object.fromEntries(this.all()),
      forward: (...args) => this.applied(() => model.forward(...args)),
    }
  }

  get nAveraged(): number {
    return this.updates
  }

  /** Takes the present weights of the model, or of one with tensors of the same names, into the averages. */
  updateParameters(
    model: Pick<Averageable<Args, Output>, "namedParameters" | "namedBuffers"> = this.model,
  ): void {
    const { decay, useBuffers = false } = this.options
    this.scalars.restart()
    const weightOfNew = (): number => {
      if (this.updates === 0) return 1
      return decay === undefined ? 1 / (this.updates + 1) : 1 - decay
    }
    const [stay, take] = [this.scalars.take(() => 1 - weightOfNew()), this.scalars.take(weightOfNew)]
    const averages = (target: Tensor, value: Tensor): Tensor =>
      add(mul(target, stay), mul(value, take)).to(target.dtype)
    const all: Update[] = noGrad(() => [
      ...paired(this.parameters, model.namedParameters()).map(([target, value]) => ({
        target,
        value: averages(target, value),
      })),
      ...paired(this.buffers, model.namedBuffers()).map(([target, value]) => ({
        target,
        value: useBuffers && isFloating(target.dtype) ? averages(target, value) : mul(value, 1),
      })),
    ])
    update(all)
    hostWork(() => {
      this.updates++
    })
  }

  /** Runs a function while the model has the averaged weights; what it does to buffers goes to the averages. */
  applied<T>(f: () => T): T {
    const pairs = [
      ...paired(this.parameters, this.model.namedParameters()),
      ...paired(this.buffers, this.model.namedBuffers()),
    ]
    const restores = pairs.map(([average, own]) => {
      const { node, requiresGrad } = own
      own.requiresGrad = false
      own.replace(average.node)
      return () => {
        if (own.node !== average.node) average.replace(own.node)
        own.replace(node)
        own.requiresGrad = requiresGrad
      }
    })
    try {
      return f()
    } finally {
      for (const restore of restores) restore()
    }
  }

  /** The averages by name, and `nAveraged`. */
  stateDict(): { nAveraged: number; module: Record<string, Tensor> } {
    return { nAveraged: this.updates, module: this.module.stateDict() }
  }

  /**
   * Copies averages from what stateDict() gave.
   *
   * @throws NABLA_STATE_DICT when names differ
   */
  loadStateDict(state: {
    readonly nAveraged: number
    readonly module: Readonly<Record<string, Tensor>>
  }): void {
    const pairs = paired(this.all(), Object.entries(state.module))
    update(pairs.map(([target, value]) => ({ target, value: noGrad(() => mul(value, 1).to(target.dtype)) })))
    this.updates = state.nAveraged
  }

  private all(): Map<string, Tensor> {
    return new Map([...this.parameters, ...this.buffers])
  }
}

function copies(named: Iterable<readonly [string, Tensor]>): Map<string, Tensor> {
  return new Map(
    [...named].map(([name, tensor]) => [name, noGrad(() => mul(tensor, 1).to(tensor.dtype)).realize()]),
  )
}

/** Averages with the tensors of the same names. */
function paired(
  averages: ReadonlyMap<string, Tensor>,
  named: Iterable<readonly [string, Tensor]>,
): [average: Tensor, tensor: Tensor][] {
  const given = new Map(named)
  const missing = [...averages.keys()].filter((name) => !given.has(name))
  const unknown = [...given.keys()].filter((name) => !averages.has(name))
  if (missing.length + unknown.length === 0)
    return [...averages].map(([name, average]) => [average, given.get(name)!])
  throw new NablaError("NABLA_STATE_DICT", {
    message: "these are not the tensors that are averaged",
    where: "AveragedModel",
    expected: [...averages.keys()].join(", "),
    got: [...given.keys()].join(", "),
    hint: "pass the model that the averages were made for, or one of the same structure",
  })
}

function checkArguments(model: object, { decay }: AveragedModelOptions): void {
  const odd = decay !== undefined && !(decay >= 0 && decay < 1)
  if (!odd && typeof (model as { namedParameters?: unknown })?.namedParameters === "function") return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: odd ? "decay cannot be this" : "this is no model",
    where: "AveragedModel",
    expected: odd ? "a number ≥ 0 and < 1" : "a module with parameters",
    got: odd ? String(decay) : typeof model,
  })
}

import type { DType } from "../base/index.ts"
import { NablaError } from "../base/index.ts"
import type { AnyModule, Module } from "../nn/index.ts"
import { crossEntropy } from "../nn/index.ts"
import {
  cat,
  compile,
  defaultGenerator,
  Generator,
  gradientsOf,
  Tensor,
  withValues,
} from "../tensor/index.ts"

/** Inputs and targets. */
export type Batch = readonly [Tensor, Tensor]

/** A network and what its output costs, apart: what Gauss–Newton and Fisher matrices are made of. */
export interface Network {
  forward(x: Tensor): Tensor
  /** Mean over the batch. */
  criterion(output: Tensor, target: Tensor): Tensor
}

export interface ObjectiveOptions {
  /** Mean loss of a batch. Default: crossEntropy. */
  readonly loss?: (output: Tensor, target: Tensor) => Tensor
  /**
   * Mode of the model while it is looked at. "train" has batch norm use the batch's own statistics and dropout draw the
   * same masks each time. Default: "eval".
   */
  readonly mode?: "eval" | "train"
  /** The parameters that vary. Default: all of the model that require gradients. */
  readonly params?: readonly Tensor[]
  /** Batches that are taken of the data at most. Default: all. */
  readonly maxBatches?: number
}

interface Parts {
  readonly params: readonly Tensor[]
  readonly batches: readonly Batch[]
  readonly loss: (batch: Batch) => Tensor
  readonly network: Network | null
  /** Whether the loss may be computed for many parameters at once by vmap. */
  readonly vectorised: boolean
  readonly guard: <T>(f: () => T) => T
}

/** Unused batch of an objective that has its data inside. */
const noBatch = [] as unknown as Batch

/**
 * A mean loss over fixed data as a function of parameters:
 *
 *     L(θ) = Σ_b (n_b / N)·loss(model_θ(x_b), y_b)
 *
 * What curvature and landscapes are of. The batches are taken once and kept, since a function that changes from one
 * look to the next has no curvature. Nothing is changed by looking: parameters, buffers, modes and random generators
 * are what they were. See objectiveOf.
 */
export class Objective {
  readonly params: readonly Tensor[]
  readonly batches: readonly Batch[]
  /** n_b / N */
  readonly shares: readonly number[]
  /** Number of all parameters together. */
  readonly size: number
  readonly dtype: DType
  readonly vectorised: boolean
  private readonly parts: Parts
  private readonly slope: (...batch: Tensor[]) => [Tensor, Tensor]

  /** @throws NABLA_INVALID_ARGUMENT without parameters; NABLA_EMPTY_DATA without batches */
  constructor(parts: Parts) {
    if (parts.params.length === 0)
      throw nothing("NABLA_INVALID_ARGUMENT", "parameters that require gradients")
    if (parts.batches.length === 0) throw nothing("NABLA_EMPTY_DATA", "batches")
    this.parts = parts
    this.params = parts.params
    this.batches = parts.batches
    this.vectorised = parts.vectorised
    const counts = parts.batches.map(([x]) => x?.shape[0] ?? 1)
    const total = counts.reduce((a, b) => a + b, 0)
    this.shares = counts.map((count) => count / total)
    this.size = parts.params.reduce((n, param) => n + param.numel(), 0)
    this.dtype = parts.params[0]!.dtype
    this.slope = compile((...batch: Tensor[]): [Tensor, Tensor] => {
      const loss = this.lossOn(batch as unknown as Batch)
      return [loss, this.join(gradientsOf(loss, this.params))]
    })
  }

  /** The network, for matrices that are made of its outputs. @throws NABLA_INVALID_ARGUMENT when it is not known */
  get network(): Network {
    if (this.parts.network !== null) return this.parts.network
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "Gauss–Newton and Fisher matrices need a network and its loss apart",
      where: "objectiveOf",
      expected: "objectiveOf(model, data, { loss })",
      got: "a function that computes the loss",
    })
  }

  /** The loss of one batch for the parameters as they are, as a graph. */
  lossOn(batch: Batch): Tensor {
    return this.parts.loss(batch)
  }

  /** The loss of one batch for other parameters, as a graph; derivatives pass. */
  lossAt(values: readonly Tensor[], batch: Batch): Tensor {
    return withValues(this.params, values, () => this.lossOn(batch))
  }

  /** A vector of all parameters as tensors of their shapes. */
  split(flat: Tensor): Tensor[] {
    let at = 0
    return this.params.map((param) => {
      const part = flat.narrow(0, at, param.numel()).reshape(param.shape).to(param.dtype)
      at += param.numel()
      return part
    })
  }

  /** Tensors of the parameters' shapes as one vector. */
  join(parts: readonly Tensor[]): Tensor {
    return cat(parts.map((part) => part.reshape([part.numel()]).to(this.dtype)))
  }

  /** Runs a program of this objective; random generators draw the same each time and are left as they were. */
  quietly<T>(f: () => T): T {
    return this.parts.guard(f)
  }

  /**
   * Runs a program for each batch and adds up what it gives, in double precision, by the batches' shares. A program
   * must leave nothing behind.
   */
  async sum(program: (batch: Batch) => Tensor): Promise<Float64Array> {
    let total: Float64Array | null = null
    for (const [b, batch] of this.batches.entries()) {
      const values = await this.quietly(() => program(batch)).data()
      total ??= new Float64Array(values.length)
      for (let i = 0; i < total.length; i++) total[i] = total[i]! + this.shares[b]! * values[i]!
    }
    return total!
  }

  /** L and ∇L at the parameters as they are. */
  async gradient(): Promise<{ loss: number; gradient: Float64Array }> {
    const both = await this.sum((batch) => {
      const [loss, slope] = this.slope(...batch)
      return cat([loss.reshape([1]).to(this.dtype), slope])
    })
    return { loss: both[0]!, gradient: both.slice(1) }
  }

  /** The parameters as they are. */
  async values(): Promise<Float64Array> {
    return Float64Array.from(await this.join(this.params.map((param) => param.detach())).data())
  }
}

/**
 * The loss of a model over data, for curvature and landscapes.
 *
 * @param data one batch, or an iterable of batches (a DataLoader)
 * @throws NABLA_INVALID_ARGUMENT without parameters that require gradients; NABLA_EMPTY_DATA without batches
 *
 * @example const objective = objectiveOf(model, loader, { loss: nn.mse, maxBatches: 8 })
 */
export function objectiveOf(
  model: Module<readonly [Tensor], Tensor>,
  data: Batch | Iterable<Batch>,
  options?: ObjectiveOptions,
): Objective
/** A loss without model: `loss` computes it of the parameters as they are. */
export function objectiveOf(loss: () => Tensor, params: readonly Tensor[]): Objective
export function objectiveOf(
  first: Module<readonly [Tensor], Tensor> | (() => Tensor),
  second: Batch | Iterable<Batch> | readonly Tensor[],
  options: ObjectiveOptions = {},
): Objective {
  if (typeof first !== "function") return ofModel(first, second as Batch | Iterable<Batch>, options)
  return new Objective({
    params: second as readonly Tensor[],
    batches: [noBatch],
    loss: () => first(),
    network: null,
    vectorised: true,
    guard: (f) => f(),
  })
}

function ofModel(
  model: Module<readonly [Tensor], Tensor>,
  data: Batch | Iterable<Batch>,
  {
    loss = (output, target) => crossEntropy(output, target),
    mode = "eval",
    params,
    maxBatches,
  }: ObjectiveOptions,
): Objective {
  const forward = (x: Tensor): Tensor => inMode(model, mode, () => model.forward(x))
  return new Objective({
    params: params ?? model.parameters().filter(({ requiresGrad }) => requiresGrad),
    batches: batchesOf(data, maxBatches ?? Infinity),
    loss: ([x, y]) => loss(forward(x), y),
    network: { forward, criterion: loss },
    // Running statistics cannot change for each example differently.
    vectorised: mode === "eval" || model.buffers().length === 0,
    guard: (f) => sameDraws(model, f),
  })
}

function batchesOf(data: Batch | Iterable<Batch>, limit: number): Batch[] {
  if (Array.isArray(data) && data[0] instanceof Tensor) return [data as unknown as Batch]
  const out: Batch[] = []
  for (const batch of data as Iterable<Batch>) {
    if (out.length >= limit) break
    out.push(batch)
  }
  return out
}

/** Calls f with a model in a mode; modes and buffers are put back. */
function inMode<T>(model: AnyModule, mode: "eval" | "train", f: () => T): T {
  const modes = model.modules().map((module) => ({ module, was: module.training }))
  for (const { module } of modes) module.training = mode === "train"
  const buffers = mode === "train" ? model.buffers() : []
  try {
    return withValues(buffers, buffers, f)
  } finally {
    for (const { module, was } of modes) module.training = was
  }
}

/** Calls f, and sets random generators back to where they stood, so that they draw the same each time. */
function sameDraws<T>(model: AnyModule, f: () => T): T {
  const own = model.modules().flatMap((module) => Object.values(module))
  const generators = [defaultGenerator, ...own].filter((value) => value instanceof Generator)
  const states = generators.map(({ state }) => state)
  try {
    return f()
  } finally {
    generators.forEach((generator, i) => {
      generator.state = states[i]!
    })
  }
}

function nothing(code: "NABLA_INVALID_ARGUMENT" | "NABLA_EMPTY_DATA", what: string): NablaError {
  return new NablaError(code, { message: `there are no ${what}`, where: "objectiveOf", expected: what })
}

import type { AnyModule } from "../nn/index.ts"
import type { Optimizer, OptimizerState } from "../optim/index.ts"
import type { Schedule } from "../schedules/index.ts"
import { defaultGenerator, Generator, Tensor, tensor } from "../tensor/index.ts"
import type { Batches } from "./evaluate.ts"

/**
 * All that a training changes, as it was: parameters and buffers with their gradients, the optimizer's options, steps
 * and state, the modes of all modules, random generators, and the epoch of a data loader. Restoring gives the same bits.
 */
export class Snapshot {
  private readonly undo: (() => void | Promise<void>)[] = []

  static async of(model: AnyModule, optimizer: Optimizer, data: Batches): Promise<Snapshot> {
    const snapshot = new Snapshot()
    for (const module of model.modules()) snapshot.keepField(module, "training")
    if ("epoch" in data) snapshot.keepField(data as Batches & { epoch: unknown }, "epoch")
    const generators = [...model.modules(), ...optimizer.paramGroups].flatMap((owner) => Object.values(owner))
    for (const generator of [defaultGenerator, ...generators])
      if (generator instanceof Generator) snapshot.keepField(generator, "state")
    await snapshot.keepOptimizer(optimizer)
    for (const t of new Set<Tensor>([...model.parameters(), ...model.buffers(), ...parametersOf(optimizer)]))
      await snapshot.keepTensor(t)
    return snapshot
  }

  async restore(): Promise<void> {
    for (const undo of this.undo) await undo()
  }

  private keepField<K extends string>(owner: { [name in K]: unknown }, name: K): void {
    const value = owner[name]
    this.undo.push(() => {
      owner[name] = value
    })
  }

  private async keepTensor(t: Tensor): Promise<void> {
    const { grad, shape, dtype, requiresGrad } = t
    const values = await t.data()
    // A gradient is computed now: what it is made from is about to change.
    await grad?.data()
    this.undo.push(() => {
      t.replace(tensor(values, { shape, dtype, requiresGrad }).node)
      t.grad = grad
    })
  }

  private async keepOptimizer(optimizer: Optimizer): Promise<void> {
    const state = await copyState(optimizer.stateDict())
    const rates = optimizer.paramGroups.map(({ lr }): number | Schedule => lr)
    this.undo.push(() => {
      optimizer.loadStateDict(state)
      // Rates that are functions are no part of the state.
      optimizer.paramGroups.forEach((group, i) => {
        group.lr = rates[i]!
      })
    })
  }
}

function parametersOf(optimizer: Optimizer): Tensor[] {
  return optimizer.paramGroups.flatMap(({ params }) => [...params])
}

/** A state dictionary holds the optimizer's own tensors, which change as it steps. */
async function copyState(state: OptimizerState): Promise<OptimizerState> {
  return (await copyTensors(state)) as OptimizerState
}

async function copyTensors(value: unknown): Promise<unknown> {
  if (value instanceof Tensor) return tensor(await value.data(), { shape: value.shape, dtype: value.dtype })
  if (Array.isArray(value)) return Promise.all(value.map(copyTensors))
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  const entries = await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await copyTensors(v)]))
  return Object.fromEntries(entries)
}

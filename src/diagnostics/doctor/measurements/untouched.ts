import type { AnyModule } from "../../../nn/index.ts"
import { defaultGenerator, Generator, Tensor, tensor } from "../../../tensor/index.ts"
import type { OptimizerLike } from "../optimizer-settings.ts"

type Undo = () => void

/**
 * Calls f, and then puts back all that it may have changed: parameters, buffers, gradients, modes, which parameters
 * require gradients, random generators, and the optimizer's options and state.
 */
export async function untouched<T>(
  model: AnyModule,
  optimizer: OptimizerLike | null,
  f: () => T | Promise<T>,
): Promise<T> {
  const undo = [
    ...generators(model, optimizer),
    ...modes(model),
    ...(await tensors(model, optimizer)),
    ...(optimizer === null ? [] : await optimizerState(optimizer)),
  ]
  try {
    return await f()
  } finally {
    for (const step of undo) step()
  }
}

function modes(model: AnyModule): Undo[] {
  return model.modules().map((module) => {
    const { training } = module
    return () => {
      module.training = training
    }
  })
}

function generators(model: AnyModule, optimizer: OptimizerLike | null): Undo[] {
  const owners: readonly object[] = [...model.modules(), ...(optimizer?.paramGroups ?? [])]
  const found = [defaultGenerator, ...owners.flatMap((owner) => Object.values(owner) as unknown[])]
  return found
    .filter((value) => value instanceof Generator)
    .map((generator) => {
      const { state } = generator
      return () => {
        generator.state = state
      }
    })
}

async function tensors(model: AnyModule, optimizer: OptimizerLike | null): Promise<Undo[]> {
  const given = optimizer?.paramGroups.flatMap(({ params }) => [...params]) ?? []
  const all = [...new Set<Tensor>([...model.parameters(), ...model.buffers(), ...given])]
  return Promise.all(
    all.map(async (t): Promise<Undo> => {
      const { grad, shape, dtype, requiresGrad } = t
      const values = (await t.data()).slice()
      // A gradient is computed now: what it is made from is about to change, or has already.
      await Promise.resolve(grad)
        .then((left) => left?.data())
        .catch(() => {})
      return () => {
        t.replace(tensor(values, { shape, dtype, requiresGrad }).node)
        t.grad = grad
      }
    }),
  )
}

async function optimizerState(optimizer: OptimizerLike): Promise<Undo[]> {
  if (optimizer.stateDict === undefined || optimizer.loadStateDict === undefined) return []
  const state = await copied(optimizer.stateDict())
  const options = optimizer.paramGroups.map((group) => ({ ...group }))
  return [
    () => {
      optimizer.loadStateDict?.(state as never)
      // Rates that are functions are no part of the state.
      optimizer.paramGroups.forEach((group, i) => Object.assign(group, options[i]))
    },
  ]
}

/** A state dictionary holds the optimizer's own tensors, which change as it steps. */
async function copied(value: unknown): Promise<unknown> {
  if (value instanceof Tensor)
    return tensor((await value.data()).slice(), { shape: value.shape, dtype: value.dtype })
  if (Array.isArray(value)) return Promise.all(value.map(copied))
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  const entries = await Promise.all(Object.entries(value).map(async ([k, v]) => [k, await copied(v)]))
  return Object.fromEntries(entries)
}

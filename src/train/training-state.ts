import type { AnyModule } from "../nn/index.ts"
import type { Tensor } from "../tensor/index.ts"
import { defaultGenerator, Generator, tensor } from "../tensor/index.ts"
import type { Checkpoint, RandomState, Stateful } from "./checkpoint.ts"
import type { FitListener } from "./events.ts"

/** What a training consists of, as far as it changes. */
export interface TrainingParts {
  readonly model: AnyModule
  readonly optimizer: object
  readonly listeners: readonly FitListener[]
  /** Further things that change, by name. */
  readonly state: Readonly<Record<string, Stateful>>
}

type ChangingState = Pick<Checkpoint, "model" | "buffers" | "modes" | "optimizer" | "random" | "parts">

/** The state of all parts. Its tensors are the training's own, which go on changing. */
export function stateOf({ model, optimizer, listeners, state }: TrainingParts): ChangingState {
  const own = new Set(Object.values(model.stateDict()))
  const buffers = model.namedBuffers().filter(([, buffer]) => !own.has(buffer))
  const random = generatorsOf(model, optimizer).map(([name, generator]) => [name, generator.state] as const)
  const parts = statefulParts(listeners, state).map(([name, part]) => [name, part.stateDict()] as const)
  return {
    model: model.stateDict(),
    buffers: Object.fromEntries(buffers),
    modes: {
      evaluating: namesOf(model.namedModules(), (module) => !module.training),
      frozen: namesOf(model.namedParameters(), (parameter) => !parameter.requiresGrad),
    },
    optimizer: isStateful(optimizer) ? withoutGenerators(optimizer.stateDict()) : null,
    random: Object.fromEntries(random),
    parts: Object.fromEntries(parts),
  }
}

/**
 * Puts all parts back into the state of a checkpoint.
 *
 * @returns names of parts that only the training has, or only the checkpoint
 * @throws NABLA_STATE_DICT when model or optimizer are others
 */
export function restoreState(
  { model, optimizer, listeners, state }: TrainingParts,
  checkpoint: Checkpoint,
): string[] {
  model.loadStateDict(checkpoint.model)
  for (const [name, buffer] of model.namedBuffers())
    if (Object.hasOwn(checkpoint.buffers, name)) copy(checkpoint.buffers[name]!, buffer)
  const { evaluating, frozen } = checkpoint.modes
  for (const [path, module] of model.namedModules()) module.training = !evaluating.includes(path)
  for (const [name, parameter] of model.namedParameters()) parameter.requiresGrad = !frozen.includes(name)
  if (isStateful(optimizer) && checkpoint.optimizer !== null) optimizer.loadStateDict(checkpoint.optimizer)
  const parts = statefulParts(listeners, state)
  for (const [name, part] of parts)
    if (Object.hasOwn(checkpoint.parts, name)) part.loadStateDict(checkpoint.parts[name])
  // Last, since whatever was done before may have drawn numbers.
  restoreGenerators(generatorsOf(model, optimizer), checkpoint.random)
  const names = parts.map(([name]) => name)
  return [
    ...names.filter((name) => !Object.hasOwn(checkpoint.parts, name)),
    ...Object.keys(checkpoint.parts).filter((name) => !names.includes(name)),
  ]
}

export function restoreGenerators(
  generators: readonly (readonly [string, Generator])[],
  random: Readonly<Record<string, RandomState>>,
): void {
  for (const [name, generator] of generators) if (Object.hasOwn(random, name)) generator.state = random[name]!
}

/** The default generator, and those in fields of modules, of the optimizer and of its groups, each once. */
export function generatorsOf(model: AnyModule, optimizer: object): (readonly [string, Generator])[] {
  const groups = "paramGroups" in optimizer ? (optimizer.paramGroups as object[]) : []
  const owners: (readonly [string, object])[] = [
    ...model.namedModules().map(([path, module]) => [`model.${path}`, module] as const),
    ["optimizer", optimizer],
    ...groups.map((group, i) => [`optimizer.paramGroups.${i}`, group] as const),
  ]
  const found = new Map<Generator, string>([[defaultGenerator, "default"]])
  for (const [path, owner] of owners)
    for (const [name, value] of Object.entries(owner))
      if (value instanceof Generator && !found.has(value)) found.set(value, `${path}.${name}`)
  return [...found].map(([generator, name]) => [name, generator] as const)
}

/** Generators among the options of groups are kept with the other generators. */
function withoutGenerators(state: unknown): unknown {
  const { paramGroups, ...rest } = state as { paramGroups?: readonly object[] }
  if (paramGroups === undefined) return state
  const kept = paramGroups.map((group) =>
    Object.fromEntries(Object.entries(group).filter(([, value]) => !(value instanceof Generator))),
  )
  return { ...rest, paramGroups: kept }
}

/** Listeners by their `name` or class, numbered where several are alike, and what was named by the user. */
function statefulParts(
  listeners: readonly FitListener[],
  state: Readonly<Record<string, Stateful>>,
): (readonly [string, Stateful])[] {
  const counts = new Map<string, number>()
  const named = listeners.flatMap((listener): (readonly [string, Stateful])[] => {
    if (!isStateful(listener)) return []
    const own = (listener as { name?: unknown }).name
    const name = typeof own === "string" && own !== "" ? own : listener.constructor.name
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return [[`listeners.${name}${count === 1 ? "" : `#${count}`}`, listener]]
  })
  return [...named, ...Object.entries(state).map(([name, part]) => [`state.${name}`, part] as const)]
}

function isStateful(value: object): value is Stateful {
  const { stateDict, loadStateDict } = value as Partial<Stateful>
  return typeof stateDict === "function" && typeof loadStateDict === "function"
}

function namesOf<T>(named: readonly (readonly [string, T])[], holds: (value: T) => boolean): string[] {
  return named.filter(([, value]) => holds(value)).map(([name]) => name)
}

function copy(from: Tensor, to: Tensor): void {
  to.replace(
    tensor(from.dataSync(), { shape: to.shape, dtype: to.dtype, requiresGrad: to.requiresGrad }).node,
  )
}

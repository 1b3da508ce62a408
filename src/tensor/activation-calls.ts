import type { Tensor } from "./tensor.ts"

/**
 * Where an activation function is saturated: closed intervals of its argument in which |f′| < 0.01, so that hardly any
 * gradient passes. Empty for one that never is.
 */
export type Saturation = readonly (readonly [from: number, to: number])[]

/** A call of an activation function, as watchActivations tells of it. */
export interface ActivationCall {
  readonly name: string
  readonly input: Tensor
  readonly output: Tensor
  readonly saturation: Saturation
}

type Watcher = (call: ActivationCall) => void

const watchers = new Set<Watcher>()
/** Whether an activation function runs: one that is made of another is told of once. */
let inside = false

/** Has `watch` told of every call of an activation function, by a layer or directly, until it is taken off. */
export function watchActivations(watch: Watcher): { remove(): void } {
  watchers.add(watch)
  return { remove: () => void watchers.delete(watch) }
}

/** Saturation as a function of what follows the input in the arguments. */
type SaturationOf = (...rest: never[]) => Saturation

const saturations = new WeakMap<object, SaturationOf>()

/**
 * An activation function with its definition of saturation, which may depend on its options. What the function itself
 * is made of is not told to anybody.
 */
/* @__NO_SIDE_EFFECTS__ */
export function activation<F extends (...args: never[]) => unknown>(
  name: string,
  saturation: Saturation | SaturationOf,
  f: F,
): F {
  const where = typeof saturation === "function" ? saturation : () => saturation
  const compute = f as unknown as (input: Tensor, ...rest: never[]) => Tensor
  const watched = (input: Tensor, ...rest: never[]): Tensor => {
    if (watchers.size === 0 || inside) return compute(input, ...rest)
    inside = true
    let output: Tensor
    try {
      output = compute(input, ...rest)
    } finally {
      inside = false
    }
    for (const watch of watchers) watch({ name, input, output, saturation: where(...rest) })
    return output
  }
  saturations.set(watched, where)
  return watched as unknown as F
}

/**
 * Where an activation function is saturated by its own definition, or null for a function that has none.
 *
 * @example saturationOf(relu) // [[-Infinity, 0]]
 */
export function saturationOf(f: (input: Tensor) => Tensor): Saturation | null {
  return saturations.get(f)?.() ?? null
}

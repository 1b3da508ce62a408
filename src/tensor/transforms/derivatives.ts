import { pullback, pushforward } from "../../autodiff/index.ts"
import type { Node } from "../../graph/index.ts"
import { constantLike } from "../../ops/index.ts"
import type { Tensor } from "../tensor.ts"
import { wrap } from "../tensor.ts"
import type { AnyFunction, Trace } from "./trace.ts"
import { matchingLeaves, scalarOutput, trace } from "./trace.ts"

export interface Argnums {
  /** Which arguments to differentiate with respect to (default: the first). */
  readonly argnums?: number | readonly number[]
}

/** A function of the chosen arguments alone, the others held fixed. */
export function restrict(
  f: AnyFunction,
  args: readonly unknown[],
  argnums: readonly number[],
): { g: AnyFunction; chosen: unknown[] } {
  const g: AnyFunction = (...chosen: unknown[]) => {
    const all = [...args]
    argnums.forEach((at, i) => {
      all[at] = chosen[i]
    })
    return f(...all)
  }
  return { g, chosen: argnums.map((at) => args[at]) }
}

export function argumentList(argnums: Argnums["argnums"]): readonly number[] {
  return argnums === undefined ? [0] : typeof argnums === "number" ? [argnums] : argnums
}

/** Results for one argument, or for a list of them. */
export function pick<T>(argnums: Argnums["argnums"], parts: readonly T[]): T | readonly T[] {
  return typeof argnums === "object" ? parts : parts[0]!
}

/** Gradients by reverse mode in the form of the traced arguments; zero where nothing depends on them. */
function gradients(run: Trace, cotangents: readonly Node[]): unknown[] {
  const parts = pullback(run.outputs, cotangents, run.inputs)
  return run.rebuildArguments(parts.map((part, i) => wrap(part ?? constantLike(run.inputs[i]!, 0))))
}

/**
 * Reverse mode: the value of f at the primals, and the function that pulls a cotangent of the value back to cotangents
 * of the primals, ⟨v, J·t⟩ = ⟨Jᵀ·v, t⟩. Costs one backward pass a call.
 *
 *     const [y, pull] = vjp((x) => x.sin(), x)
 *     const [dx] = pull(onesLike(y))
 */
export function vjp(f: AnyFunction, ...primals: unknown[]): [unknown, (cotangent: unknown) => unknown[]] {
  const run = trace(f, primals)
  return [run.result, (cotangent) => gradients(run, matchingLeaves(cotangent, run.outputs, "vjp"))]
}

/**
 * Forward mode: the value of f at the primals and its derivative along the tangents, J·t, in one pass.
 */
export function jvp(
  f: AnyFunction,
  primals: readonly unknown[],
  tangents: readonly unknown[],
): [unknown, unknown] {
  const [value, push] = linearize(f, ...primals)
  return [value, push(...tangents)]
}

/** The value of f and its derivative there as a linear function of the tangents, to be applied many times. */
export function linearize(
  f: AnyFunction,
  ...primals: unknown[]
): [unknown, (...tangents: unknown[]) => unknown] {
  const run = trace(f, primals)
  const push = (...tangents: unknown[]): unknown => {
    const nodes = matchingLeaves(tangents, run.inputs, "jvp")
    const parts = pushforward(run.outputs, run.inputs, nodes)
    return run.rebuildResult(parts.map((part, i) => wrap(part ?? constantLike(run.outputs[i]!, 0))))
  }
  return [run.result, push]
}

/** Like grad, but gives the value too: [f(x), ∇f(x)]. */
export function valueAndGrad(f: AnyFunction, { argnums }: Argnums = {}): AnyFunction {
  return (...args: unknown[]) => {
    const { g, chosen } = restrict(f, args, argumentList(argnums))
    const run = trace(g, chosen)
    const output = scalarOutput(run, "grad")
    const seeds = run.outputs.map((node) => constantLike(node, node === output ? 1 : 0))
    return [run.result, pick(argnums, gradients(run, seeds))]
  }
}

/**
 * The gradient of a scalar function, as a function of the same arguments. It can be differentiated again.
 *
 *     const slope = grad((x) => x.pow(3).sum())
 */
export function grad(f: AnyFunction, options: Argnums = {}): AnyFunction {
  const both = valueAndGrad(f, options)
  return (...args: unknown[]) => (both(...args) as [Tensor, unknown])[1]
}

/**
 * Hessian-vector product of a scalar function, forward over reverse: ∂/∂ε ∇f(x + ε·v) at ε = 0, one entry for each
 * primal. Costs a few evaluations of f, whatever the number of parameters (Pearlmutter 1994).
 */
export function hvp(f: AnyFunction, primals: readonly unknown[], tangents: readonly unknown[]): unknown[] {
  const gradient = grad(f, { argnums: primals.map((_, i) => i) })
  return jvp(gradient, primals, tangents)[1] as unknown[]
}

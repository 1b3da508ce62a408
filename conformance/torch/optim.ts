/** nabla's optimizers and learning-rate schedulers, as the runner uses them. */
import type { Keywords, Value } from "../python/values.ts"
import { toNabla } from "./convert.ts"
import { lookUp, MissingFunction, type Tensor } from "./nabla.ts"
import { camelCase } from "./names.ts"

export interface ParameterGroup {
  params: Tensor[]
  [option: string]: unknown
}

export interface Optimizer {
  paramGroups: ParameterGroup[]
  zeroGrad(): void
  step(closure?: () => Tensor): unknown
}

export interface Scheduler {
  step(metric?: number): void
}

/** PyTorch's option names in nabla's spelling. Single capitals (`T_max`, `T_0`) become lower case. */
export function optionsOf(options: Iterable<readonly [string, Value]>): Record<string, unknown> {
  return Object.fromEntries([...options].map(([name, value]) => [optionName(name), toNabla(value)]))
}

function optionName(name: string): string {
  return camelCase(name.replace(/^[A-Z](?=_)/, (letter) => letter.toLowerCase()))
}

export function makeOptimizer(
  name: string,
  parameters: readonly Tensor[] | readonly ParameterGroup[],
  options: Iterable<readonly [string, Value]>,
): Optimizer {
  return build<Optimizer>([`optim.${name}`], [parameters, optionsOf(options)])
}

export function makeScheduler(
  name: string,
  optimizer: Optimizer,
  options: Record<string, unknown>,
): Scheduler {
  return build<Scheduler>([`optim.lrScheduler.${name}`, `optim.${name}`], [optimizer, options])
}

export function build<T>(places: readonly string[], args: unknown[]): T {
  for (const place of places) {
    const found = lookUp(place)
    if (typeof found === "function") return new (found as new (...args: unknown[]) => T)(...args)
  }
  throw new MissingFunction(places[0])
}

/** A function of `optim` or `nn.utils` that changes gradients in place (clipping). */
export function callUtility(name: string, args: Value[], keywords: Keywords = new Map()): void {
  for (const place of [`nn.utils.${name}`, `optim.${name}`, `nn.${name}`, name]) {
    const found = lookUp(place)
    if (typeof found === "function") {
      found(...args.map(toNabla), ...(keywords.size > 0 ? [optionsOf(keywords)] : []))
      return
    }
  }
  throw new MissingFunction(name)
}

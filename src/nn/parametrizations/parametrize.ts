import { NablaError } from "../../base/index.ts"
import type { Tensor } from "../../tensor/index.ts"
import type { AnyModule } from "../module.ts"
import { Buffer, Parameter } from "../parameter.ts"

export interface ParametrizationOptions {
  /** Field of the parameter, or the name under which it was registered. Default: "weight". */
  readonly name?: string
}

/** A parameter that is computed from others. */
export interface Parametrization {
  /** What it is, for errors. */
  readonly kind: string
  /** What takes the parameter's place, by the suffixes of their names: `g` for `weight_g`. */
  readonly parts: Readonly<Record<string, Parameter | Buffer>>
  /** The parameter, from the parts of the moment. */
  compute(part: (suffix: string) => Tensor): Tensor
  /** Takes away what else was put on the module. */
  remove?(): void
}

interface Applied {
  readonly kind: string
  undo(): void
}

/** What was done to the parameters of modules, by their names. */
const applied = new WeakMap<AnyModule, Map<string, Applied>>()

/** The parameter of a module that is to be parametrized. */
export function parameterOf(module: AnyModule, name: string, where: string): Parameter {
  const found: unknown = Reflect.get(module, name)
  if (found instanceof Parameter) return found
  const known = applied.get(module)?.get(name)
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: known
      ? `${name} already has ${known.kind}`
      : `${module.constructor.name} has no parameter ${name}`,
    where,
    expected: "the name of a parameter in a field of the module",
    got: name,
  })
}

/**
 * Puts parts in the place of a parameter, which from then on is computed from them whenever the module looks at it, so
 * that derivatives pass to them.
 */
export function parametrize(module: AnyModule, name: string, parametrization: Parametrization): void {
  const { kind, parts, compute, remove } = parametrization
  const { requiresGrad } = parameterOf(module, name, kind)
  const keyOf = (suffix: string): string => `${name}_${suffix}`
  const value = (): Tensor => compute((suffix) => Reflect.get(module, keyOf(suffix)) as Tensor)
  Reflect.deleteProperty(module, name)
  for (const [suffix, part] of Object.entries(parts)) {
    if (part instanceof Buffer) module.registerBuffer(keyOf(suffix), part)
    else module.registerParameter(keyOf(suffix), part.requiresGrad_(requiresGrad))
  }
  // It does not show among the fields, so that the module does not count it as a parameter.
  Object.defineProperty(module, name, { get: value, enumerable: false, configurable: true })
  const undo = (): void => {
    const plain = new Parameter(value(), { requiresGrad })
    Reflect.deleteProperty(module, name)
    for (const suffix of Object.keys(parts)) Reflect.deleteProperty(module, keyOf(suffix))
    module.registerParameter(name, plain)
    remove?.()
  }
  const known = applied.get(module) ?? new Map<string, Applied>()
  applied.set(module, known.set(name, { kind, undo }))
}

/** Makes the parameter a plain one again, with the value that it has at present. */
export function unparametrize(module: AnyModule, name: string, kind: string): void {
  const known = applied.get(module)
  const found = known?.get(name)
  if (found?.kind !== kind) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: `${name} of ${module.constructor.name} has no ${kind}`,
      where: kind,
      expected: `a parameter that ${kind} was applied to`,
      got: found === undefined ? "a plain one, or none" : `one with ${found.kind}`,
    })
  }
  known!.delete(name)
  found.undo()
}

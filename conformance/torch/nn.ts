/** `torch.nn` for Python model sources: layers of nabla, and `nn.Module` as a base class of Python classes. */
import type { Runtime } from "../python/runtime.ts"
import { HostClass, Instance, type Keywords, Namespace, PythonError, type Value } from "../python/values.ts"
import { bindArguments } from "./bind.ts"
import { fromNabla, toNabla } from "./convert.ts"
import { type FloatType, lookUp, MissingFunction } from "./nabla.ts"
import { camelCase } from "./names.ts"
import { findClassSignature } from "./signature.ts"

type Constructor = new (...args: unknown[]) => object

export function findClass(path: string): Constructor {
  const found = lookUp(path)
  if (typeof found !== "function") throw new MissingFunction(path)
  return found as Constructor
}

/** Builds `torch.nn.<name>(*args, **keywords)` out of nabla's class of that name. */
export function construct(
  name: string,
  args: readonly Value[],
  keywords: Keywords,
  float: FloatType,
): object {
  const type = findClass(`nn.${name}`)
  const layer = new type(...bindArguments(findClassSignature(name), args, keywords, float))
  // PyTorch made the reference values with float64 as its default type, which nabla's layers do not have.
  if (float === "float64" && "to" in layer && typeof layer.to === "function") layer.to(float)
  return layer
}

/** `runtime` is asked for late: the interpreter that owns it is built with this namespace. */
export function nnNamespace(functional: Namespace, float: FloatType, runtime: () => Runtime): Namespace {
  const module = new HostClass("Module", (instance) => attachModule(instance, runtime))
  return new Namespace("nn", (name) => {
    if (name === "Module") return module
    if (name === "functional") return functional
    if (name === "init") return new Namespace("init", (init) => initFunction(init, float))
    if (name === "Parameter") return ([tensor]: Value[]) => parameter(tensor)
    return (args: Value[], keywords: Keywords) => construct(name, args, keywords, float)
  })
}

function parameter(tensor: Value): Value {
  const make = lookUp("nn.parameter")
  if (typeof make === "function") return make(tensor)
  return new (findClass("nn.Parameter"))(tensor)
}

function initFunction(name: string, float: FloatType): Value {
  return (args: Value[], keywords: Keywords) => {
    const found = lookUp(`nn.init.${camelCase(name)}`)
    if (typeof found !== "function") throw new MissingFunction(`nn.init.${camelCase(name)}`)
    return fromNabla(found(...bindArguments(undefined, args, keywords, float)))
  }
}

/** nabla's module behind an instance of a Python class; its forward is the Python method. */
function attachModule(instance: Instance, runtime: () => Runtime): object {
  const base = findClass("nn.Module")
  class PythonModule extends base {
    forward(...args: unknown[]): unknown {
      const method = instance.type.find("forward")
      if (method === undefined)
        throw new PythonError("AttributeError", `${instance.type.name} has no forward`)
      return toNabla(runtime().call(method, [instance, ...args.map((arg) => fromNabla(arg))], new Map()))
    }
  }
  return new PythonModule()
}

export function moduleOf(value: Value): object {
  return value instanceof Instance && value.host ? value.host : (value as object)
}

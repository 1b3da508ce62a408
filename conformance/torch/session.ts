/** A Python interpreter with `torch`, `F` and `nn`, for one float type. */
import { Interpreter } from "../python/interpreter.ts"
import type { Runtime } from "../python/runtime.ts"
import { Namespace, type Value } from "../python/values.ts"
import { resolveDtype } from "./convert.ts"
import { torchFunction } from "./functions.ts"
import { type FloatType, lookUp } from "./nabla.ts"
import { nnNamespace } from "./nn.ts"
import { TensorHost } from "./tensor-host.ts"

export function createInterpreter(float: FloatType): Interpreter {
  const functions = (qualifier: string) =>
    new Namespace(qualifier, (name) => torchFunction(qualifier, name, float))
  const functional = functions("F")
  const runtime = (): Runtime => interpreter.runtime
  const nn = nnNamespace(functional, float, runtime)
  const members: Record<string, Value> = {
    nn,
    linalg: functions("linalg"),
    fft: functions("fft"),
    special: functions("special"),
    functional,
    inf: Number.POSITIVE_INFINITY,
    nan: Number.NaN,
    pi: Math.PI,
    no_grad:
      () =>
      ([callee]: Value[]) =>
        callee ?? null,
    manual_seed: () => null,
    set_default_dtype: () => null,
    get_default_dtype: () => float,
    is_tensor: ([value]: Value[]) => interpreter.runtime.host.owns(value),
  }
  const torch = new Namespace("torch", (name) => {
    if (Object.hasOwn(members, name)) return members[name]
    if (name === "Tensor") return (lookUp("Tensor") as Value | undefined) ?? null
    return resolveDtype(name, float) ?? torchFunction("torch", name, float)
  })
  const interpreter: Interpreter = new Interpreter(new TensorHost(float), [
    ["torch", torch],
    ["F", functional],
    ["nn", nn],
  ])
  return interpreter
}

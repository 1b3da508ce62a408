/** Calls nabla's counterpart of a PyTorch function or tensor method. */
import type { Callable, Keywords, Value } from "../python/values.ts"
import { bindArguments } from "./bind.ts"
import { fromNabla } from "./convert.ts"
import { type FloatType, isTensor, lookUp, MissingFunction } from "./nabla.ts"
import { camelCase } from "./names.ts"
import { findSignature } from "./signature.ts"

/** Where nabla may keep the functions of a PyTorch module, in the order of looking. */
const places: Record<string, readonly string[]> = {
  torch: [""],
  F: ["nn.functional.", ""],
  linalg: ["linalg.", ""],
  fft: ["fft.", ""],
  special: ["special.", ""],
}

/** Names of the results of the functions that give named tuples. */
const resultFields: readonly (readonly [functions: string, fields: string])[] = [
  ["max min median nanmedian mode sort topk kthvalue cummax cummin", "values indices"],
  ["slogdet", "sign logabsdet"],
  ["qr", "Q R"],
  ["eigh", "eigenvalues eigenvectors"],
  ["svd", "U S Vh"],
  ["aminmax", "min max"],
  ["lstsq", "solution residuals rank singular_values"],
]
const fieldsOf = new Map(
  resultFields.flatMap(([functions, fields]) =>
    functions.split(" ").map((name) => [name, fields.split(" ")] as const),
  ),
)

/** `torch.name`, `F.name`, `torch.linalg.name` … as a Python function. */
export function torchFunction(qualifier: string, name: string, float: FloatType): Callable {
  return (args: Value[], keywords: Keywords) => {
    const call = bindArguments(findSignature(qualifier, name), args, keywords, float)
    for (const place of places[qualifier]) {
      const found = lookUp(place + camelCase(name))
      if (typeof found === "function") return fromNabla(found(...call), fieldsOf.get(name))
    }
    return callMethod(name, call)
  }
}

/** `tensor.name(…)`: nabla's method when there is one, else its function with the tensor as first argument. */
export function tensorMethod(tensor: object, name: string, float: FloatType): Callable {
  return (args: Value[], keywords: Keywords) => {
    const call = bindArguments(findSignature("Tensor", name), [tensor, ...args], keywords, float)
    if (typeof Reflect.get(tensor, camelCase(name)) === "function") return callMethod(name, call)
    const found = lookUp(camelCase(name))
    if (typeof found === "function") return fromNabla(found(...call), fieldsOf.get(name))
    throw new MissingFunction(camelCase(name))
  }
}

function callMethod(name: string, [self, ...args]: unknown[]): Value {
  const method = isTensor(self) ? Reflect.get(self, camelCase(name)) : undefined
  if (typeof method !== "function") throw new MissingFunction(camelCase(name))
  return fromNabla(method.apply(self, args), fieldsOf.get(name))
}

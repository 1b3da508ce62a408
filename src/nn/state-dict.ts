import { formatShape, NablaError, sameShape } from "../base/index.ts"
import { Tensor } from "../tensor/index.ts"
import { copyInto } from "./assign.ts"

/** Tensors by the paths of the fields that hold them. */
export type StateDict = Record<string, Tensor>

/** Keys that only one of the two sides has. */
export interface KeyReport {
  readonly missingKeys: readonly string[]
  readonly unexpectedKeys: readonly string[]
}

/** Copies `given` into `own`, after comparing keys and shapes. */
export function loadState(
  owner: string,
  own: Readonly<StateDict>,
  given: Readonly<StateDict>,
  strict: boolean,
): KeyReport {
  const missingKeys = Object.keys(own).filter((key) => !Object.hasOwn(given, key))
  const unexpectedKeys = Object.keys(given).filter((key) => !Object.hasOwn(own, key))
  const shared = Object.keys(own).filter((key) => Object.hasOwn(given, key))
  const misshapen = shared.flatMap((key) => misfit(key, own[key]!, given[key]!) ?? [])
  const problems = [
    ...(strict ? list("missing", missingKeys) : []),
    ...(strict ? list("unexpected", unexpectedKeys) : []),
    ...list("misshapen", misshapen),
  ]
  if (problems.length > 0) {
    throw new NablaError("NABLA_STATE_DICT", {
      message: ["the state dictionary does not fit the model", ...problems].join("\n  "),
      where: `${owner}.loadStateDict`,
    })
  }
  copyInto(shared.map((key) => ({ target: own[key]!, value: given[key]! })))
  return { missingKeys, unexpectedKeys }
}

function misfit(key: string, own: Tensor, given: unknown): string | null {
  if (!(given instanceof Tensor))
    return `${key} (expected a tensor, got ${given === null ? "null" : typeof given})`
  if (sameShape(own.shape, given.shape)) return null
  return `${key} (expected ${formatShape(own.shape)}, got ${formatShape(given.shape)})`
}

function list(what: string, keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : [`${what}: ${keys.join(", ")}`]
}

/** Binds the arguments of a call to the parameters of a function written in Python. */
import type { Scope } from "./scope.ts"
import type { Parameter, Parameters } from "./syntax.ts"
import { type Keywords, PythonError, Tuple, type Value } from "./values.ts"

export type Defaults = ReadonlyMap<string, Value>

export function bindParameters(
  name: string,
  parameters: Parameters,
  defaults: Defaults,
  args: readonly Value[],
  keywords: Keywords,
  scope: Scope,
): void {
  const { positional, rest } = parameters
  const remaining = new Map(keywords)
  if (args.length > positional.length && rest === null) {
    throw new PythonError("TypeError", `${name}() takes ${positional.length} arguments, got ${args.length}`)
  }
  const take = ({ name: parameter }: Parameter, given: Value | undefined) => {
    const value = firstDefined(given, remaining.get(parameter), defaults.get(parameter))
    if (given === undefined) remaining.delete(parameter)
    if (value === undefined) throw new PythonError("TypeError", `${name}() misses its argument ${parameter}`)
    scope.set(parameter, value)
  }
  positional.forEach((parameter, at) => {
    take(parameter, args[at])
  })
  for (const parameter of parameters.keywordOnly) take(parameter, undefined)
  if (rest !== null) scope.set(rest, new Tuple(args.slice(positional.length)))
  if (parameters.keywords !== null) scope.set(parameters.keywords, new Map<Value, Value>(remaining))
  else if (remaining.size > 0) {
    throw new PythonError("TypeError", `${name}() does not know ${[...remaining.keys()].join(", ")}`)
  }
}

/** Not `??`: None is a value like any other. */
export function firstDefined(...values: (Value | undefined)[]): Value | undefined {
  return values.find((value) => value !== undefined)
}

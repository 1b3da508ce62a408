/** Turns the arguments of a PyTorch call into the arguments of the nabla call, by the signature of the function. */
import { isInteger, isList, type Keywords, PythonError, Tuple, type Value } from "../python/values.ts"
import { dtypeOfData, toNabla } from "./convert.ts"
import { type FloatType, isTensor } from "./nabla.ts"
import { camelCase } from "./names.ts"
import type { Parameter, Signature } from "./signature.ts"

/** Options with another name and meaning in nabla. */
const converters: Record<string, (value: Value) => unknown> = {
  // var(unbiased=True) divides by n - 1, that is by n - correction.
  correction: (unbiased) => (unbiased ? 1 : 0),
}

const otherSpellings: Record<string, string> = { axis: "dim", axes: "dim", keepdims: "keepdim" }

export function bindArguments(
  signature: Signature | undefined,
  args: readonly Value[],
  keywords: Keywords,
  float: FloatType,
): unknown[] {
  if (!signature) return bindUnknown(args, keywords)
  const given = assignArguments(signature, args, keywords)
  const call = positionalArguments(signature, given)
  const options: Record<string, unknown> = {}
  for (const parameter of signature.options) addOption(options, parameter, given.get(parameter))
  for (const [name, value] of given.unknown) options[camelCase(name)] = toNabla(value)
  const filled = signature.options.find((parameter) => parameter.fill !== null)
  if (filled && options.dtype === undefined) {
    options.dtype = filled.fill === "float" ? float : dtypeOfData(dataOf(signature, given, args), float)
  }
  if (Object.keys(options).length > 0) {
    while (call.length < signature.positional.length && !hasSpread(signature)) call.push(undefined)
    call.push(options)
  }
  return call
}

/** What decides the dtype: the values of `tensor(data)` and `full(size, fill_value)`, else all arguments. */
function dataOf(signature: Signature, given: Given, args: readonly Value[]): readonly Value[] {
  const holder = signature.positional.find(({ names }) => ["data", "fill_value"].includes(names[0]))
  const value = holder && given.get(holder)
  return value === undefined ? args : [value]
}

const hasSpread = (signature: Signature) => signature.positional.some(({ form }) => form === "spread")

/** A function that the table does not know: the call as it is written, keywords as options. */
function bindUnknown(args: readonly Value[], keywords: Keywords): unknown[] {
  const options = Object.fromEntries([...keywords].map(([name, value]) => [camelCase(name), toNabla(value)]))
  return keywords.size > 0 ? [...args.map(toNabla), options] : args.map(toNabla)
}

class Given {
  readonly unknown: [string, Value][] = []
  private readonly values = new Map<Parameter, Value>()

  get(parameter: Parameter): Value | undefined {
    return this.values.get(parameter)
  }

  set(parameter: Parameter, value: Value): void {
    this.values.set(parameter, value)
  }
}

function assignArguments(signature: Signature, args: readonly Value[], keywords: Keywords): Given {
  const given = new Given()
  const parameters = [...signature.positional, ...signature.options]
  let rest = [...args]
  for (const parameter of parameters) {
    if (rest.length === 0) break
    const taken = takeArguments(parameter, rest)
    given.set(parameter, taken.value)
    rest = rest.slice(taken.count)
  }
  if (rest.length > 0) throw new PythonError("TypeError", `${rest.length} arguments too many`)
  for (const [keyword, value] of keywords) {
    const name = parameters.some(({ names }) => names.includes(keyword))
      ? keyword
      : (otherSpellings[keyword] ?? keyword)
    const parameter = parameters.find(({ names }) => names.includes(name))
    if (parameter) given.set(parameter, value)
    else given.unknown.push([name, value])
  }
  return given
}

/** How many of the arguments a parameter takes: one, or all ints (`view(2, -1)`), or all tensors. */
function takeArguments(parameter: Parameter, args: readonly Value[]): { value: Value; count: number } {
  const [first] = args
  if (parameter.form === "one" || parameter.form === "dropped") return { value: first, count: 1 }
  if (first instanceof Tuple || isList(first)) return { value: first, count: 1 }
  if (parameter.form === "spread") return { value: [...args], count: args.length }
  const belongs = parameter.form === "list" ? isInteger : isTensor
  const end = args.findIndex((arg) => !belongs(arg))
  const count = end < 0 ? args.length : end
  return { value: args.slice(0, count), count }
}

function positionalArguments(signature: Signature, given: Given): unknown[] {
  const call: unknown[] = []
  for (const parameter of signature.positional) {
    const value = given.get(parameter)
    if (parameter.form === "spread") call.push(...(toNabla(value ?? []) as unknown[]))
    else if (value !== undefined) call.push(isAbsent(parameter, value) ? undefined : toNabla(value))
    else if (parameter.optional) call.push(undefined)
    // An empty list of sizes is a 0-d tensor.
    else if (parameter.form === "list") call.push([])
    else throw new PythonError("TypeError", `the argument ${parameter.names[0]} is missing`)
  }
  while (call.length > 0 && call[call.length - 1] === undefined) call.pop()
  return call
}

/** `dim=None` means all dims, as if it were not given; None for a tensor (a bias) is null. */
function isAbsent(parameter: Parameter, value: Value): boolean {
  return value === null && parameter.names[0].startsWith("dim")
}

function addOption(options: Record<string, unknown>, parameter: Parameter, value: Value | undefined): void {
  if (value === undefined || parameter.form === "dropped") return
  if (value === null && !parameter.takesNone) return
  if (parameter.becomes === null) options[camelCase(parameter.names[0])] = toNabla(value)
  else options[parameter.becomes] = converters[parameter.becomes](value)
}

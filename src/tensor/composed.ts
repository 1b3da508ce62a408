import { NablaError } from "../base/index.ts"
import { closeOrigin, insideFunction, openOrigin } from "../graph/index.ts"
import { Tensor } from "./tensor.ts"

/**
 * A public function. Its nodes say that they come from it, so that a graph can show what was called rather than what
 * that is made of; inside another such function the outer one counts. Arguments of the wrong kind, which JavaScript
 * notices somewhere inside, become a coded error that names the function.
 */
/* @__NO_SIDE_EFFECTS__ */
export function composed<F extends (...args: never[]) => unknown>(name: string, f: F): F {
  const named = (...args: never[]): unknown => {
    if (insideFunction()) return f(...args)
    const outer = openOrigin("function", name)
    try {
      return f(...args)
    } catch (error) {
      throw fromArguments(error) ? wrongArguments(name, args, error) : error
    } finally {
      closeOrigin(outer)
    }
  }
  return named as F
}

/** What JavaScript throws when it is given something else than it expects. */
function fromArguments(error: unknown): error is Error {
  return (
    error instanceof TypeError || (error instanceof RangeError && error.message === "Invalid array length")
  )
}

function wrongArguments(name: string, args: readonly unknown[], cause: Error): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "an argument is not of the kind that the function takes",
    where: name,
    got: args.length === 0 ? "no arguments" : args.map(kindOf).join(", "),
    hint: `see the documentation of ${name} (${cause.message})`,
    cause,
  })
}

function kindOf(value: unknown): string {
  if (value instanceof Tensor) return `a tensor [${value.shape.join(", ")}]`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return value === null
    ? "null"
    : typeof value === "object"
      ? "an object"
      : `${typeof value} ${String(value)}`.slice(0, 40)
}

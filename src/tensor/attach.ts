import type { InPlaceName } from "./in-place.ts"
import { inPlace, inPlaceNames } from "./in-place.ts"
import { Tensor } from "./tensor.ts"

/** Functions whose first argument is a tensor, by the names of the methods that they become. */
export type MethodTable = Readonly<Record<string, unknown>>

type Taking = (input: Tensor, ...rest: never[]) => unknown

/** Makes functions methods of every tensor, and their forms with a trailing underscore where they have one. */
export function attach(table: MethodTable): void {
  for (const [name, f] of Object.entries(table)) {
    define(name, f as Taking)
    if (inPlaceNames.includes(name as InPlaceName)) define(`${name}_`, inPlace(name, f as Taking))
  }
}

function define(name: string, f: Taking): void {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return f(this, ...rest)
    },
    writable: true,
    configurable: true,
  })
}

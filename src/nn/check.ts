import { NablaError } from "../base/index.ts"

/** A size of a layer: a whole number ≥ `least`. */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is no such number`,
    where,
    expected: `a whole number ≥ ${least}`,
    got: String(value),
  })
}

/** Options that a layer does not have would otherwise be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "options are given by name",
      where,
      expected: `{ ${known.join(", ")} }`,
      got: String(options),
    })
  }
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such option",
    where,
    expected: known.join(", "),
    got: unknown.join(", "),
  })
}

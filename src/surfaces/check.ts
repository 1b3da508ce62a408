import { NablaError } from "../base/index.ts"

export function invalid(where: string, message: string, expected: string, got: string): NablaError {
  return new NablaError("NABLA_INVALID_ARGUMENT", { message, where, expected, got })
}

/** Throws unless a dimension is a whole number ≥ `least`. */
export function checkDimension(where: string, dimension: number, least = 1): void {
  if (Number.isSafeInteger(dimension) && dimension >= least) return
  throw invalid(where, "this is no dimension", `a whole number ≥ ${least}`, String(dimension))
}

/** Throws unless all numbers are finite. */
export function checkFinite(where: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value))
      throw invalid(where, `${name} is no such number`, "a finite number", String(value))
  }
}

/** Throws unless a point has as many coordinates as the surface, all finite. */
export function checkPoint(where: string, name: string, point: readonly number[], dimension: number): void {
  if (point?.length === dimension && point.every((x) => Number.isFinite(x))) return
  const got = point === undefined ? "nothing" : `[${[...point].join(", ")}]`
  throw invalid(where, `${name} is no point of the surface`, `${dimension} finite numbers`, got)
}

/** Options that are not there would otherwise be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw invalid(where, "there is no such option", known.join(", ") || "none", unknown.join(", "))
}

import { invalidFor } from "./scheduler.ts"

/**
 * Options as they are, when all that are needed are there and none is unknown. One that is undefined counts as absent.
 *
 * @throws NABLA_INVALID_ARGUMENT
 */
export function checkOptions<O extends object>(
  where: string,
  options: O,
  needed: readonly (keyof O & string)[],
  others: readonly (keyof O & string)[],
): O {
  const names = [...needed, ...others] as readonly string[]
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  const unknown = given.map(([name]) => name).filter((name) => !names.includes(name))
  if (unknown.length > 0)
    throw invalidFor(where, "there is no such option", names.join(", "), unknown.join(", "))
  const present = Object.fromEntries(given) as O
  const missing = needed.filter((name) => !(name in present))
  if (missing.length === 0) return present
  throw invalidFor(where, "an option is missing", needed.join(", "), `no ${missing.join(", no ")}`)
}

/** @throws NABLA_INVALID_ARGUMENT for another way to anneal */
export function checkStrategy(where: string, strategy: string): "cos" | "linear" {
  if (strategy === "cos" || strategy === "linear") return strategy
  throw invalidFor(where, "there is no such annealStrategy", "cos | linear", String(strategy))
}

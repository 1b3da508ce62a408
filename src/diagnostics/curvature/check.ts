import { NablaError } from "../../base/index.ts"

/** @throws NABLA_INVALID_ARGUMENT when a value is none that the rule allows */
export function checkThat(
  where: string,
  name: string,
  value: unknown,
  expected: string,
  holds: boolean,
): void {
  if (holds) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is out of its range`,
    where,
    expected,
    got: String(value),
  })
}

export function checkWhole(where: string, name: string, value: number, least: number): void {
  checkThat(where, name, value, `a whole number ≥ ${least}`, Number.isSafeInteger(value) && value >= least)
}

export function checkPositive(where: string, name: string, value: number): void {
  checkThat(where, name, value, "a number > 0", Number.isFinite(value) && value > 0)
}

/** Options that do not exist would otherwise be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  checkThat(where, "an option", unknown.join(", "), known.join(", "), unknown.length === 0)
}

import { NablaError } from "../base/index.ts"

/** @throws NABLA_INVALID_ARGUMENT when an option is no whole number from `least` on */
export function checkCount(where: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is no such number`,
    expected: `a whole number ≥ ${least}`,
    got: String(value),
    where,
  })
}

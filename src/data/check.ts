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

/** @throws NABLA_INVALID_ARGUMENT when an option is no number from `least` to `most` */
export function checkRange(where: string, name: string, value: number, least: number, most = Infinity): void {
  if (Number.isFinite(value) && value >= least && value <= most) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `${name} is out of its range`,
    expected: most === Infinity ? `a number ≥ ${least}` : `a number from ${least} to ${most}`,
    got: String(value),
    where,
  })
}

/** @throws NABLA_INVALID_ARGUMENT when a word is none of those known */
export function checkWord(where: string, name: string, word: string, known: readonly string[]): void {
  if (known.includes(word)) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: `there is no such ${name}`,
    expected: known.join(", "),
    got: String(word),
    where,
  })
}

/** Options that do not exist would otherwise be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  const given = typeof options === "object" && options !== null ? Object.keys(options) : [String(options)]
  const unknown = given.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new NablaError("NABLA_INVALID_ARGUMENT", {
    message: "there is no such option",
    expected: known.join(", "),
    got: unknown.join(", "),
    where,
  })
}

import { invalid } from "./schedule.ts"

/** The bounds of a number; both belong to it unless said otherwise. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
  /** Whether the lower bound itself is excluded. */
  readonly above?: boolean
  readonly whole?: boolean
}

/** Throws for the first number that is not finite or out of its bounds. */
export function checkNumbers(where: string, numbers: Readonly<Record<string, number>>, bounds: Bounds): void {
  for (const [name, value] of Object.entries(numbers)) {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, above = false } = bounds
    const inside = (above ? value > min : value >= min) && value <= max
    if (inside && Number.isFinite(value) && (!bounds.whole || Number.isInteger(value))) continue
    throw invalid(where, `${name} is no such number`, describe(bounds), String(value))
  }
}

function describe({ min, max, above = false, whole = false }: Bounds): string {
  const low = min === undefined ? "" : ` ${above ? ">" : "≥"} ${min}`
  const high = max === undefined ? "" : `${low === "" ? "" : " and"} ≤ ${max}`
  return `${whole ? "a whole number" : "a finite number"}${low}${high}`
}

/** Rates are finite and not negative. */
export function checkRates(where: string, rates: Readonly<Record<string, number>>): void {
  checkNumbers(where, rates, { min: 0 })
}

/** Lengths are positive; they need not be whole. */
export function checkLengths(where: string, lengths: Readonly<Record<string, number>>): void {
  checkNumbers(where, lengths, { min: 0, above: true })
}

/** Throws unless a word is one of those known. */
export function checkWord(where: string, name: string, word: string, known: readonly string[]): void {
  if (known.includes(word)) return
  throw invalid(where, `there is no such ${name}`, known.join(" | "), String(word))
}

/** Options that a schedule does not have would otherwise be passed over in silence. */
export function checkNames(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw invalid(where, "there is no such option", known.join(", "), unknown.join(", "))
}

/** Throws unless all are functions. */
export function checkFunctions(where: string, functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value !== "function")
      throw invalid(where, `${name} is no function`, "a function of the step", typeof value)
  }
}

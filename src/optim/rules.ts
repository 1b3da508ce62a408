/** What the value of an option must be. A rule with `items` is about each entry of a list of that length. */
export interface Rule {
  readonly expected: string
  readonly items?: number
  holds(value: unknown): boolean
}

/** A rule for each option of an optimizer beside those that all have. */
export type Rules<O> = { readonly [Name in Exclude<keyof O, "lr" | "maximize">]-?: Rule }

function numeric(expected: string, holds: (value: number) => boolean): Rule {
  return { expected, holds: (value) => typeof value === "number" && holds(value) }
}

export const nonNegative = numeric("a finite number ≥ 0", (x) => Number.isFinite(x) && x >= 0)
export const positive = numeric("a finite number > 0", (x) => Number.isFinite(x) && x > 0)
/** A decay rate of a running average. */
export const decay = numeric("a number ≥ 0 and < 1", (x) => x >= 0 && x < 1)
/** A share of a whole. */
export const share = numeric("a number from 0 to 1", (x) => x >= 0 && x <= 1)
export const finite = numeric("a finite number", Number.isFinite)
export const count = numeric("a whole number ≥ 1", (x) => Number.isSafeInteger(x) && x >= 1)
export const flag: Rule = { expected: "true or false", holds: (value) => typeof value === "boolean" }

/** Which parameters something is done to: none of it said means all. */
export const predicate: Rule = {
  expected: "a function from a parameter to true or false, or null for all parameters",
  holds: (value) => value === null || typeof value === "function",
}

export function pair(rule: Rule): Rule {
  return { ...rule, items: 2 }
}

export function choice(...values: readonly (string | null)[]): Rule {
  return {
    expected: values.map(String).join(" | "),
    holds: (value) => values.includes(value as string | null),
  }
}

export function orNull(rule: Rule): Rule {
  return { expected: `${rule.expected}, or null`, holds: (value) => value === null || rule.holds(value) }
}

/** What is wrong with the value of an option. */
export interface Violation {
  readonly name: string
  readonly expected: string
  readonly got: string
}

/** How a value breaks a rule, or null. */
export function violation(name: string, rule: Rule, value: unknown): Violation | null {
  const { items, expected } = rule
  if (items === undefined) return rule.holds(value) ? null : { name, expected, got: String(value) }
  if (!Array.isArray(value) || value.length !== items)
    return { name, expected: `a list of ${items}, each ${expected}`, got: JSON.stringify(value) ?? "nothing" }
  const odd = value.findIndex((item) => !rule.holds(item))
  return odd < 0 ? null : { name: `${name}[${odd}]`, expected, got: String(value[odd]) }
}

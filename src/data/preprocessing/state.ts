import { NablaError } from "../../base/index.ts"

/**
 * The form of what is learned, by name: a number, numbers as many as the named counts multiply to, or a list of numbers
 * for each feature.
 */
export type Layout = Readonly<Record<string, "number" | "lists" | readonly string[]>>

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value)
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber)

/**
 * Learned values as they were saved.
 *
 * @throws NABLA_FILE_FORMAT when a value is missing or of another form
 */
export function checkState(where: string, learned: unknown, layout: Layout): object {
  const values = typeof learned === "object" && learned !== null ? (learned as Record<string, unknown>) : {}
  for (const [name, form] of Object.entries(layout)) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (form === "number") {
      if (!isNumber(value)) throw malformed(where, name, "a number", value)
    } else if (form === "lists") {
      const fits = Array.isArray(value) && value.length === values.features && value.every(isNumbers)
      if (!fits) throw malformed(where, name, "a list of numbers for each feature", value)
    } else {
      const length = form.reduce((product, count) => product * Number(values[count]), 1)
      if (!isNumbers(value) || value.length !== length)
        throw malformed(where, name, `${form.join(" × ")} numbers`, value)
    }
  }
  return values
}

/** For what was saved as a preprocessing and is none. */
export function malformed(where: string, name: string, expected: string, got: unknown): NablaError {
  return new NablaError("NABLA_FILE_FORMAT", {
    message: `this is no saved preprocessing: ${name} is wrong`,
    expected,
    got: JSON.stringify(got)?.slice(0, 80) ?? String(got),
    where,
  })
}

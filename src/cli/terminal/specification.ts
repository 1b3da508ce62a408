import { NablaError } from "../../base/index.ts"
import { invalidOption } from "./option-values.ts"

export type OptionValue = number | boolean | string | null | readonly (number | string)[]

/** A name with options, as the command line has it: `sgd:lr=0.1,momentum=0.9,nesterov`. */
export interface Specification {
  readonly name: string
  readonly options: Readonly<Record<string, OptionValue>>
  /** As it was written. */
  readonly text: string
}

/** How specifications are written; for help texts. */
export const specificationHelp = "NAME[:option=value,…], lists as 1/2/3, a flag by its name alone"

/**
 * A parser for an option that takes a name with options. Option names may be written with dashes: weight-decay.
 *
 * @throws NABLA_INVALID_OPTION for anything else
 */
export function specification(option: string): (text: string) => Specification {
  return (text) => {
    const colon = text.indexOf(":")
    const name = (colon === -1 ? text : text.slice(0, colon)).trim()
    if (name === "") throw invalidOption(option, specificationHelp, text)
    const parts = colon === -1 ? [] : text.slice(colon + 1).split(",")
    const options: Record<string, OptionValue> = {}
    for (const part of parts) {
      const [key = "", value, ...rest] = part.split("=").map((piece) => piece.trim())
      const known = camelCase(key)
      if (!/^[A-Za-z]\w*$/.test(known) || value === "" || rest.length > 0)
        throw invalidOption(option, specificationHelp, text)
      if (Object.hasOwn(options, known)) throw invalidOption(option, `${key} once`, text)
      options[known] = value === undefined ? true : optionValue(value)
    }
    return { name, options, text }
  }
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}

export function optionValue(text: string): OptionValue {
  // A path has slashes, too.
  const parts = text.split("/")
  if (parts.length > 1 && parts.every((part) => /^[-+]?\.?\d/.test(part))) return parts.map(numberOrText)
  if (text === "true" || text === "false") return text === "true"
  return text === "null" ? null : numberOrText(text)
}

function numberOrText(text: string): number | string {
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text
}

/**
 * Runs something that holds options to their rules; what it finds is an error of the command line.
 *
 * @throws NABLA_INVALID_OPTION
 */
export function checked<T>(option: string, { text }: { readonly text: string }, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof NablaError && error.code === "NABLA_INVALID_ARGUMENT")) throw error
    const { message, expected, got, where } = error.detail
    throw new NablaError("NABLA_INVALID_OPTION", {
      message: where === undefined ? message : `${where}: ${message}`,
      where: `${option} ${text}`,
      ...(expected === undefined ? {} : { expected }),
      ...(got === undefined ? {} : { got }),
    })
  }
}

/** The entry of a table with a name, in any case. */
export function lookUp<T extends { readonly name: string }>(
  option: string,
  table: readonly T[],
  { name }: { readonly name: string },
): T {
  const plain = (word: string): string => word.toLowerCase().replaceAll("-", "")
  const found = table.find((entry) => plain(entry.name) === plain(name))
  if (found !== undefined) return found
  throw invalidOption(option, table.map((entry) => entry.name).join(" | "), name)
}

/** `name: option=default, …` for help texts. */
export function describeOptions(options: Readonly<Record<string, unknown>>): string {
  const shown = (value: unknown): string => {
    if (Array.isArray(value)) return value.join("/")
    return String(value)
  }
  return Object.entries(options)
    .map(([name, value]) => `${name}=${shown(value)}`)
    .join(", ")
}

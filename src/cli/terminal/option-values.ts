import { NablaError } from "../../base/index.ts"

/** The bounds of a number that an option takes. */
export interface Bounds {
  readonly whole?: boolean
  readonly min: number
  /** Whether the lower bound itself is excluded. */
  readonly above?: boolean
  /** The upper bound is always excluded. */
  readonly below?: number
}

/** A parser for an option that takes a number. */
export function number(option: string, bounds: Bounds): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text)
    const { whole = false, min, above = false, below = Number.POSITIVE_INFINITY } = bounds
    const fits = (above ? value > min : value >= min) && value < below
    if (fits && (!whole || Number.isSafeInteger(value))) return value
    throw invalidOption(option, describe(bounds), text)
  }
}

function describe({ whole, min, above, below }: Bounds): string {
  const kind = whole ? "a whole number" : "a number"
  return `${kind} ${above ? ">" : "≥"} ${min}${below === undefined ? "" : ` and < ${below}`}`
}

/** A parser for an option that takes one of a few words. */
export function choice<Word extends string>(option: string, words: readonly Word[]): (text: string) => Word {
  const parse = (text: string): Word => {
    if ((words as readonly string[]).includes(text)) return text as Word
    throw invalidOption(option, words.join(" | "), text)
  }
  return taking(words, parse)
}

const known = new WeakMap<object, readonly string[]>()

/** Says which words a parser takes, or which of those that it takes have names; for the completion in a shell. */
export function taking<Parser extends object>(words: readonly string[], parse: Parser): Parser {
  known.set(parse, words)
  return parse
}

export function wordsOf(parse: object | undefined): readonly string[] | undefined {
  return parse && known.get(parse)
}

/** A parser for an option that takes a name or a path: anything but nothing. */
export function notEmpty(option: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== "") return text
    throw invalidOption(option, "a name that is not empty", text)
  }
}

/** A parser for a name that becomes a folder inside another: no path, nothing hidden. */
export function folderName(option: string): (text: string) => string {
  return (text) => {
    if (/^[^./\\][^/\\]*$/.test(text)) return text
    throw invalidOption(option, "a name without slashes that does not begin with a dot", text)
  }
}

export function invalidOption(option: string, expected: string, got: string): NablaError {
  const shown = got === "" ? "nothing" : got
  return new NablaError("NABLA_INVALID_OPTION", {
    message: "the option does not take this value",
    expected,
    got: shown,
    where: option,
  })
}

import { NablaError, Random } from "../base/index.ts"
import { checkCount } from "./check.ts"

export type ArithmeticOperator = "+" | "-" | "*"

export interface ArithmeticOptions {
  /** How many lines. Default: 10,000. */
  readonly n?: number
  /** Digits of each number, at most. Default: 2. */
  readonly digits?: number
  /** Which operators occur. Default: `["+"]`. */
  readonly operators?: readonly ArithmeticOperator[]
  /** Whether the answer is written from its last digit on, in the order in which it is worked out. Default: false. */
  readonly reversed?: boolean
  /** Any whole number. Default: 0. */
  readonly seed?: number
}

const answers: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
}

/**
 * Sums as a text for models of characters: lines such as `17+5=22`, with numbers a, b ~ U{0, …, 10^digits − 1}.
 *
 * Whether a model has learned it can be told exactly, character by character. Reversed answers are easier to learn, since
 * each digit then follows from what is already written (Lee et al., "Teaching Arithmetic to Small Transformers", 2023).
 *
 * @throws NABLA_INVALID_ARGUMENT for counts that are none, more than 15 digits in an answer, or other operators
 *
 * @example arithmeticText({ n: 2, digits: 1, seed: 1 }) // two lines such as "3+8=11"
 */
export function arithmeticText(options: ArithmeticOptions = {}): string {
  const { n = 10_000, digits = 2, operators = ["+"], reversed = false, seed = 0 } = options
  checkCount("arithmeticText", "n", n, 1)
  checkCount("arithmeticText", "digits", digits, 1)
  const known = operators.length > 0 && operators.every((operator) => Object.hasOwn(answers, operator))
  // Beyond that doubles do not hold each whole number.
  if (!known || digits * (operators.includes("*") ? 2 : 1) > 15)
    throw new NablaError("NABLA_INVALID_ARGUMENT", {
      message: "there is no such arithmetic",
      expected: `operators among ${Object.keys(answers).join(" ")}, and answers of at most 15 digits`,
      got: `${digits} digits, ${JSON.stringify(operators)}`,
      where: "arithmeticText",
    })
  const random = new Random(seed)
  const lines = Array.from({ length: n }, () => {
    const [a, b] = [random.integer(10 ** digits), random.integer(10 ** digits)]
    const operator = operators[random.integer(operators.length)]!
    const answer = String(answers[operator](a, b))
    return `${a}${operator}${b}=${reversed ? [...answer].reverse().join("") : answer}\n`
  })
  return lines.join("")
}

import type { Tensor } from "../tensor/index.ts"
import { full, maximum, minimum } from "../tensor/index.ts"
import { invalid } from "./check.ts"
import type { CustomSurfaceOptions } from "./custom.ts"
import { custom } from "./custom.ts"
import type { Surface } from "./surface.ts"

/** Something that gives a tensor from the coordinates. */
type Formula = (coordinates: readonly Tensor[]) => Tensor

const functions: Readonly<Record<string, (...args: Tensor[]) => Tensor>> = {
  sin: (x) => x!.sin(),
  cos: (x) => x!.cos(),
  tan: (x) => x!.sin().div(x!.cos()),
  exp: (x) => x!.exp(),
  log: (x) => x!.log(),
  ln: (x) => x!.log(),
  sqrt: (x) => x!.sqrt(),
  abs: (x) => x!.abs(),
  tanh: (x) => x!.tanh(),
  min: (x, y) => minimum(x!, y!),
  max: (x, y) => maximum(x!, y!),
}

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E }

const argumentsOf = (name: string): number => (name === "min" || name === "max" ? 2 : 1)

export interface ExpressionOptions extends Omit<CustomSurfaceOptions, "start" | "formula"> {
  /** The names of the coordinates. Default: x, y. */
  readonly coordinates?: readonly string[]
  /** Default: 1 in each coordinate. */
  readonly start?: CustomSurfaceOptions["start"]
}

/**
 * A surface from text: numbers, coordinates, + − * / ^, parentheses, pi, e, and the functions sin, cos, tan, exp, log
 * (ln), sqrt, abs, tanh, min, max. Nothing else is understood, and nothing is run as code.
 *
 * Powers bind from the right and before a sign: −x^2 is −(x²), 2^3^2 is 2^9.
 *
 * @throws NABLA_INVALID_ARGUMENT for text that is no such expression, with the place where it stops being one
 *
 * @example const mine = surfaces.expression("x^2 + 10*sin(y)^2", { start: [2, 1] })
 */
export function expression(text: string, options: ExpressionOptions = {}): Surface {
  const { coordinates = ["x", "y"], start = coordinates.map(() => 1), ...rest } = options
  const formula = new Parser(text, coordinates).parse()
  return custom((...values) => formula(values), { name: "expression", ...rest, formula: text, start })
}

interface Token {
  readonly text: string
  readonly at: number
}

const tokenPattern = /\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|[-+*/^(),])/y

/** Recursive descent: sum, product, sign, power, atom. */
class Parser {
  private readonly text: string
  private readonly coordinates: readonly string[]
  private readonly tokens: readonly Token[]
  private next = 0

  constructor(text: string, coordinates: readonly string[]) {
    this.text = text
    this.coordinates = coordinates
    this.tokens = this.split()
  }

  parse(): Formula {
    const formula = this.sum()
    const rest = this.tokens[this.next]
    if (rest !== undefined) throw this.wrong(rest.at, "an operator or the end")
    return formula
  }

  private split(): Token[] {
    const tokens: Token[] = []
    const end = this.text.trimEnd().length
    tokenPattern.lastIndex = 0
    for (let at = 0; at < end; at = tokenPattern.lastIndex) {
      const match = tokenPattern.exec(this.text)
      if (match === null)
        throw this.wrong(at + this.text.slice(at).search(/\S/), "a number, a name or an operator")
      tokens.push({ text: match[1]!, at: match.index + match[0].length - match[1]!.length })
    }
    return tokens
  }

  private sum(): Formula {
    let left = this.product()
    for (let sign = this.take("+", "-"); sign !== null; sign = this.take("+", "-")) {
      const [a, b, plus] = [left, this.product(), sign === "+"]
      left = (v) => (plus ? a(v).add(b(v)) : a(v).sub(b(v)))
    }
    return left
  }

  private product(): Formula {
    let left = this.signed()
    for (let sign = this.take("*", "/"); sign !== null; sign = this.take("*", "/")) {
      const [a, b, times] = [left, this.signed(), sign === "*"]
      left = (v) => (times ? a(v).mul(b(v)) : a(v).div(b(v)))
    }
    return left
  }

  private signed(): Formula {
    const sign = this.take("+", "-")
    if (sign === null) return this.power()
    const inner = this.signed()
    return sign === "-" ? (v) => inner(v).neg() : inner
  }

  private power(): Formula {
    const base = this.atom()
    if (this.take("^") === null) return base
    // A number that stands alone stays a number, so that whole powers of negative values have derivatives.
    const number = this.soleNumber()
    const exponent = this.signed()
    return number === null ? (v) => base(v).pow(exponent(v)) : (v) => base(v).pow(number)
  }

  /** The number that the whole exponent consists of, such as 2 or −1; null for anything longer. */
  private soleNumber(): number | null {
    const sign = this.tokens[this.next]?.text === "-" ? 1 : 0
    const [token, after] = [this.tokens[this.next + sign], this.tokens[this.next + sign + 1]]
    if (token === undefined || !/^[\d.]/.test(token.text) || after?.text === "^") return null
    return sign === 1 ? -Number(token.text) : Number(token.text)
  }

  private atom(): Formula {
    const token = this.tokens[this.next++]
    if (token === undefined) throw this.wrong(this.text.length, "a number, a coordinate, a function or (")
    if (token.text === "(") return this.closed(this.sum())
    if (/^[\d.]/.test(token.text)) return constant(Number(token.text))
    const coordinate = this.coordinates.indexOf(token.text)
    if (coordinate !== -1) return (values) => values[coordinate]!
    if (Object.hasOwn(constants, token.text)) return constant(constants[token.text]!)
    if (Object.hasOwn(functions, token.text)) return this.call(token.text)
    const names = [...this.coordinates, ...Object.keys(constants), ...Object.keys(functions)]
    throw this.wrong(token.at, `a number, (, or one of ${names.join(", ")}`)
  }

  private call(name: string): Formula {
    if (this.take("(") === null)
      throw this.wrong(this.tokens[this.next]?.at ?? this.text.length, `( after ${name}`)
    const args = [this.sum()]
    while (args.length < argumentsOf(name)) {
      if (this.take(",") === null)
        throw this.wrong(
          this.tokens[this.next]?.at ?? this.text.length,
          `${argumentsOf(name)} arguments of ${name}`,
        )
      args.push(this.sum())
    }
    return this.closed((values) => functions[name]!(...args.map((arg) => arg(values))))
  }

  private closed(inner: Formula): Formula {
    if (this.take(")") !== null) return inner
    throw this.wrong(this.tokens[this.next]?.at ?? this.text.length, ")")
  }

  private take(...symbols: readonly string[]): string | null {
    const text = this.tokens[this.next]?.text
    if (text === undefined || !symbols.includes(text)) return null
    this.next++
    return text
  }

  private wrong(at: number, expected: string): Error {
    const got =
      at >= this.text.length ? "the end" : `“${this.text.slice(at, at + 12)}” at character ${at + 1}`
    return invalid("expression", `“${this.text}” cannot be read`, expected, got)
  }
}

function constant(value: number): Formula {
  return ([first]) => full(first!.shape, value, { dtype: first!.dtype })
}

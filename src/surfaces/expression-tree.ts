import type { Tensor } from "../tensor/index.ts"
import { full, maximum, minimum } from "../tensor/index.ts"
import { invalid } from "./check.ts"

/** What an expression is made of: numbers, coordinates, and functions of such. */
export type ExpressionTree =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "coordinate"; readonly index: number }
  | { readonly kind: "call"; readonly name: ExpressionFunction; readonly args: readonly ExpressionTree[] }

/**
 * The functions that an expression is made of, + − * / ^ and the sign among them. All take tensors; only the exponent of
 * `pow` may be a number, so that whole powers of negative values have derivatives.
 */
export const expressionFunctions = {
  add: (x: Tensor, y: Tensor) => x.add(y),
  sub: (x: Tensor, y: Tensor) => x.sub(y),
  mul: (x: Tensor, y: Tensor) => x.mul(y),
  div: (x: Tensor, y: Tensor) => x.div(y),
  pow: (x: Tensor, y: Tensor | number) => x.pow(y),
  neg: (x: Tensor) => x.neg(),
  sin: (x: Tensor) => x.sin(),
  cos: (x: Tensor) => x.cos(),
  exp: (x: Tensor) => x.exp(),
  log: (x: Tensor) => x.log(),
  sqrt: (x: Tensor) => x.sqrt(),
  abs: (x: Tensor) => x.abs(),
  tanh: (x: Tensor) => x.tanh(),
  min: (x: Tensor, y: Tensor) => minimum(x, y),
  max: (x: Tensor, y: Tensor) => maximum(x, y),
} as const

export type ExpressionFunction = keyof typeof expressionFunctions

/** The value of an expression at coordinates that all have one shape and type. */
export function evaluateExpression(tree: ExpressionTree, coordinates: readonly Tensor[]): Tensor {
  switch (tree.kind) {
    case "coordinate":
      return coordinates[tree.index]!
    case "number": {
      const [{ shape, dtype }] = coordinates as [Tensor]
      return full(shape, tree.value, { dtype })
    }
    case "call": {
      const args = tree.args.map((arg, i) =>
        tree.name === "pow" && i === 1 && arg.kind === "number"
          ? arg.value
          : evaluateExpression(arg, coordinates),
      )
      const f = expressionFunctions[tree.name] as (...args: (Tensor | number)[]) => Tensor
      return f(...args)
    }
  }
}

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E }

const call = (name: ExpressionFunction, ...args: ExpressionTree[]): ExpressionTree => ({
  kind: "call",
  name,
  args,
})

/** How each function that can be written is made of those above. */
const written: Readonly<Record<string, (...args: ExpressionTree[]) => ExpressionTree>> = {
  ...Object.fromEntries(
    (["sin", "cos", "exp", "log", "sqrt", "abs", "tanh", "min", "max"] as const).map((name) => [
      name,
      (...args: ExpressionTree[]) => call(name, ...args),
    ]),
  ),
  ln: (x) => call("log", x!),
  tan: (x) => call("div", call("sin", x!), call("cos", x!)),
}

const argumentsOf = (name: string): number => (name === "min" || name === "max" ? 2 : 1)

/**
 * Reads an expression: numbers, coordinates, + − * / ^, parentheses, pi, e, and the functions sin, cos, tan, exp, log
 * (ln), sqrt, abs, tanh, min, max. Nothing else is understood, and nothing is run as code.
 *
 * Powers bind from the right and before a sign: −x^2 is −(x²), 2^3^2 is 2^9.
 *
 * @param coordinates their names
 * @throws NABLA_INVALID_ARGUMENT for text that is no such expression, with the place where it stops being one
 *
 * @example surfaces.parseExpression("x*y", ["x", "y"]) // { kind: "call", name: "mul", args: [{ kind: "coordinate", index: 0 }, …] }
 */
export function parseExpression(text: string, coordinates: readonly string[] = ["x", "y"]): ExpressionTree {
  return new Parser(text, coordinates).parse()
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

  parse(): ExpressionTree {
    const tree = this.sum()
    const rest = this.tokens[this.next]
    if (rest !== undefined) throw this.wrong(rest.at, "an operator or the end")
    return tree
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

  private sum(): ExpressionTree {
    let left = this.product()
    for (let sign = this.take("+", "-"); sign !== null; sign = this.take("+", "-"))
      left = call(sign === "+" ? "add" : "sub", left, this.product())
    return left
  }

  private product(): ExpressionTree {
    let left = this.signed()
    for (let sign = this.take("*", "/"); sign !== null; sign = this.take("*", "/"))
      left = call(sign === "*" ? "mul" : "div", left, this.signed())
    return left
  }

  private signed(): ExpressionTree {
    const sign = this.take("+", "-")
    if (sign === null) return this.power()
    const inner = this.signed()
    return sign === "-" ? call("neg", inner) : inner
  }

  private power(): ExpressionTree {
    const base = this.atom()
    if (this.take("^") === null) return base
    const number = this.soleNumber()
    const exponent = this.signed()
    return call("pow", base, number === null ? exponent : { kind: "number", value: number })
  }

  /** The number that the whole exponent consists of, such as 2 or −1; null for anything longer. */
  private soleNumber(): number | null {
    const sign = this.tokens[this.next]?.text === "-" ? 1 : 0
    const [token, after] = [this.tokens[this.next + sign], this.tokens[this.next + sign + 1]]
    if (token === undefined || !/^[\d.]/.test(token.text) || after?.text === "^") return null
    return sign === 1 ? -Number(token.text) : Number(token.text)
  }

  private atom(): ExpressionTree {
    const token = this.tokens[this.next++]
    if (token === undefined) throw this.wrong(this.text.length, "a number, a coordinate, a function or (")
    if (token.text === "(") return this.closed(this.sum())
    if (/^[\d.]/.test(token.text)) return { kind: "number", value: Number(token.text) }
    const index = this.coordinates.indexOf(token.text)
    if (index !== -1) return { kind: "coordinate", index }
    if (Object.hasOwn(constants, token.text)) return { kind: "number", value: constants[token.text]! }
    if (Object.hasOwn(written, token.text)) return this.call(token.text)
    const names = [...this.coordinates, ...Object.keys(constants), ...Object.keys(written)]
    throw this.wrong(token.at, `a number, (, or one of ${names.join(", ")}`)
  }

  private call(name: string): ExpressionTree {
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
    return this.closed(written[name]!(...args))
  }

  private closed(inner: ExpressionTree): ExpressionTree {
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

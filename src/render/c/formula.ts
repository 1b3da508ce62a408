import type { Lanes, Term } from "../../kernel/index.ts"
import { argument, HALF_PI_HIGH, HALF_PI_LOW, integerTerms } from "../../kernel/index.ts"
import { cType, number } from "./text.ts"

const OPERATORS: Partial<Record<Term["op"], string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  integerAdd: "+",
  integerSub: "-",
  and: "&",
  or: "|",
  xor: "^",
  shiftLeft: "<<",
  shiftRight: ">>",
}
const COMPARISONS: Partial<Record<Term["op"], string>> = { lessThan: "<", equal: "==", integerEqual: "==" }

/** What a formula needs of the renderer: names of helpers that it may call. */
export interface FormulaHelpers {
  splat(type: "f32" | "i32", lanes: Lanes): string
  select(type: "f32", lanes: Lanes): string
  abs(lanes: Lanes): string
  bits(lanes: Lanes): string
  fromBits(lanes: Lanes): string
  any(lanes: Lanes): string
  /** A double-precision function of one number. */
  host(name: string): string
}

/** The body of a C function of `x`, one line for each term. */
export function formulaBody(formula: (x: Term) => Term, lanes: Lanes, helpers: FormulaHelpers): string[] {
  return new FormulaWriter(lanes, helpers).run(formula(argument()))
}

class FormulaWriter {
  private readonly lanes: Lanes
  private readonly helpers: FormulaHelpers
  private readonly names = new Map<Term, string>()
  private readonly lines: string[] = []

  constructor(lanes: Lanes, helpers: FormulaHelpers) {
    this.lanes = lanes
    this.helpers = helpers
  }

  run(root: Term): string[] {
    const result = this.name(root)
    return [...this.lines, `return ${result};`]
  }

  private name(term: Term): string {
    if (term.op === "argument") return "x"
    const known = this.names.get(term)
    if (known !== undefined) return known
    const text = this.text(term)
    const name = `t${this.names.size}`
    const type = cType(integerTerms.includes(term.op) ? "i32" : "f32", this.lanes)
    this.lines.push(`${type} ${name} = ${text};`)
    if (term.op === "orElse") this.patch(name, term)
    this.names.set(term, name)
    return name
  }

  private get wide(): boolean {
    return this.lanes > 1
  }

  private constant(type: "f32" | "i32", value: number): string {
    const literal = number(type, value)
    return this.wide ? `${this.helpers.splat(type, this.lanes)}(${literal})` : literal
  }

  private text(term: Term): string {
    const { helpers, lanes } = this
    const args = term.args.map((arg) => this.name(arg))
    const [a, b, c] = args
    const operator = OPERATORS[term.op]
    if (operator !== undefined) return `${a} ${operator} ${b ?? term.value}`
    const comparison = COMPARISONS[term.op]
    if (comparison !== undefined)
      return `${this.wide ? `(${cType("i32", lanes)})` : ""}(${a} ${comparison} ${b})`
    switch (term.op) {
      case "float":
        return this.constant("f32", term.value)
      case "integer":
        return this.constant("i32", term.value)
      case "neg":
        return `-${a}`
      case "abs":
        return `${helpers.abs(lanes)}(${a})`
      case "bits":
        return `${helpers.bits(lanes)}(${a})`
      case "fromBits":
        return `${helpers.fromBits(lanes)}(${a})`
      case "toFloat":
        return this.wide ? `__builtin_convertvector(${a}, ${cType("f32", lanes)})` : `(f32)${a}`
      case "select":
        return this.select(c!, a!, b!)
      case "atMost":
      case "atLeast":
        return this.bound(term, a!)
      case "reduceQuarterTurns":
        return this.reduceQuarterTurns(a!, b!)
      case "orElse":
        return b!
      default:
        throw new Error(`no C for ${term.op}`)
    }
  }

  private select(condition: string, a: string, b: string): string {
    if (!this.wide) return `${condition} ? ${a} : ${b}`
    return `${this.helpers.select("f32", this.lanes)}(${condition}, ${a}, ${b})`
  }

  /** The bound where it is smaller (greater) than the value, otherwise the value: so NaN passes. */
  private bound(term: Term, x: string): string {
    const bound = this.constant("f32", term.value)
    const comparison = `(${bound} ${term.op === "atMost" ? "<" : ">"} ${x})`
    return this.select(this.wide ? `(${cType("i32", this.lanes)})${comparison}` : comparison, bound, x)
  }

  private reduceQuarterTurns(x: string, n: string): string {
    const wide = (v: string): string =>
      this.wide ? `__builtin_convertvector(${v}, ${cType("f64", this.lanes)})` : `(f64)${v}`
    const text = `${wide(x)} - ${wide(n)} * ${number("f64", HALF_PI_HIGH)} - ${wide(n)} * ${number("f64", HALF_PI_LOW)}`
    return this.wide ? `__builtin_convertvector(${text}, ${cType("f32", this.lanes)})` : `(f32)(${text})`
  }

  /** Replaces the lanes outside the formula's range by the double-precision function of libm. */
  private patch(name: string, term: Term): void {
    const x = this.name(term.args[0]!)
    const host = this.helpers.host(term.host)
    const limit = number("f32", term.value)
    const inside = `${this.helpers.abs(this.lanes)}(${x}) < ${this.constant("f32", term.value)}`
    if (!this.wide) {
      this.lines.push(`if (!(${inside})) ${name} = (f32)${host}((f64)${x});`)
      return
    }
    const one = `if (!(__builtin_fabsf(${x}[l]) < ${limit})) ${name}[l] = (f32)${host}((f64)${x}[l]);`
    this.lines.push(`if (${this.helpers.any(this.lanes)}(~(${cType("i32", this.lanes)})(${inside})))`)
    this.lines.push(`  for (i32 l = 0; l < ${this.lanes}; l++) ${one}`)
  }
}

/**
 * The little language that the vectorised functions are written in: expressions over 32-bit floats, their bits as
 * integers, and truth values. One formula gives the scalar and the vector function, with the same rounding in
 * every lane.
 */

/** A node of a formula. A term that is used twice is computed once. */
export interface Term {
  readonly op: TermOp
  readonly args: readonly Term[]
  /** The constant, the shift count or the bound. */
  readonly value: number
  /** The function of the host that `orElse` falls back to. */
  readonly host: string
}

export type TermOp =
  | "argument"
  | "float"
  | "integer"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "abs"
  | "neg"
  | "atMost"
  | "atLeast"
  | "lessThan"
  | "equal"
  | "select"
  | "bits"
  | "fromBits"
  | "toFloat"
  | "integerAdd"
  | "integerSub"
  | "and"
  | "or"
  | "xor"
  | "shiftLeft"
  | "shiftRight"
  | "integerEqual"
  | "reduceQuarterTurns"
  | "orElse"

/** The operations whose value is an integer or a truth value. */
export const integerTerms: readonly TermOp[] = [
  "integer",
  "bits",
  "integerAdd",
  "integerSub",
  "and",
  "or",
  "xor",
  "shiftLeft",
  "shiftRight",
  "lessThan",
  "equal",
  "integerEqual",
]

// π/2 in two parts: the upper one has 36 bits, so that its product with a 17-bit number is exact.
export const HALF_PI_HIGH = 1.5707963267923333
export const HALF_PI_LOW = 2.5633441515945189e-12

function term(op: TermOp, args: readonly Term[] = [], value = 0, host = ""): Term {
  return { op, args, value, host }
}

export const argument = (): Term => term("argument")
export const float = (value: number): Term => term("float", [], Math.fround(value))
export const integer = (value: number): Term => term("integer", [], value | 0)

export const add = (a: Term, b: Term): Term => term("add", [a, b])
export const sub = (a: Term, b: Term): Term => term("sub", [a, b])
export const mul = (a: Term, b: Term): Term => term("mul", [a, b])
export const div = (a: Term, b: Term): Term => term("div", [a, b])
export const abs = (a: Term): Term => term("abs", [a])
export const neg = (a: Term): Term => term("neg", [a])
/** The smaller of a number and a bound; NaN stays NaN. One instruction, where `min` takes eight on x64. */
export const atMost = (a: Term, bound: number): Term => term("atMost", [a], bound)
export const atLeast = (a: Term, bound: number): Term => term("atLeast", [a], bound)

export const lessThan = (a: Term, b: Term): Term => term("lessThan", [a, b])
export const equal = (a: Term, b: Term): Term => term("equal", [a, b])
export const select = (condition: Term, a: Term, b: Term): Term => term("select", [a, b, condition])

export const bits = (a: Term): Term => term("bits", [a])
export const fromBits = (a: Term): Term => term("fromBits", [a])
/** The float nearest to an integer. */
export const toFloat = (a: Term): Term => term("toFloat", [a])
export const integerAdd = (a: Term, b: Term): Term => term("integerAdd", [a, b])
export const integerSub = (a: Term, b: Term): Term => term("integerSub", [a, b])
export const and = (a: Term, b: Term): Term => term("and", [a, b])
export const or = (a: Term, b: Term): Term => term("or", [a, b])
export const xor = (a: Term, b: Term): Term => term("xor", [a, b])
export const shiftLeft = (a: Term, count: number): Term => term("shiftLeft", [a], count)
/** With sign. */
export const shiftRight = (a: Term, count: number): Term => term("shiftRight", [a], count)
export const integerEqual = (a: Term, b: Term): Term => term("integerEqual", [a, b])

/** x − n·π/2 in double precision, rounded once; exact to the last bit but one for |n| < 2¹⁷. */
export const reduceQuarterTurns = (x: Term, n: Term): Term => term("reduceQuarterTurns", [x, n])

/** `value` in the lanes where |x| < `limit`, and the host's double-precision function of x elsewhere. */
export function orElse(x: Term, value: Term, limit: number, host: string): Term {
  return term("orElse", [x, value], limit, host)
}

/**
 * c₀ + c₁x + c₂x² + … by Estrin's scheme: neighbours are joined with x, the pairs with x², and so on. It takes a few
 * multiplications more than Horner's, and half the time, since processors work on several of its parts at once.
 */
export function polynomial(x: Term, coefficients: readonly number[]): Term {
  let parts = coefficients.map(float)
  for (let power = x; parts.length > 1; power = mul(power, power)) {
    const joined: Term[] = []
    for (let i = 0; i < parts.length; i += 2) {
      const [low, high] = [parts[i]!, parts[i + 1]]
      joined.push(high === undefined ? low : add(low, mul(high, power)))
    }
    parts = joined
  }
  return parts[0]!
}

const SIGN = -0x8000_0000

/** The size of one number with the sign of another. */
export function withSignOf(size: Term, signed: Term): Term {
  return fromBits(or(bits(size), and(bits(signed), integer(SIGN))))
}

// Adding 1.5·2²³ leaves a float whose last bit is worth 1: the sum is rounded to a whole number, half to even, and
// the low bits of its representation are that number.
const ROUNDER = 12582912
const ROUNDER_BITS = 0x4b40_0000

/** The whole number nearest to x, |x| < 2²², as a float and as an integer. */
export function nearest(x: Term): { float: Term; integer: Term } {
  const sum = add(x, float(ROUNDER))
  return { float: sub(sum, float(ROUNDER)), integer: integerSub(bits(sum), integer(ROUNDER_BITS)) }
}

/** 2ⁿ for an integer −126 ≤ n ≤ 127. */
export function powerOfTwo(n: Term): Term {
  return fromBits(shiftLeft(integerAdd(n, integer(127)), 23))
}

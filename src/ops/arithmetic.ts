import type { DType } from "../base/index.ts"
import type { Node } from "../graph/index.ts"
import { makeNode } from "../graph/index.ts"
import type { ArithmeticOp, CompareOp, UnaryOp } from "../kernel/index.ts"
import { scalarOf } from "../kernel/index.ts"
import { constantLike } from "./broadcast.ts"
import { elementwise } from "./elementwise.ts"
import type { NoAttrs, Primitive } from "./record.ts"
import { noAttrs } from "./record.ts"

type Derivative = (t: Node, i: number, node: Node) => Node | null

const plus = (a: Node, b: Node): Node => add(a, b)

/* @__NO_SIDE_EFFECTS__ */
export function unaryOp(
  name: string,
  op: UnaryOp,
  cost: number,
  derivative: Derivative | null,
): Primitive<NoAttrs> {
  return elementwise<NoAttrs>({ name, cost, value: (b, [x]) => b.unary(op, x!), derivative, plus })
}

/* @__NO_SIDE_EFFECTS__ */
export function binaryOp(
  name: string,
  op: ArithmeticOp,
  cost: number,
  derivative: Derivative | null,
): Primitive<NoAttrs> {
  return elementwise<NoAttrs>({ name, cost, value: (b, [x, y]) => b.binary(op, x!, y!), derivative, plus })
}

/* @__NO_SIDE_EFFECTS__ */
function compareOp(op: CompareOp): Primitive<NoAttrs> {
  return elementwise<NoAttrs>({
    name: op,
    dtype: () => "bool",
    value: (b, [x, y]) => b.compare(op, x!, y!),
    derivative: null,
  })
}

export function apply(record: Primitive<NoAttrs>, ...inputs: Node[]): Node {
  return makeNode(record, inputs, noAttrs)
}

/** Ways to write an operation on nodes once its record exists. */
/* @__NO_SIDE_EFFECTS__ */
export const unary =
  (record: Primitive<NoAttrs>) =>
  (x: Node): Node =>
    apply(record, x)
/* @__NO_SIDE_EFFECTS__ */
export const binary =
  (record: Primitive<NoAttrs>) =>
  (x: Node, y: Node): Node =>
    apply(record, x, y)

// d(a + b) = da + db
export const addOp = binaryOp("add", "add", 1, (t) => t)
export const add = binary(addOp)

// d(a − b) = da − db
export const subOp = binaryOp("sub", "sub", 1, (t, i) => (i === 0 ? t : neg(t)))
export const sub = binary(subOp)

// d(−a) = −da
export const negOp = unaryOp("neg", "neg", 1, (t) => neg(t))
export const neg = unary(negOp)

// d(a·b) = b·da + a·db
export const mulOp = binaryOp("mul", "mul", 1, (t, i, { inputs }) => mul(t, inputs[1 - i]!))
export const mul = binary(mulOp)

// d(a/b) = da/b − (a/b)·db/b
export const divOp = binaryOp("div", "div", 4, (t, i, node) => {
  const [, b] = node.inputs
  return i === 0 ? div(t, b!) : neg(div(mul(t, node), b!))
})
export const div = binary(divOp)

/** Multiplication by a number that belongs to a formula. */
export function scale(x: Node, factor: number): Node {
  return factor === 1 ? x : mul(x, constantLike(x, factor))
}

export const eqOp = compareOp("eq")
export const neOp = compareOp("ne")
export const ltOp = compareOp("lt")
export const leOp = compareOp("le")
export const gtOp = compareOp("gt")
export const geOp = compareOp("ge")
export const eq = binary(eqOp)
export const ne = binary(neOp)
export const lt = binary(ltOp)
export const le = binary(leOp)
export const gt = binary(gtOp)
export const ge = binary(geOp)

export const andOp = binaryOp("and", "and", 1, null)
export const orOp = binaryOp("or", "or", 1, null)
export const xorOp = binaryOp("xor", "xor", 1, null)
export const notOp = unaryOp("not", "not", 1, null)
export const and = binary(andOp)
export const or = binary(orOp)
export const xor = binary(xorOp)
export const not = unary(notOp)

export const shiftLeftOp = binaryOp("shiftLeft", "shl", 1, null)
export const shiftRightOp = binaryOp("shiftRight", "shr", 1, null)
export const mulHighOp = binaryOp("mulHigh", "mulhu", 1, null)
export const shiftLeft = binary(shiftLeftOp)
export const shiftRight = binary(shiftRightOp)
export const mulHigh = binary(mulHighOp)

/** condition ? a : b; the derivative follows the chosen side only, so that the other may be infinite. */
export const whereOp: Primitive<NoAttrs> = elementwise<NoAttrs>({
  name: "where",
  mixed: true,
  dtype: ([, a]) => a!.dtype,
  value: (b, [c, x, y]) => b.select(c!, x!, y!),
  derivative: (t, i, { inputs: [c] }) => {
    if (i === 0) return null
    const zero = constantLike(t, 0)
    return i === 1 ? where(c!, t, zero) : where(c!, zero, t)
  },
  plus,
})
export function where(condition: Node, a: Node, b: Node): Node {
  return apply(whereOp, condition, a, b)
}

/** Derivative of a maximum or minimum: to the chosen side; in halves where both are equal. */
const extremum: (chosen: (a: Node, b: Node) => Node) => Derivative =
  (chosen) =>
  (t, i, { inputs }) => {
    const mine = inputs[i]!
    const other = inputs[1 - i]!
    const half = scale(t, 0.5)
    return where(eq(mine, other), half, where(chosen(mine, other), t, constantLike(t, 0)))
  }

export const maximumOp = binaryOp(
  "maximum",
  "max",
  1,
  extremum((a, b) => gt(a, b)),
)
export const minimumOp = binaryOp(
  "minimum",
  "min",
  1,
  extremum((a, b) => lt(a, b)),
)
export const maximum = binary(maximumOp)
export const minimum = binary(minimumOp)

// d|a| = sign(a)·da, with 0 at 0
export const absOp = unaryOp("abs", "abs", 1, (t, _, { inputs: [x] }) => mul(t, sign(x!)))
export const abs = unary(absOp)

export const signOp = unaryOp("sign", "sign", 2, null)
export const sign = unary(signOp)

export const floorOp = unaryOp("floor", "floor", 1, null)
export const ceilOp = unaryOp("ceil", "ceil", 1, null)
export const truncOp = unaryOp("trunc", "trunc", 1, null)
export const roundOp = unaryOp("round", "round", 1, null)
export const floor = unary(floorOp)
export const ceil = unary(ceilOp)
export const trunc = unary(truncOp)
export const round = unary(roundOp)

/** Remainder with the sign of the dividend (C's fmod): a − b·trunc(a/b). */
export const fmodOp = binaryOp("fmod", "rem", 8, (t, i, { inputs: [a, b] }) =>
  i === 0 ? t : neg(mul(t, trunc(div(a!, b!)))),
)
export const fmod = binary(fmodOp)

/** Remainder with the sign of the divisor: a − b·⌊a/b⌋, that of fmod plus b where the signs differ. */
export const remainderOp: Primitive<NoAttrs> = elementwise<NoAttrs>({
  name: "remainder",
  cost: 10,
  value: (b, [x, y], _, type) => {
    const zero = b.constant(type, 0)
    const r = b.binary("rem", x!, y!)
    const turned = b.binary("xor", b.compare("lt", r, zero), b.compare("lt", y!, zero))
    const opposite = b.binary("and", b.compare("ne", r, zero), turned)
    return b.select(opposite, b.binary("add", r, y!), r)
  },
  derivative: (t, i, { inputs: [a, b] }) => (i === 0 ? t : neg(mul(t, floorQuotient(a!, b!)))),
  plus,
})
export const remainder = binary(remainderOp)

/** ⌊a/b⌋ of floats, of the exact quotient and not of the rounded one; its derivative is 0. */
export function floorQuotient(a: Node, b: Node): Node {
  const r = fmod(a, b)
  const zero = constantLike(r, 0)
  // (a − r)/b is whole but for the rounding of the division.
  const whole = round(div(sub(a, r), b))
  const opposite = and(ne(r, zero), xor(lt(r, zero), lt(b, zero)))
  const floored = where(opposite, sub(whole, constantLike(whole, 1)), whole)
  // a/0 stays ±∞ or NaN.
  return detach(where(eq(b, zero), div(a, b), floored))
}

export interface CastAttrs {
  readonly dtype: DType
}

export const castOp: Primitive<CastAttrs> = elementwise<CastAttrs>({
  name: "cast",
  key: ({ dtype }) => dtype,
  dtype: (_, { dtype }) => dtype,
  cost: 1,
  value: (b, [x], { dtype }) => b.convert(scalarOf[dtype], x!),
  derivative: (t, _, node, { dtype }) => {
    const from = node.inputs[0]!.aval.dtype
    // Backwards the cotangent has the result's type, forwards the tangent has the argument's.
    return t.aval.dtype === dtype ? cast(t, from) : cast(t, dtype)
  },
})

export function cast(x: Node, dtype: DType): Node {
  return x.aval.dtype === dtype ? x : makeNode(castOp, [x], { dtype })
}

/** The value without its derivative. */
export const detachOp: Primitive<NoAttrs> = elementwise<NoAttrs>({
  name: "detach",
  detaches: true,
  cost: 0,
  value: (_, [x]) => x!,
  derivative: null,
})
export const detach = unary(detachOp)

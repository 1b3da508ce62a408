import { internalError } from "../../base/index.ts"
import type { ArithmeticOp, Lanes, Scalar, UnaryOp } from "../../kernel/index.ts"
import { formulas } from "../../kernel/index.ts"
import type { FormulaHelpers } from "./formula.ts"
import { formulaBody } from "./formula.ts"
import { specialFunctions } from "./special.ts"
import { cType, lanesOf } from "./text.ts"
import { fusedMultiplyAdd, vectorExtremum, vectorRounding } from "./x86.ts"

const INLINE = "static inline __attribute__((always_inline))"

/** libm's name of an operation in double precision. */
const LIBM: Partial<Record<string, string>> = {
  rem: "fmod",
  erfinv: "nabla_erfinv",
  digamma: "nabla_digamma",
}

const ROUNDING: Partial<Record<UnaryOp, string>> = {
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  trunc: "trunc",
  round: "rint",
}

/** Functions and types that one kernel uses: each is written once, before the first that needs it. */
export class Helpers implements FormulaHelpers {
  /** Their texts by name, in an order that they can be declared in. */
  readonly texts = new Map<string, string>()
  private readonly begun = new Set<string>()
  private once(name: string, make: () => string): string {
    if (!this.begun.has(name)) {
      this.begun.add(name)
      const text = make()
      this.texts.set(name, text)
    }
    return name
  }

  private define(name: string, signature: string, make: () => string[]): string {
    return this.once(name, () => {
      const body = make()
      return [`${INLINE} ${signature} {`, ...body.map((line) => `  ${line}`), "}"].join("\n")
    })
  }

  /** The name of a type, which is declared when it is a vector. `<type>u` is the same in memory, unaligned. */
  type(type: Scalar, lanes: Lanes): string {
    if (lanes > 1) this.once(`types of ${lanes} lanes`, () => vectorTypes(lanes))
    return cType(type, lanes)
  }

  private name(op: string, type: Scalar, lanes: Lanes): string {
    return `${op}_${this.type(type, lanes)}`
  }

  // Bits and lanes ---------------------------------------------------------------------------------------------------

  splat(type: Scalar, lanes: Lanes): string {
    const name = this.name("splat", type, lanes)
    const [vector, scalar] = [cType(type, lanes), cType(type, 1)]
    return this.define(name, `${vector} ${name}(${scalar} a)`, () => [
      `return (${vector}){ ${lanesOf(lanes)
        .map(() => "a")
        .join(", ")} };`,
    ])
  }

  lane(type: Scalar, lanes: Lanes): string {
    const name = this.name("lane", type, lanes)
    const signature = `${cType(type, 1)} ${name}(${cType(type, lanes)} a, i32 l)`
    return this.define(name, signature, () => ["return a[l];"])
  }

  /** The value of a where the lane of the mask is all ones, otherwise that of b. */
  select(type: Scalar, lanes: Lanes): string {
    const name = this.name("select", type, lanes)
    const vector = cType(type, lanes)
    return this.define(name, `${vector} ${name}(i32x${lanes} m, ${vector} a, ${vector} b)`, () => {
      const bits = `i${type === "f64" ? 64 : 32}x${lanes}`
      const mask = type === "f64" ? `__builtin_convertvector(m, ${bits})` : "m"
      return [`${bits} w = ${mask};`, `return (${vector})((w & (${bits})a) | (~w & (${bits})b));`]
    })
  }

  /** Elements 0, 2, 4 … from an address on, without reading beyond the last of them. */
  everySecond(type: Scalar, lanes: Lanes): string {
    const name = this.name("every_second", type, lanes)
    const [vector, scalar] = [cType(type, lanes), cType(type, 1)]
    const half = lanes / 2
    const order = lanesOf(lanes).map((lane) => (lane < half ? 2 * lane : 2 * lane + 1))
    return this.define(name, `${vector} ${name}(const ${scalar}* p)`, () => [
      "",
      "#if __has_builtin(__builtin_shufflevector)",
      `return __builtin_shufflevector((${vector})*(const ${vector}u*)p, (${vector})*(const ${vector}u*)(p + ${lanes - 1}), ${order.join(", ")});`,
      "#else",
      `return (${vector}){ ${lanesOf(lanes)
        .map((lane) => `p[${2 * lane}]`)
        .join(", ")} };`,
      "#endif",
    ])
  }

  /** The lanes of two vectors, numbered through, in another order. */
  shuffle(type: Scalar, order: readonly number[]): string {
    const lanes = order.length as Lanes
    const name = `${this.name("shuffle", type, lanes)}_${order.join("_")}`
    const vector = cType(type, lanes)
    const picked = order.map((at) => (at < lanes ? `a[${at}]` : `b[${at - lanes}]`)).join(", ")
    return this.define(name, `${vector} ${name}(${vector} a, ${vector} b)`, () => [
      "",
      "#if __has_builtin(__builtin_shufflevector)",
      `return __builtin_shufflevector(a, b, ${order.join(", ")});`,
      "#else",
      `return (${vector}){ ${picked} };`,
      "#endif",
    ])
  }

  any(lanes: Lanes): string {
    const name = this.name("any", "i32", lanes)
    return this.define(name, `i32 ${name}(i32x${lanes} m)`, () => [
      "i32 any = 0;",
      `for (i32 l = 0; l < ${lanes}; l++) any |= m[l];`,
      "return any;",
    ])
  }

  bits(lanes: Lanes): string {
    if (lanes > 1) return `(${this.type("i32", lanes)})`
    const body = ["i32 b;", "__builtin_memcpy(&b, &a, 4);", "return b;"]
    return this.define("bits_f32", "i32 bits_f32(f32 a)", () => body)
  }

  fromBits(lanes: Lanes): string {
    if (lanes > 1) return `(${this.type("f32", lanes)})`
    const body = ["f32 b;", "__builtin_memcpy(&b, &a, 4);", "return b;"]
    return this.define("from_bits_f32", "f32 from_bits_f32(i32 a)", () => body)
  }

  /** |a| of 32-bit floats. */
  abs(lanes: Lanes): string {
    return this.unary("abs", "f32", lanes)
  }

  // Operations -------------------------------------------------------------------------------------------------------

  /** A double-precision function of libm, or one of our own that libm lacks. */
  host(op: string): string {
    if (op === "erfinv" || op === "digamma") {
      this.once("polynomial", () => specialFunctions.polynomial)
      this.once(`nabla_${op}`, () => specialFunctions[op])
    }
    return LIBM[op] ?? op
  }

  /** A function of one float that C has no operator for. */
  unary(op: UnaryOp, type: Scalar, lanes: Lanes): string {
    const name = this.name(op, type, lanes)
    const vector = cType(type, lanes)
    return this.define(name, `${vector} ${name}(${vector} x)`, () => this.unaryBody(op, type, lanes))
  }

  private unaryBody(op: UnaryOp, type: Scalar, lanes: Lanes): string[] {
    const vector = cType(type, lanes)
    const rounding = ROUNDING[op]
    const suffix = type === "f32" ? "f" : ""
    if (op === "sign") return this.signBody(type, lanes)
    if (op === "abs") {
      if (lanes === 1) return [`return __builtin_fabs${suffix}(x);`]
      const bits = `i${type === "f64" ? 64 : 32}x${lanes}`
      const mask = type === "f64" ? "0x7fffffffffffffffll" : "0x7fffffff"
      return [`return (${vector})((${bits})x & ${mask});`]
    }
    if (rounding !== undefined) {
      const scalar = `__builtin_${rounding}${suffix}`
      if (lanes === 1) return [`return ${scalar}(x);`]
      return vectorRounding(rounding, type, lanes, this.lanewise(vector, lanes, `${scalar}(x[l])`))
    }
    const formula = type === "f32" ? formulas[op] : undefined
    if (formula !== undefined) {
      if (lanes > 1) this.type("f64", lanes)
      return formulaBody(formula, lanes, this)
    }
    const host = this.host(op)
    const call = (x: string): string => (type === "f32" ? `(f32)${host}((f64)${x})` : `${host}(${x})`)
    return lanes === 1 ? [`return ${call("x")};`] : this.lanewise(vector, lanes, call("x[l]"))
  }

  private lanewise(vector: string, lanes: Lanes, element: string): string[] {
    return [`${vector} r;`, `for (i32 l = 0; l < ${lanes}; l++) r[l] = ${element};`, "return r;"]
  }

  /** ±1 with the sign of x where |x| > 0; otherwise x itself, which is ±0 or NaN. */
  private signBody(type: Scalar, lanes: Lanes): string[] {
    if (lanes === 1) {
      return [`return x > 0 ? (${type})1 : x < 0 ? (${type})-1 : x;`]
    }
    const [select, splat] = [this.select(type, lanes), this.splat(type, lanes)]
    const mask = (comparison: string): string => this.mask(comparison, type, lanes)
    return [`return ${select}(${mask("x > 0")}, ${splat}(1), ${select}(${mask("x < 0")}, ${splat}(-1), x));`]
  }

  /** The comparison of two vectors as a mask of 32-bit lanes. */
  mask(comparison: string, type: Scalar, lanes: Lanes): string {
    this.type(type, lanes)
    if (type !== "f64") return `(i32x${lanes})(${comparison})`
    return `__builtin_convertvector((i64x${lanes})(${comparison}), i32x${lanes})`
  }

  /** A function of two floats that C has no operator for. */
  floatBinary(op: ArithmeticOp, type: Scalar, lanes: Lanes): string {
    const name = this.name(op, type, lanes)
    const vector = cType(type, lanes)
    return this.define(name, `${vector} ${name}(${vector} a, ${vector} b)`, () => {
      if (op === "min" || op === "max") return this.extremumBody(op, type, lanes)
      const host = this.host(op)
      const call = (a: string, b: string): string =>
        type === "f32" ? `(f32)${host}((f64)${a}, (f64)${b})` : `${host}(${a}, ${b})`
      return lanes === 1 ? [`return ${call("a", "b")};`] : this.lanewise(vector, lanes, call("a[l]", "b[l]"))
    })
  }

  /**
   * NaN if either is; of two zeros of different sign, min takes the negative one and max the positive one: the bits of
   * both orders joined. Without branches, since which of two numbers is larger cannot be predicted.
   */
  private extremumBody(op: "min" | "max", type: Scalar, lanes: Lanes): string[] {
    const [order, join] = op === "min" ? ["<", "|"] : [">", "&"]
    const vector = cType(type, lanes)
    const bits = `i${type === "f64" ? 64 : 32}${lanes === 1 ? "" : `x${lanes}`}`
    if (lanes === 1) {
      return [
        `${vector} x = a ${order} b ? a : b, y = b ${order} a ? b : a;`,
        `${bits} i, j;`,
        "__builtin_memcpy(&i, &x, sizeof i);",
        "__builtin_memcpy(&j, &y, sizeof j);",
        `i ${join}= j;`,
        "__builtin_memcpy(&x, &i, sizeof x);",
        "return a != a || b != b ? a + b : x;",
      ]
    }
    const select = this.select(type, lanes)
    const better = (x: string, y: string): string =>
      `${select}(${this.mask(`${x} ${order} ${y}`, type, lanes)}, ${x}, ${y})`
    const unordered = `${this.mask("a != a", type, lanes)} | ${this.mask("b != b", type, lanes)}`
    return [
      ...vectorExtremum(op, type, lanes, better),
      `${vector} r = (${vector})((${bits})x ${join} (${bits})y);`,
      `return ${select}(${unordered}, a + b, r);`,
    ]
  }

  multiplyAdd(type: Scalar, lanes: Lanes): string {
    const name = this.name("multiply_add", type, lanes)
    const vector = cType(type, lanes)
    const signature = `${vector} ${name}(${vector} a, ${vector} b, ${vector} c)`
    return this.define(name, signature, () => fusedMultiplyAdd(type, lanes))
  }

  /** An operation of two i32 that is no operator of C: div and rem never trap, shifts take their count modulo 32. */
  integerBinary(op: ArithmeticOp, lanes: Lanes): string {
    const name = this.name(op, "i32", lanes)
    const vector = cType("i32", lanes)
    const signature = `${vector} ${name}(${vector} a, ${vector} b)`
    return this.define(name, signature, () => this.integerBody(op, vector, lanes))
  }

  private integerBody(op: ArithmeticOp, vector: string, lanes: Lanes): string[] {
    const unsigned = vector.replace("i32", "u32")
    switch (op) {
      case "div":
      case "rem": {
        if (lanes > 1) return this.lanewise(vector, lanes, `${this.integerBinary(op, 1)}(a[l], b[l])`)
        const special = op === "div" ? "b == 0 ? 0 : -a" : "0"
        return [`if (b == 0 || b == -1) return ${special};`, `return a ${op === "div" ? "/" : "%"} b;`]
      }
      case "min":
      case "max": {
        const order = `a ${op === "min" ? "<" : ">"} b`
        if (lanes === 1) return [`return ${order} ? a : b;`]
        return [`return ${this.select("i32", lanes)}((${vector})(${order}), a, b);`]
      }
      case "shl":
        return ["return a << (b & 31);"]
      case "shr":
        return [`return (${vector})((${unsigned})a >> (${unsigned})(b & 31));`]
      case "mulhu": {
        if (lanes === 1) return ["return (i32)(((u64)(u32)a * (u64)(u32)b) >> 32);"]
        const wide = (x: string): string => `__builtin_convertvector((${unsigned})${x}, u64x${lanes})`
        return [
          `return (${vector})__builtin_convertvector((${wide("a")} * ${wide("b")}) >> 32, ${unsigned});`,
        ]
      }
      default:
        throw internalError(`no helper for ${op} of i32`, "C renderer")
    }
  }

  /** |a|, the sign, or the number of leading zeros. */
  integerUnary(op: UnaryOp, lanes: Lanes): string {
    const name = this.name(op, "i32", lanes)
    const vector = cType("i32", lanes)
    return this.define(name, `${vector} ${name}(${vector} a)`, () => {
      if (op === "clz") {
        const one = (a: string): string => `${a} == 0 ? 32 : __builtin_clz((u32)${a})`
        return lanes === 1 ? [`return ${one("a")};`] : this.lanewise(vector, lanes, one("a[l]"))
      }
      if (op === "abs") return [`${vector} s = a >> 31;`, "return (a ^ s) - s;"]
      if (op !== "sign") throw internalError(`there is no ${op} of i32`, "C renderer")
      // A true lane is −1: the order is turned.
      return [lanes === 1 ? "return (a > 0) - (a < 0);" : `return (${vector})(a < 0) - (${vector})(a > 0);`]
    })
  }

  /** float → i32: truncates and saturates; NaN gives 0. */
  truncate(type: Scalar, lanes: Lanes): string {
    const name = this.name("truncate", type, lanes)
    const [vector, result] = [cType(type, lanes), cType("i32", lanes)]
    return this.define(name, `${result} ${name}(${vector} x)`, () => {
      if (lanes === 1) {
        const saturated = "x >= 2147483648.0 ? 2147483647 : x < -2147483648.0 ? -2147483647 - 1 : (i32)x"
        return [`return x != x ? 0 : ${saturated};`]
      }
      const select = this.select(type, lanes)
      const splat = this.splat(type, lanes)
      const mask = (comparison: string): string => this.mask(comparison, type, lanes)
      return [
        `i32x${lanes} high = ${mask("x >= 2147483648.0f")};`,
        `x = ${select}(high | ${mask("x != x")}, ${splat}(0), x);`,
        `x = ${select}(${mask("x < -2147483648.0f")}, ${splat}(-2147483648.0f), x);`,
        `i32x${lanes} r = __builtin_convertvector(x, i32x${lanes});`,
        `return ${this.select("i32", lanes)}(high, ${this.splat("i32", lanes)}(2147483647), r);`,
      ]
    })
  }
}

function vectorTypes(lanes: Lanes): string {
  const names = ["f32", "i32", "u32", "f64", "i64", "u64"]
  return names
    .map((name) => {
      const bytes = (name.endsWith("64") ? 8 : 4) * lanes
      const vector = `typedef ${name} ${name}x${lanes} __attribute__((vector_size(${bytes})));`
      const element = bytes / lanes
      const attributes = `vector_size(${bytes}), aligned(${element}), may_alias`
      return `${vector}\ntypedef ${name} ${name}x${lanes}u __attribute__((${attributes}));`
    })
    .join("\n")
}

import type { Lanes, Scalar } from "../../kernel/index.ts"
import { cType } from "./text.ts"

/**
 * Vector instructions that C has no operator for. A compiler that knows them by a portable name is asked for that,
 * GCC on x86 by the names behind its intrinsics; what remains goes lane by lane, which compilers mostly vectorise.
 */

interface Width {
  /** What the compiler defines when the machine has registers of this width. */
  readonly macro: string
  readonly suffix: string
  readonly masked: boolean
}

function width(type: Scalar, lanes: Lanes): Width | undefined {
  const bits = lanes * (type === "f64" ? 64 : 32)
  const element = type === "f64" ? "pd" : "ps"
  if (bits === 128) return { macro: "__SSE4_1__", suffix: element, masked: false }
  if (bits === 256) return { macro: "__AVX__", suffix: `${element}256`, masked: false }
  return bits === 512 ? { macro: "__AVX512F__", suffix: `${element}512_mask`, masked: true } : undefined
}

function choice(
  portable: string,
  call: string,
  x86: { macro: string; call: string } | null,
  rest: string[],
): string[] {
  const out = ["", `#if __has_builtin(${portable})`, `return ${call};`]
  if (x86 !== null) out.push(`#elif ${x86.macro}`, `return ${x86.call};`)
  return [...out, "#else", ...rest, "#endif"]
}

const ROUNDING_MODE: Readonly<Record<string, number>> = { rint: 0x8, floor: 0x9, ceil: 0xa, trunc: 0xb }
const PORTABLE: Readonly<Record<string, string>> = { rint: "roundeven" }

/** sqrt, floor, ceil, trunc and rint of a vector. */
export function vectorRounding(name: string, type: Scalar, lanes: Lanes, lanewise: string[]): string[] {
  const portable = `__builtin_elementwise_${PORTABLE[name] ?? name}`
  const target = width(type, lanes)
  let x86: { macro: string; call: string } | null = null
  if (target !== undefined) {
    const mode = ROUNDING_MODE[name]
    const operation = mode === undefined ? "sqrt" : target.masked ? "rndscale" : "round"
    const suffix = operation === "rndscale" ? target.suffix.replace("512", "") : target.suffix
    const mask = target.masked ? ", x, -1, 4" : ""
    const operand = mode === undefined ? "x" : `x, ${mode}`
    x86 = {
      macro: `defined(${target.macro})`,
      call: `__builtin_ia32_${operation}${suffix}(${operand}${mask})`,
    }
  }
  return choice(portable, `${portable}(x)`, x86, lanewise)
}

/** x and y as the larger (smaller) of a and b and of b and a; of what cannot be compared the second comes out. */
export function vectorExtremum(
  op: "min" | "max",
  type: Scalar,
  lanes: Lanes,
  rest: (a: string, b: string) => string,
): string[] {
  const vector = cType(type, lanes)
  const both = (one: (a: string, b: string) => string): string =>
    `${vector} x = ${one("a", "b")}, y = ${one("b", "a")};`
  const target = width(type, lanes)
  if (target === undefined || target.masked) return [both(rest)]
  const instruction = (a: string, b: string): string => `__builtin_ia32_${op}${target.suffix}(${a}, ${b})`
  return ["", `#ifdef ${target.macro}`, both(instruction), "#else", both(rest), "#endif"]
}

/** a·b + c with one rounding where the machine has the instruction. */
export function fusedMultiplyAdd(type: Scalar, lanes: Lanes): string[] {
  const suffix = type === "f32" ? "f" : ""
  const fast = type === "f32" ? "__FP_FAST_FMAF" : "__FP_FAST_FMA"
  const scalar = [
    `#ifdef ${fast}`,
    `return __builtin_fma${suffix}(a, b, c);`,
    "#else",
    "return a * b + c;",
    "#endif",
  ]
  if (lanes === 1) return ["", ...scalar]
  const vector = cType(type, lanes)
  const rest = [
    `#ifdef ${fast}`,
    `${vector} r;`,
    `for (i32 l = 0; l < ${lanes}; l++) r[l] = __builtin_fma${suffix}(a[l], b[l], c[l]);`,
    "return r;",
    "#else",
    "return a * b + c;",
    "#endif",
  ]
  const target = width(type, lanes)
  const portable = "__builtin_elementwise_fma"
  const x86 =
    target === undefined
      ? null
      : {
          macro: `defined(${target.macro}) && defined(__FMA__)`,
          call: `__builtin_ia32_vfmadd${target.suffix}(a, b, c${target.masked ? ", -1, 4" : ""})`,
        }
  return choice(portable, `${portable}(a, b, c)`, x86, rest)
}

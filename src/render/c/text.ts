import type { Lanes, Scalar } from "../../kernel/index.ts"

/** How types and numbers are written in C. */

/** The type of a value. A bool is an i32: 0 or 1 as a scalar, all ones or all zeros in a lane. */
export function cType(type: Scalar, lanes: Lanes): string {
  const name = type === "bool" ? "i32" : type
  return lanes === 1 ? name : `${name}x${lanes}`
}

export function number(type: Scalar, value: number): string {
  if (type === "i32" || type === "bool") {
    // C has no literal for the lowest number.
    if (value === -0x8000_0000) return "(-2147483647 - 1)"
    return value < 0 ? `(${value})` : String(value)
  }
  const suffix = type === "f32" ? "f" : ""
  if (Number.isNaN(value)) return `__builtin_nan${suffix}("")`
  if (!Number.isFinite(value)) return `${value < 0 ? "(-" : "("}__builtin_inf${suffix}())`
  const digits = Object.is(value, -0) ? "-0" : String(value)
  const literal = /[.e]/.test(digits) ? digits : `${digits}.0`
  return digits.startsWith("-") ? `(${literal}${suffix})` : literal + suffix
}

export const lanesOf = (lanes: Lanes): number[] => Array.from({ length: lanes }, (_, lane) => lane)

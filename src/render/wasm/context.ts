import type { Expr, Lanes, Scalar, Variable, VariableRanges } from "../../kernel/index.ts"
import type { FunctionBody } from "./assembler.ts"
import type { Helpers } from "./helpers.ts"
import type { ValueType } from "./opcodes.ts"

/** What the parts of the renderer share while one kernel is written. */
export interface Context {
  readonly code: FunctionBody
  readonly helpers: Helpers
  /** Whether relaxed SIMD instructions may be used. */
  readonly relaxed: boolean
  readonly ranges: VariableRanges
  local(variable: Variable): number
  /** A local of a type for use within one operation, between operands that are already on the stack. */
  scratch(type: ValueType, which?: number): number
  /** Writes an expression; its value is left on the stack. */
  expr(expr: Expr): void
}

/** A bool is an i32 of 0 or 1; in a vector it is a lane of all ones or all zeros. */
export function valueType(type: Scalar, lanes: Lanes): ValueType {
  if (lanes > 1) return "v128"
  return type === "bool" ? "i32" : type
}

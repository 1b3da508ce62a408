import type { DType } from "../base/index.ts"

/**
 * The kernel IR: one form for every target. A kernel is a structured program (loops, conditionals, typed variables,
 * loads and stores) over buffers. Vectors are explicit: an expression has a number of lanes. Renderers translate it
 * mechanically; every decision (fusion, tiling, vector width, order of a sum) was made before.
 */

/** Type of a value in a kernel. A bool is 0 or 1 in memory (four bytes), a truth value in a register. */
export type Scalar = "f32" | "f64" | "i32" | "bool"

/**
 * Values side by side: 1, or as many as fill a register: of 128 bits (4; for f64 2), of 256 (8; for f64 4, and then
 * for what is computed beside it as well), or of 512 (16; for f64 8).
 */
export type Lanes = 1 | 2 | 4 | 8 | 16

export const scalarOf: Readonly<Record<DType, Scalar>> = {
  float32: "f32",
  float64: "f64",
  int32: "i32",
  bool: "bool",
}

export function scalarBytes(type: Scalar): number {
  return type === "f64" ? 8 : 4
}

/** A local variable. Identity is the object; `id` is unique within its kernel. */
export interface Variable {
  readonly id: number
  readonly type: Scalar
  readonly lanes: Lanes
}

/**
 * Operations on one value. Floats only, except: neg, abs, sign (also i32), not (bool: logical; i32: bitwise),
 * clz (i32: leading zeros). round goes half to even. sign(NaN) is NaN.
 */
export type UnaryOp =
  | "neg"
  | "abs"
  | "sign"
  | "sqrt"
  | "floor"
  | "ceil"
  | "trunc"
  | "round"
  | "exp"
  | "exp2"
  | "expm1"
  | "log"
  | "log2"
  | "log10"
  | "log1p"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "asinh"
  | "acosh"
  | "atanh"
  | "erf"
  | "erfc"
  | "erfinv"
  | "lgamma"
  | "digamma"
  | "not"
  | "clz"

/**
 * Operations on two values of one type. div and rem of i32 truncate (as C); a zero divisor gives 0 and never traps.
 * rem of floats is C's fmod. min and max propagate NaN. and, or, xor are logical on bool and bitwise on i32;
 * shl, shr (unsigned) and mulhu (high word of the unsigned product) are for i32.
 */
export type ArithmeticOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "rem"
  | "min"
  | "max"
  | "pow"
  | "atan2"
  | "hypot"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "mulhu"

/** Comparisons give bool with the operands' lanes. A comparison with NaN is false, but ne is true. */
export type CompareOp = "eq" | "ne" | "lt" | "le" | "gt" | "ge"

interface Typed {
  readonly type: Scalar
  readonly lanes: Lanes
}

export type Expr = Typed &
  (
    | { readonly kind: "constant"; readonly value: number }
    | { readonly kind: "variable"; readonly variable: Variable }
    /** `lanes` consecutive elements of a buffer from element `index` on (a scalar i32). */
    | { readonly kind: "load"; readonly buffer: number; readonly index: Expr }
    | { readonly kind: "unary"; readonly op: UnaryOp; readonly a: Expr }
    | { readonly kind: "binary"; readonly op: ArithmeticOp; readonly a: Expr; readonly b: Expr }
    | { readonly kind: "compare"; readonly op: CompareOp; readonly a: Expr; readonly b: Expr }
    /** a where the bool `condition` holds, otherwise b; both sides are evaluated. */
    | { readonly kind: "select"; readonly condition: Expr; readonly a: Expr; readonly b: Expr }
    /** Value conversion. float → i32 truncates and saturates (NaN gives 0); anything → bool is `≠ 0`. */
    | { readonly kind: "convert"; readonly a: Expr }
    /** One scalar in all lanes. */
    | { readonly kind: "splat"; readonly a: Expr }
    /** Lanes put together from scalars. */
    | { readonly kind: "assemble"; readonly values: readonly Expr[] }
    | { readonly kind: "extract"; readonly a: Expr; readonly lane: number }
    /** a·b + c; targets with a fused or relaxed multiply-add use it, so its rounding is the target's. f32/f64 only. */
    | { readonly kind: "multiplyAdd"; readonly a: Expr; readonly b: Expr; readonly c: Expr }
  )

/** What turns that run at once need each of their own: working memory. All variables of the body are their own. */
export interface Parallel {
  readonly scratch: readonly number[]
}

export type Stmt =
  /** Declares a variable and gives its first value. Variables are function-wide; a `let` in a loop runs each time. */
  | { readonly kind: "let"; readonly variable: Variable; readonly value: Expr }
  | { readonly kind: "assign"; readonly variable: Variable; readonly value: Expr }
  | { readonly kind: "store"; readonly buffer: number; readonly index: Expr; readonly value: Expr }
  /** for (variable = from; variable < to; variable += step); `to` and `step` are evaluated once; step > 0. */
  | {
      readonly kind: "for"
      readonly variable: Variable
      readonly from: Expr
      readonly to: Expr
      readonly step: number
      readonly body: readonly Stmt[]
      /** Turns depend on none of the others: they may run at once. */
      readonly parallel?: Parallel
      /** How often it runs, where the bounds do not say it. */
      readonly turns?: number
      /** Lanes of a turn that only repeat what was computed before. */
      readonly repeated?: number
    }
  | { readonly kind: "while"; readonly condition: Expr; readonly body: readonly Stmt[] }
  | {
      readonly kind: "if"
      readonly condition: Expr
      readonly then: readonly Stmt[]
      readonly else: readonly Stmt[]
    }

/** How a kernel uses a buffer. Scratch is working memory whose content is undefined before and after. */
export type Access = "read" | "write" | "scratch"

export interface BufferParam {
  readonly type: Scalar
  /** Elements. */
  readonly length: number
  readonly access: Access
}

/** A matrix as it lies in memory: element (i, j) at offset + i·rowStride + j·columnStride. */
export interface StridedMatrix {
  readonly offset: number
  readonly rowStride: number
  readonly columnStride: number
}

/** out[batch, i, j] = Σ_k lhs[batch, i, k]·rhs[batch, k, j], contiguous; buffers 0, 1 and 2 are lhs, rhs and out. */
export interface MatrixProduct {
  readonly type: "f32" | "f64"
  /** Dimensions of the batch and their strides in the arguments. */
  readonly batch: readonly { readonly extent: number; readonly lhs: number; readonly rhs: number }[]
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly lhs: StridedMatrix
  readonly rhs: StridedMatrix
}

export interface Kernel {
  /** For people: profiles, golden kernels, errors. */
  readonly name: string
  /** Read and written buffers never overlap, except where in-place.ts lets them be the same. */
  readonly buffers: readonly BufferParam[]
  readonly body: readonly Stmt[]
  /** Arithmetic operations, where the loops do not show what a kernel is for (padding, blocks cut short). */
  readonly flops?: number
  /** What the kernel computes, where it is nothing but this: a device may call a library instead. */
  readonly product?: MatrixProduct
}

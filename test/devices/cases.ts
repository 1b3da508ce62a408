import { expect } from "vitest"
import type { Device, DType, Program, TypedArray } from "../../src/base/index.ts"
import { binaryFunctions, byteSize, unaryFunctions } from "../../src/base/index.ts"
import type {
  ArithmeticOp,
  Expr,
  Kernel,
  Lanes,
  Scalar,
  Stmt,
  UnaryOp,
  Variable,
} from "../../src/kernel/index.ts"
import * as k from "../../src/kernel/index.ts"
import { renderC } from "../../src/render/c/index.ts"
import { renderWasm } from "../../src/render/wasm/index.ts"
import { createNativeDevice } from "../../src/runtime/native/index.ts"
import { createReferenceDevice } from "../../src/runtime/reference/index.ts"
import { createWasmDevice } from "../../src/runtime/wasm/index.ts"

/** The devices, and kernels written by hand for what all of them have to do alike. */

export interface Case {
  readonly name: string
  readonly device: Device
  /** Bytes of the vectors that the device takes. */
  readonly vectorBytes: readonly number[]
  compile(kernels: readonly Kernel[]): unknown
}

function referenceCase(): Case {
  const device = createReferenceDevice()
  return { name: "reference", device, vectorBytes: [], compile: (kernels) => kernels }
}

function wasmCase(shared: boolean): Case {
  const device = createWasmDevice({ shared, maximumPages: 1024 })
  const compile = (kernels: readonly Kernel[]): unknown => renderWasm(kernels, device.renderOptions)
  return { name: shared ? "wasm, shared memory" : "wasm", device, vectorBytes: [16], compile }
}

/** The native device, where this machine has what it needs. */
function nativeCase(): Case[] {
  try {
    const device = createNativeDevice()
    return [
      {
        name: "native",
        device: device as Device,
        vectorBytes: [16, 32],
        compile: (kernels) => renderC(kernels, { blas: false }),
      },
    ]
  } catch (error) {
    console.log(`native device: skipped (${String(error)})`)
    return []
  }
}

export const cases = [referenceCase(), wasmCase(false), wasmCase(true), ...nativeCase()]
const dtypes: Record<Scalar, DType> = { f32: "float32", f64: "float64", i32: "int32", bool: "bool" }

/** Runs a kernel on inputs for its read buffers and gives what stands in the others. */
export function run(c: Case, kernel: Kernel, inputs: readonly TypedArray[]): TypedArray[] {
  return runAll(c, [kernel], inputs)[0]!
}

/** Runs kernels of one program, each on the same inputs. */
export function runAll(
  { device, compile }: Case,
  kernels: readonly Kernel[],
  inputs: readonly TypedArray[],
): TypedArray[][] {
  for (const kernel of kernels) k.checkKernel(kernel, "test")
  const program = device.compile(compile(kernels))
  return kernels.map((kernel, i) => runKernel(device, program, i, kernel, inputs))
}

function runKernel(
  device: Device,
  program: Program,
  number: number,
  kernel: Kernel,
  inputs: readonly TypedArray[],
): TypedArray[] {
  const allocations = kernel.buffers.map(({ type, length }) =>
    device.allocate(length * byteSize(dtypes[type])),
  )
  const refs = allocations.map((allocation) => ({ allocation, byteOffset: 0 }))
  let next = 0
  kernel.buffers.forEach(({ type, access }, i) => {
    if (access === "read") device.write(refs[i]!, dtypes[type], inputs[next++]!)
  })
  device.run(program, [{ kernel: number, buffers: refs }])
  const outputs = kernel.buffers.flatMap(({ type, length, access }, i) =>
    access === "write" ? [device.readSync(refs[i]!, dtypes[type], length)] : [],
  )
  for (const allocation of allocations) device.free(allocation)
  return outputs
}

let ids = 0
export const variable = (type: Scalar, lanes: Lanes = 1): Variable => ({ id: ids++, type, lanes })
export const int = (value: number): Expr => k.constant("i32", value)
export const set = (v: Variable, value: Expr): Stmt => ({ kind: "let", variable: v, value })
/** A conditional statement. */
export function branch(condition: Expr, yes: readonly Stmt[], no: readonly Stmt[]): Stmt {
  return { kind: "if", condition, then: yes, else: no }
}

export const store = (buffer: number, index: Expr, value: Expr): Stmt => ({
  kind: "store",
  buffer,
  index,
  value,
})

export function loop(from: number | Expr, to: number | Expr, step: number, body: (i: Expr) => Stmt[]): Stmt {
  const v = variable("i32")
  const expr = (e: number | Expr): Expr => (typeof e === "number" ? int(e) : e)
  return { kind: "for", variable: v, from: expr(from), to: expr(to), step, body: body(k.use(v)) }
}

/** out[i] = f(in₀[i], in₁[i], …), with `lanes` at a time and the rest one by one. */
export function elementwise(
  types: readonly Scalar[],
  out: Scalar,
  length: number,
  lanes: Lanes,
  f: (...args: Expr[]) => Expr,
): Kernel {
  const whole = length - (length % lanes)
  const part = (from: number, to: number, width: Lanes): Stmt =>
    loop(from, to, width, (i) => [
      store(types.length, i, f(...types.map((type, buffer) => k.load(buffer, type, i, width)))),
    ])
  return {
    name: "elementwise",
    buffers: [
      ...types.map((type) => ({ type, length, access: "read" as const })),
      { type: out, length, access: "write" },
    ],
    body: lanes === 1 ? [part(0, length, 1)] : [part(0, whole, lanes), part(whole, length, 1)],
  }
}

const SPECIAL = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.7, -3.7, 0.1, 20, -20, 88, 1e-3, -1e-3, 1e-10, 1e10, -1e10,
]
const EXTREME = [Infinity, -Infinity, NaN, 1e-40, -1e-40, 3e38, -3e38]
export const numbers = [...SPECIAL, ...EXTREME]
export const integers = [0, 1, -1, 2, -2, 7, -7, 31, 32, 100, 65536, 0x7fffffff, -0x80000000, 12345, -12345]

export const lanesOf = ({ vectorBytes }: Case, type: Scalar): Lanes[] => [
  1,
  ...vectorBytes.map((bytes) => (bytes / (type === "f64" ? 8 : 4)) as Lanes),
]

/** Equal within `ulps` units in the last place of the type; NaN equals NaN. */
export function expectClose(
  got: TypedArray,
  want: readonly number[],
  ulps: number,
  type: Scalar,
  what: string,
): void {
  const epsilon = type === "f32" ? 2 ** -23 : 2 ** -52
  const tiny = type === "f32" ? 2 ** -149 : 2 ** -1074
  want.forEach((exact, i) => {
    const value = type === "f32" ? Math.fround(exact) : exact
    if (Object.is(got[i], value)) return
    // Infinities and zeros, with their signs, have to be what they are.
    const inexact = Number.isFinite(value) && value !== 0
    const room = inexact ? ulps * Math.max(epsilon * Math.abs(value), tiny) : -1
    if (!(Math.abs(got[i]! - value) <= room))
      expect({ what, i, got: got[i] }).toEqual({ what, i, got: value })
  })
}

export const pairs = <T>(values: readonly T[]): [T, T][] =>
  values.flatMap((a) => values.map((b): [T, T] => [a, b]))

export const unaryOps = Object.keys(unaryFunctions) as (UnaryOp & keyof typeof unaryFunctions)[]
export const floatOps: Partial<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  ...binaryFunctions,
}
export const integerOps: Partial<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  div: (a, b) => (b === 0 ? 0 : (a / b) | 0),
  rem: (a, b) => (b === 0 ? 0 : (a % b) | 0),
  min: Math.min,
  max: Math.max,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << b,
  shr: (a, b) => (a >>> b) | 0,
  mulhu: (a, b) => Number((BigInt(a >>> 0) * BigInt(b >>> 0)) >> 32n) | 0,
}
export const compareOps = {
  eq: (a: number, b: number) => a === b,
  ne: (a: number, b: number) => a !== b,
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
}

export interface WasmFeatures {
  /** 128-bit vectors. */
  readonly simd: boolean
  /** Fused multiply-add, where the machine has it. */
  readonly relaxedSimd: boolean
  /** Memory shared between threads; in a browser only when the page is cross-origin isolated. */
  readonly threads: boolean
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
/** One type, () → v128, and one function of it. */
const VECTOR_FUNCTION = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00]
/** i32.const 0, i8x16.splat */
const ZEROS = [0x41, 0x00, 0xfd, 0x0f]
const END = 0x0b

/** A module whose one function has these instructions. */
function moduleOf(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...instructions, END]
  return Uint8Array.from([...HEADER, ...VECTOR_FUNCTION, 0x0a, body.length + 2, 0x01, body.length, ...body])
}

/** f32x4.relaxed_madd */
const RELAXED_MADD = [0xfd, 0x85, 0x02]
/** A memory section: one shared memory of one page. */
const SHARED_MEMORY = [0x05, 0x04, 0x01, 0x03, 0x01, 0x01]

/** What this engine can do, found out by asking whether it would accept a tiny module. */
export function wasmFeatures(): WasmFeatures {
  const simd = WebAssembly.validate(moduleOf(ZEROS))
  return {
    simd,
    relaxedSimd: simd && WebAssembly.validate(moduleOf([...ZEROS, ...ZEROS, ...ZEROS, ...RELAXED_MADD])),
    threads:
      typeof SharedArrayBuffer === "function" &&
      WebAssembly.validate(Uint8Array.from([...HEADER, ...SHARED_MEMORY])),
  }
}

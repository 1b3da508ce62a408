import { NablaError } from "../base/index.ts"

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** A file may inflate to a thousand times its size; beyond this many bytes it is refused. */
const LARGEST = 2 ** 31

/**
 * Unpacks a gzip file, in Node and in the browser.
 *
 * @param where the file, for errors
 * @param largest most bytes that may come out
 * @throws NABLA_FILE_FORMAT when the file is no gzip file, is damaged or cut short, or holds more than `largest` bytes
 */
export async function gunzip(bytes: Uint8Array, where: string, largest = LARGEST): Promise<Uint8Array> {
  if (!isGzip(bytes)) throw damaged(where, "the file is not gzipped", `it begins with ${firstBytes(bytes)}`)
  const packed = new Blob([new Uint8Array(bytes)]).stream()
  const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader()
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw damaged(where, "the gzip file is damaged or cut short", `${bytes.length} bytes`, cause)
    })
    if (done) break
    total += value.length
    if (total > largest) {
      await reader.cancel()
      throw damaged(
        where,
        "the gzip file holds more than can be taken",
        `more than ${largest} bytes unpacked`,
      )
    }
    chunks.push(value)
  }
  return concatenate(chunks, total)
}

/** The bytes themselves, or what they hold when they are gzipped. Errors as in {@link gunzip}. */
export async function gunzipIfNeeded(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  return isGzip(bytes) ? gunzip(bytes, where) : bytes
}

/** The first four bytes in hexadecimal, for errors. */
export function firstBytes(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0"))
  return shown.length === 0 ? "nothing" : shown.join(" ")
}

function concatenate(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

function damaged(where: string, message: string, got: string, cause?: unknown): NablaError {
  const expected = "a complete gzip file"
  return new NablaError("NABLA_FILE_FORMAT", { message, expected, got, where, cause })
}

/** The platform's own compression: Node and browsers alike. */
export type Coding = "deflate" | "deflate-raw"

/**
 * Inflates bytes; nothing more than `largest` bytes is kept.
 *
 * @returns null when there would be more
 * @throws the platform's error for damaged data
 */
export async function inflate(
  bytes: Uint8Array,
  coding: Coding,
  largest: number,
): Promise<Uint8Array | null> {
  return through(bytes, new DecompressionStream(coding), largest)
}

/** Deflates bytes. */
export async function deflate(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  return (await through(bytes, new CompressionStream(coding), Infinity)) ?? new Uint8Array(0)
}

async function through(
  bytes: Uint8Array,
  stream: DecompressionStream | CompressionStream,
  largest: number,
): Promise<Uint8Array | null> {
  const reader = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(stream).getReader()
  const chunks: Uint8Array[] = []
  let total = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatenate(chunks, total)
    total += value.length
    if (total > largest) {
      await reader.cancel()
      return null
    }
    chunks.push(value)
  }
}

export function concatenate(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const whole = new Uint8Array(total)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.length
  }
  return whole
}

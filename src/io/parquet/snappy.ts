/** What Snappy makes of a byte at most: 64 bytes of 3. */
const GROWTH = 22

/**
 * Unpacks Snappy's raw format to exactly `length` bytes. An element is a tag and literal bytes, or a tag and how far back
 * to copy from; each takes a byte of the input and writes within the output, so that nothing can keep it busy.
 *
 * @throws Error when the bytes do not make that many
 */
export function unsnappy(bytes: Uint8Array, length: number): Uint8Array {
  if (length > GROWTH * bytes.length + 64) throw new Error(`${bytes.length} bytes do not make ${length}`)
  const output = new Uint8Array(length)
  let [at, to] = [0, 0]
  const little = (size: number): number => {
    if (at + size > bytes.length) throw new Error("an element of Snappy is cut off")
    let value = 0
    for (let i = 0; i < size; i++) value += bytes[at++]! * 2 ** (8 * i)
    return value
  }
  // The length comes first; the page's header has said it.
  while (little(1) >= 128) if (at > 5) throw new Error("Snappy's length has no end")
  while (at < bytes.length) {
    const tag = bytes[at++]!
    const kind = tag & 3
    if (kind === 0) {
      const short = tag >> 2
      const size = 1 + (short < 60 ? short : little(short - 59))
      if (size > bytes.length - at || size > length - to) throw new Error("a literal of Snappy does not fit")
      output.set(bytes.subarray(at, at + size), to)
      at += size
      to += size
      continue
    }
    const size = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2)
    const back = kind === 1 ? (tag >> 5) * 256 + little(1) : little(kind === 2 ? 2 : 4)
    if (back === 0 || back > to || size > length - to) throw new Error("a copy of Snappy does not fit")
    // Source and target may overlap: what has just been written is copied, too.
    for (let i = 0; i < size; i++, to++) output[to] = output[to - back]!
  }
  if (to !== length) throw new Error(`${to} bytes were packed instead of ${length}`)
  return output
}

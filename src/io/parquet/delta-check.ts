/** Values of a block at most; writers take 128. */
const LARGEST_BLOCK = 2 ** 16

/**
 * Goes through numbers that are written as differences (DELTA_BINARY_PACKED): a header with the sizes of blocks, the
 * number of values and the first one; then of each block its least difference, the width of each of its parts, and the
 * parts. There must be `count` values, of differences of up to `widest` bits, and all of them in `bytes`.
 *
 * @returns where they end
 * @throws Error for anything else
 */
export function checkDeltas(bytes: Uint8Array, begin: number, count: number, widest: number): number {
  let at = begin
  const varint = (): number => {
    let value = 0
    for (let i = 0; i < 10; i++) {
      const byte = bytes[at++]
      if (byte === undefined) break
      value += (byte & 127) * 2 ** (7 * i)
      if (byte < 128) return value
    }
    throw new Error("differences have no header")
  }
  const [block, parts, total] = [varint(), varint(), varint()]
  varint()
  const size = block / parts
  if (!(block <= LARGEST_BLOCK && size >= 8 && size % 8 === 0))
    throw new Error(`blocks of ${block} differences in ${parts} parts`)
  if (total !== count) throw new Error(`${total} values in differences instead of ${count}`)
  for (let left = count - 1; left > 0; ) {
    varint()
    const widths = bytes.subarray(at, at + parts)
    if (widths.length < parts) throw new Error("a block of differences reaches beyond its end")
    at += parts
    for (let i = 0; i < parts && left > 0; i++, left -= size) {
      if (widths[i]! > widest) throw new Error(`differences of ${widths[i]} bits`)
      at += (size / 8) * widths[i]!
    }
    if (at > bytes.length) throw new Error("a block of differences reaches beyond its end")
  }
  return at
}

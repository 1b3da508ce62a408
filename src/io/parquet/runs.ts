/** Bits of a value at most: of an index into a dictionary of 16 million entries. */
const WIDEST = 24
/** Values that fill up the last groups: some writers count them and leave their bytes out, but of no more than 63 groups. */
const FILLING = 8 * 63

/**
 * Values in runs: a header h, and for odd h (h − 1)/2 groups of eight values of `width` bits one after the other, for
 * even h one value that comes h/2 times. Nothing is read beyond `bytes`, and no run gives more values than are left, but
 * for what fills up the last group.
 *
 * @returns `count` values
 * @throws Error when the bytes do not hold them
 */
export function readRuns(bytes: Uint8Array, width: number, count: number): Int32Array {
  if (width > WIDEST) throw new Error(`values of ${width} bits in runs`)
  const values = new Int32Array(count)
  let [at, seen] = [0, 0]
  while (seen < count) {
    let header = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 2 ** 28) throw new Error("a run has no header")
      header += (byte & 127) * shift
      if (byte < 128) break
    }
    const length = Math.floor(header / 2)
    if (header % 2 === 0) {
      if (length > count - seen) throw new Error(`a run of ${length} values where ${count - seen} are left`)
      values.fill(repeated(bytes, at, width), seen, seen + length)
      at += Math.ceil(width / 8)
      seen += length
    } else {
      const taken = Math.min(8 * length, count - seen)
      const missing = length * width > bytes.length - at && 8 * length - taken >= FILLING
      if (missing || Math.ceil((taken * width) / 8) > bytes.length - at)
        throw new Error("a run reaches beyond its end")
      unpack(bytes, at, width, values.subarray(seen, seen + taken))
      at += length * width
      seen += taken
    }
  }
  return values
}

function repeated(bytes: Uint8Array, at: number, width: number): number {
  const size = Math.ceil(width / 8)
  if (size > bytes.length - at) throw new Error("a run has no value")
  let value = 0
  for (let i = 0; i < size; i++) value |= bytes[at + i]! << (8 * i)
  if (value >= 2 ** width) throw new Error(`the value ${value} has more than ${width} bits`)
  return value
}

function unpack(bytes: Uint8Array, begin: number, width: number, values: Int32Array): void {
  const mask = 2 ** width - 1
  let [at, shift] = [begin, 0]
  for (let i = 0; i < values.length; i++) {
    // Up to 24 bits, from the shift on, lie in four bytes; those beyond the end are not looked at.
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    values[i] = (word >>> shift) & mask
    shift += width
    at += shift >> 3
    shift &= 7
  }
}

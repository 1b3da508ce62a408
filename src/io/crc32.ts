/** The remainder of each byte under a polynomial, whose bits are written from the lowest power on. */
function remaindersOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
}

function checksum(bytes: Uint8Array, remainders: Uint32Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = remainders[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

const remainders = remaindersOf(0xedb88320)
const castagnoli = remaindersOf(0x82f63b78)

/** CRC-32 as in zip, gzip and PNG. */
export function crc32(bytes: Uint8Array): number {
  return checksum(bytes, remainders)
}

/** CRC-32C, with Castagnoli's polynomial, as in TFRecord. */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, castagnoli)
}

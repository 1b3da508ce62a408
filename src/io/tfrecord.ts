import { NablaError } from "../base/index.ts"
import { crc32c } from "./crc32.ts"
import { concatenate } from "./streams.ts"

/** As TFRecord stores checksums: those of bytes that hold checksums themselves would be weak otherwise. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

const LENGTH = 8
const CHECK = 4

/** A record of a TFRecord file: 8 bytes of length, their checksum, the data, their checksum; all little-endian. */
export function encodeRecord(data: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(LENGTH + CHECK))
  head.setBigUint64(0, BigInt(data.length), true)
  head.setUint32(LENGTH, masked(crc32c(new Uint8Array(head.buffer, 0, LENGTH))), true)
  const tail = new DataView(new ArrayBuffer(CHECK))
  tail.setUint32(0, masked(crc32c(data)), true)
  const total = LENGTH + CHECK + data.length + CHECK
  return concatenate([new Uint8Array(head.buffer), data, new Uint8Array(tail.buffer)], total)
}

export interface Records {
  readonly records: readonly Uint8Array[]
  /** Bytes of whole records; what stands behind them is a record whose writing was cut short. */
  readonly wholeBytes: number
}

/**
 * Reads the records of a TFRecord file. A last record that is not whole is left out, as other readers do.
 *
 * @throws NABLA_FILE_FORMAT when a checksum does not hold
 */
export function decodeRecords(bytes: Uint8Array, where = "the file"): Records {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: Uint8Array[] = []
  let at = 0
  while (bytes.length - at >= LENGTH + CHECK) {
    check(bytes.subarray(at, at + LENGTH), view.getUint32(at + LENGTH, true), where, at)
    const length = view.getBigUint64(at, true)
    if (length > BigInt(bytes.length - at - LENGTH - 2 * CHECK)) break
    const start = at + LENGTH + CHECK
    const data = bytes.subarray(start, start + Number(length))
    check(data, view.getUint32(start + data.length, true), where, at)
    records.push(data)
    at = start + data.length + CHECK
  }
  return { records, wholeBytes: at }
}

function check(data: Uint8Array, wanted: number, where: string, at: number): void {
  const got = masked(crc32c(data))
  if (got === wanted) return
  throw new NablaError("NABLA_FILE_FORMAT", {
    message: `the record at byte ${at} is damaged (TFRecord)`,
    expected: `the checksum ${wanted}`,
    got: String(got),
    where,
  })
}

/** Types of Thrift's compact protocol. */
const STOP = 0
const BYTE = 3
const VARINTS = [4, 5, 6]
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const STRUCT = 12

/** Structures within structures of a Parquet file: those of its format go five deep. */
const DEEPEST = 16
/** Bytes of a 64-bit number in groups of seven bits. */
const LONGEST_VARINT = 10

/**
 * Goes through a structure of Thrift's compact protocol without making anything of it. Who reads it afterwards takes
 * time and memory in proportion to its bytes: no number is longer than 64 bits, no list has more elements than there are
 * bytes, nothing reaches beyond the end.
 *
 * @returns where it ends
 * @throws Error for anything else
 */
export function checkThrift(bytes: Uint8Array, begin: number): number {
  return new Walk(bytes, begin).struct(0)
}

class Walk {
  private readonly bytes: Uint8Array
  private at: number

  constructor(bytes: Uint8Array, begin: number) {
    this.bytes = bytes
    this.at = begin
  }

  struct(depth: number): number {
    if (depth > DEEPEST) throw new Error(`structures lie more than ${DEEPEST} deep`)
    for (;;) {
      const head = this.byte()
      const type = head & 15
      if (type === STOP) return this.at
      if (head >> 4 === 0) this.varint()
      this.element(type, depth, false)
    }
  }

  private element(type: number, depth: number, listed: boolean): void {
    if (type === 1 || type === 2) this.pass(listed ? 1 : 0)
    else if (type === BYTE) this.pass(1)
    else if (VARINTS.includes(type)) this.varint()
    else if (type === DOUBLE) this.pass(8)
    else if (type === BINARY) this.pass(this.varint())
    else if (type === LIST) this.list(depth)
    else if (type === STRUCT) this.struct(depth + 1)
    else throw new Error(`there is no type ${type} in Parquet`)
  }

  private list(depth: number): void {
    const head = this.byte()
    const size = head >> 4 === 15 ? this.varint() : head >> 4
    // Each element takes a byte at least.
    if (size > this.bytes.length - this.at) throw new Error(`a list of ${size} elements does not fit`)
    if (depth > DEEPEST) throw new Error(`lists lie more than ${DEEPEST} deep`)
    for (let i = 0; i < size; i++) this.element(head & 15, depth + 1, true)
  }

  private byte(): number {
    this.pass(1)
    return this.bytes[this.at - 1]!
  }

  private pass(count: number): void {
    if (count > this.bytes.length - this.at) throw new Error("a structure reaches beyond its end")
    this.at += count
  }

  private varint(): number {
    let value = 0
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = this.byte()
      value += (byte & 127) * 2 ** (7 * i)
      if (byte < 128) return value
    }
    throw new Error("a number has more than 64 bits")
  }
}

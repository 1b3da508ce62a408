const scratch = new DataView(new ArrayBuffer(8))
const encoder = new TextEncoder()

/** A growing array of bytes with the encodings of the WebAssembly binary format. */
export class Bytes {
  private buffer: Uint8Array<ArrayBuffer> = new Uint8Array(256)
  length = 0

  byte(value: number): void {
    if (this.length === this.buffer.length) this.reserve(1)
    this.buffer[this.length++] = value
  }

  private reserve(more: number): void {
    if (this.length + more <= this.buffer.length) return
    const wider = new Uint8Array(Math.max(2 * this.buffer.length, this.length + more))
    wider.set(this.buffer.subarray(0, this.length))
    this.buffer = wider
  }

  /** LEB128 of an unsigned 32-bit number. */
  unsigned(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.byte(rest)
  }

  /** LEB128 of a signed 32-bit number. */
  signed(value: number): void {
    let rest = value | 0
    for (;;) {
      const low = rest & 0x7f
      rest >>= 7
      // The last byte's bit 6 is the sign of what was left out.
      if (rest === (low & 0x40 ? -1 : 0)) {
        this.byte(low)
        return
      }
      this.byte(low | 0x80)
    }
  }

  /** LEB128 of an unsigned number below 2²⁸, always in four bytes, so that it can be changed later. */
  paddedIndex(value: number): void {
    for (let i = 0; i < 4; i++) this.byte(((value >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0))
  }

  patchIndex(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.buffer[at + i] = ((value >>> (7 * i)) & 0x7f) | (i < 3 ? 0x80 : 0)
  }

  float32(value: number): void {
    scratch.setFloat32(0, value, true)
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i))
  }

  float64(value: number): void {
    scratch.setFloat64(0, value, true)
    for (let i = 0; i < 8; i++) this.byte(scratch.getUint8(i))
  }

  int32(value: number): void {
    for (let i = 0; i < 4; i++) this.byte((value >>> (8 * i)) & 0xff)
  }

  name(text: string): void {
    const bytes = encoder.encode(text)
    this.unsigned(bytes.length)
    this.append(bytes)
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  /** The bytes with their count before them. */
  appendSized(other: Bytes): void {
    this.unsigned(other.length)
    this.append(other.view())
  }

  view(): Uint8Array<ArrayBuffer> {
    return this.buffer.subarray(0, this.length)
  }
}
